import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
/** SessionType says what a session is for. */
export declare enum SessionType {
    /** SESSION_TYPE_UNSPECIFIED - The upstream sent a word that this version does not know. */
    SESSION_TYPE_UNSPECIFIED = 0,
    /** SESSION_TYPE_USER - A person's session. */
    SESSION_TYPE_USER = 1,
    /** SESSION_TYPE_API - A program's session. */
    SESSION_TYPE_API = 2,
    /** SESSION_TYPE_GUEST - A session of somebody without an account. */
    SESSION_TYPE_GUEST = 3,
    UNRECOGNIZED = -1
}
/** AuthenticationStrategy is how an email address signs in. */
export declare enum AuthenticationStrategy {
    /** AUTHENTICATION_STRATEGY_UNSPECIFIED - The upstream sent a word that this version does not know. */
    AUTHENTICATION_STRATEGY_UNSPECIFIED = 0,
    /** AUTHENTICATION_STRATEGY_PASSWORD - With a password: call CreateSession. */
    AUTHENTICATION_STRATEGY_PASSWORD = 1,
    /**
     * AUTHENTICATION_STRATEGY_SINGLE_SIGN_ON - At the organisation's identity provider: open the authentication URL, then
     * call CreateSingleSignOnSession with the code that comes back.
     */
    AUTHENTICATION_STRATEGY_SINGLE_SIGN_ON = 2,
    UNRECOGNIZED = -1
}
/** OtpChannel is how a one-time password travels. */
export declare enum OtpChannel {
    /** OTP_CHANNEL_UNSPECIFIED - Not a channel: leave the field unset to let the upstream choose. */
    OTP_CHANNEL_UNSPECIFIED = 0,
    /** OTP_CHANNEL_SMS - As a text message. */
    OTP_CHANNEL_SMS = 1,
    /** OTP_CHANNEL_EMAIL - As an email. */
    OTP_CHANNEL_EMAIL = 2,
    UNRECOGNIZED = -1
}
/** PhoneChannel is how a code reaches a phone. */
export declare enum PhoneChannel {
    /** PHONE_CHANNEL_UNSPECIFIED - Not a channel: leave the field unset to let the upstream choose. */
    PHONE_CHANNEL_UNSPECIFIED = 0,
    /** PHONE_CHANNEL_PHONE_CALL - As a call that reads the code out. */
    PHONE_CHANNEL_PHONE_CALL = 1,
    /** PHONE_CHANNEL_SMS - As a text message. */
    PHONE_CHANNEL_SMS = 2,
    UNRECOGNIZED = -1
}
/** VerificationStatus is how far a verification has come. */
export declare enum VerificationStatus {
    /** VERIFICATION_STATUS_UNSPECIFIED - The upstream sent a word that this version does not know. */
    VERIFICATION_STATUS_UNSPECIFIED = 0,
    /** VERIFICATION_STATUS_PENDING - Begun: the code or link has been sent. */
    VERIFICATION_STATUS_PENDING = 1,
    /** VERIFICATION_STATUS_VERIFIED - Done. */
    VERIFICATION_STATUS_VERIFIED = 2,
    UNRECOGNIZED = -1
}
/** SubscriptionPackage is what a subscription holds. */
export declare enum SubscriptionPackage {
    /** SUBSCRIPTION_PACKAGE_UNSPECIFIED - The upstream sent a word that this version does not know. */
    SUBSCRIPTION_PACKAGE_UNSPECIFIED = 0,
    /** SUBSCRIPTION_PACKAGE_NONE - Nothing. */
    SUBSCRIPTION_PACKAGE_NONE = 1,
    /** SUBSCRIPTION_PACKAGE_BENEFITS - The Benefits package. */
    SUBSCRIPTION_PACKAGE_BENEFITS = 2,
    /** SUBSCRIPTION_PACKAGE_ESSENTIALS - The Essentials package. */
    SUBSCRIPTION_PACKAGE_ESSENTIALS = 3,
    /** SUBSCRIPTION_PACKAGE_PROFESSIONAL - The Professional package. */
    SUBSCRIPTION_PACKAGE_PROFESSIONAL = 4,
    /** SUBSCRIPTION_PACKAGE_CORPORATE - The Corporate package. */
    SUBSCRIPTION_PACKAGE_CORPORATE = 5,
    UNRECOGNIZED = -1
}
/** SubscriptionPackageTier is the level of a package. */
export declare enum SubscriptionPackageTier {
    /** SUBSCRIPTION_PACKAGE_TIER_UNSPECIFIED - The upstream sent a word that this version does not know. */
    SUBSCRIPTION_PACKAGE_TIER_UNSPECIFIED = 0,
    /** SUBSCRIPTION_PACKAGE_TIER_BASIC - The lower level. */
    SUBSCRIPTION_PACKAGE_TIER_BASIC = 1,
    /** SUBSCRIPTION_PACKAGE_TIER_PREMIUM - The higher level. */
    SUBSCRIPTION_PACKAGE_TIER_PREMIUM = 2,
    UNRECOGNIZED = -1
}
/** SubscriptionGrantStatus is how far a grant has come. */
export declare enum SubscriptionGrantStatus {
    /** SUBSCRIPTION_GRANT_STATUS_UNSPECIFIED - The upstream sent a word that this version does not know. */
    SUBSCRIPTION_GRANT_STATUS_UNSPECIFIED = 0,
    /** SUBSCRIPTION_GRANT_STATUS_PENDING - Offered. */
    SUBSCRIPTION_GRANT_STATUS_PENDING = 1,
    /** SUBSCRIPTION_GRANT_STATUS_ACTIVE - In force. */
    SUBSCRIPTION_GRANT_STATUS_ACTIVE = 2,
    /** SUBSCRIPTION_GRANT_STATUS_CANCELED - Ended. */
    SUBSCRIPTION_GRANT_STATUS_CANCELED = 3,
    UNRECOGNIZED = -1
}
/** Session is a signed-in user's session. */
export interface Session {
    /** When the session ends, for example "2022-09-03T19:46:40.748Z". */
    expiration: string;
    /** Free key/value pairs that were given to the session. */
    labels: {
        [key: string]: string;
    };
    /** What kind of session it is. */
    sessionType: SessionType;
    /**
     * The bearer token to send as `Authorization: Bearer <token>`. It is a
     * credential: whoever has it acts as the user.
     */
    token?: string | undefined;
    /** The user whose session it is. */
    userId?: string | undefined;
}
export interface Session_LabelsEntry {
    key: string;
    value: string;
}
/** ApiSession is a long-lived session that a user made for programs. */
export interface ApiSession {
    /** Names the API session in the other operations. It is no credential. */
    sessionId: string;
    /** When the session ends, for example "2022-09-03T19:46:40.748Z". */
    expiration: string;
    /** Whether the session never ends, whatever its expiration says. */
    isUnlimitedExpiration: boolean;
    /** Free key/value pairs that were given to the session. */
    labels: {
        [key: string]: string;
    };
    /** What kind of session it is. */
    sessionType: SessionType;
    /** The bearer token of the API session. It is a credential. */
    token?: string | undefined;
    /** The user who made the session. */
    userId?: string | undefined;
}
export interface ApiSession_LabelsEntry {
    key: string;
    value: string;
}
/**
 * ApiSessionUpdate is what may be changed in an API session. A field that is
 * not set is left as it is.
 */
export interface ApiSessionUpdate {
    /** When the session shall end, for example "2022-09-03T19:46:40.748Z". */
    expiration?: string | undefined;
    /** Whether the session shall never end. */
    isUnlimitedExpiration?: boolean | undefined;
    /** The labels that shall replace the present ones. */
    labels: {
        [key: string]: string;
    };
}
export interface ApiSessionUpdate_LabelsEntry {
    key: string;
    value: string;
}
/** EmailVerification is the state of the verification of an email address. */
export interface EmailVerification {
    /** The address that is being verified. */
    email: string;
    /** Whether it has been verified. */
    status: VerificationStatus;
    /** The user whose address it is. */
    userId: string;
}
/** PhoneVerification is the state of the verification of a phone number. */
export interface PhoneVerification {
    /** The number that is being verified, as it was given. */
    phone: string;
    /** The caller's session, which a verified phone may raise to a fuller one. */
    session?: Session | undefined;
    /** Whether it has been verified. */
    status: VerificationStatus;
    /** The user whose number it is. */
    userId: string;
}
/** SubscriptionGrant is a subscription that one member pays for another. */
export interface SubscriptionGrant {
    /** The grant's record. */
    id: string;
    /** Who grants the subscription. */
    grantorId: string;
    /** Who enjoys it. */
    memberId: string;
    /** What is granted. */
    package: SubscriptionPackage;
    /** At which level it is granted. */
    packageTier: SubscriptionPackageTier;
    /** How far the grant has come. */
    status: SubscriptionGrantStatus;
    /** The grant itself, where several records belong to it. */
    subscriptionGrantId: string;
}
export declare const Session: MessageFns<Session>;
export declare const Session_LabelsEntry: MessageFns<Session_LabelsEntry>;
export declare const ApiSession: MessageFns<ApiSession>;
export declare const ApiSession_LabelsEntry: MessageFns<ApiSession_LabelsEntry>;
export declare const ApiSessionUpdate: MessageFns<ApiSessionUpdate>;
export declare const ApiSessionUpdate_LabelsEntry: MessageFns<ApiSessionUpdate_LabelsEntry>;
export declare const EmailVerification: MessageFns<EmailVerification>;
export declare const PhoneVerification: MessageFns<PhoneVerification>;
export declare const SubscriptionGrant: MessageFns<SubscriptionGrant>;
type Builtin = Date | Function | Uint8Array | string | number | boolean | undefined;
type DeepPartial<T> = T extends Builtin ? T : T extends globalThis.Array<infer U> ? globalThis.Array<DeepPartial<U>> : T extends ReadonlyArray<infer U> ? ReadonlyArray<DeepPartial<U>> : T extends {} ? {
    [K in keyof T]?: DeepPartial<T[K]>;
} : Partial<T>;
type KeysOfUnion<T> = T extends T ? keyof T : never;
type Exact<P, I extends P> = P extends Builtin ? P : P & {
    [K in keyof P]: Exact<P[K], I[K]>;
} & {
    [K in Exclude<keyof I, KeysOfUnion<P>>]: never;
};
interface MessageFns<T> {
    encode(message: T, writer?: BinaryWriter): BinaryWriter;
    decode(input: BinaryReader | Uint8Array, length?: number): T;
    create<I extends Exact<DeepPartial<T>, I>>(base?: I): T;
    fromPartial<I extends Exact<DeepPartial<T>, I>>(object: I): T;
}
export {};
