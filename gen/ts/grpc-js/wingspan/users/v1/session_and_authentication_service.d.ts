import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { type CallOptions, type ChannelCredentials, Client, type ClientOptions, type ClientUnaryCall, type handleUnaryCall, type Metadata, type ServiceError, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { ApiSession, ApiSessionUpdate, AuthenticationStrategy, EmailVerification, OtpChannel, PhoneChannel, PhoneVerification, Session, SubscriptionGrant } from "./resources.js";
/** AuthenticateRequest asks how an email address signs in. */
export interface AuthenticateRequest {
    /** The address that wants to sign in. */
    email: string;
}
/** AuthenticateResponse says how the email address signs in. */
export interface AuthenticateResponse {
    /** Whether it signs in with a password or at an identity provider. */
    authenticationStrategy: AuthenticationStrategy;
    /** Where to send the user's browser, if it is an identity provider. */
    authenticationUrl?: string | undefined;
}
/** CreateSessionRequest signs in. */
export interface CreateSessionRequest {
    /** The user's email address. */
    email?: string | undefined;
    /** The user's password. */
    password?: string | undefined;
    /** When the session shall end, for example "2022-09-03T19:46:40.748Z". */
    expiration?: string | undefined;
    /** When the confirmation by a one-time password shall end. */
    otpExpiration?: string | undefined;
}
/** CreateSessionResponse holds the new session. */
export interface CreateSessionResponse {
    /** The session, if the upstream sent one. */
    session?: Session | undefined;
}
/** CreatePendingSessionRequest signs in to a pending session. */
export interface CreatePendingSessionRequest {
    /** The user's email address. */
    email?: string | undefined;
    /** The user's password. */
    password?: string | undefined;
    /** When the session shall end, for example "2022-09-03T19:46:40.748Z". */
    expiration?: string | undefined;
    /** When the confirmation by a one-time password shall end. */
    otpExpiration?: string | undefined;
}
/** CreatePendingSessionResponse holds the new session. */
export interface CreatePendingSessionResponse {
    /** The session, if the upstream sent one. */
    session?: Session | undefined;
}
/** CreateRequestingUserSessionRequest names the user to sign in as. */
export interface CreateRequestingUserSessionRequest {
    /** The user's email address. */
    email?: string | undefined;
    /** The user's password. */
    password?: string | undefined;
    /** When the session shall end, for example "2022-09-03T19:46:40.748Z". */
    expiration?: string | undefined;
    /** When the confirmation by a one-time password shall end. */
    otpExpiration?: string | undefined;
}
/** CreateRequestingUserSessionResponse holds the new session. */
export interface CreateRequestingUserSessionResponse {
    /** The session, if the upstream sent one. */
    session?: Session | undefined;
}
/** CreateSingleSignOnSessionRequest signs in with an identity provider's code. */
export interface CreateSingleSignOnSessionRequest {
    /** The code that the identity provider handed out. */
    singleSignOnCode: string;
}
/** CreateSingleSignOnSessionResponse holds the new session. */
export interface CreateSingleSignOnSessionResponse {
    /** The session, with its token. */
    session?: Session | undefined;
}
/** SignInWithGoogleRequest signs in with a Google account. */
export interface SignInWithGoogleRequest {
    /** The id token (a JWT) that Google gave to the caller's page or app. */
    idToken: string;
}
/** SignInWithGoogleResponse holds the new session. */
export interface SignInWithGoogleResponse {
    /** The session, with its token. */
    session?: Session | undefined;
}
/** GetSessionRequest names a session by its token. */
export interface GetSessionRequest {
    /** The session's bearer token. It is a credential. */
    id: string;
}
/** GetSessionResponse holds the session. */
export interface GetSessionResponse {
    /** The session, if the upstream sent one. */
    session?: Session | undefined;
}
/** DeleteSessionRequest names a session by its token. */
export interface DeleteSessionRequest {
    /** The session's bearer token. It is a credential. */
    id: string;
}
/** DeleteSessionResponse is empty: the session has ended. */
export interface DeleteSessionResponse {
}
/** BeginOtpVerificationRequest asks for a one-time password. */
export interface BeginOtpVerificationRequest {
    /** How it shall travel; the upstream chooses if unset. */
    channel?: OtpChannel | undefined;
    /** Where in the app the link in the message leads. */
    appRedirectPath?: string | undefined;
}
/** BeginOtpVerificationResponse is empty: the one-time password has been sent. */
export interface BeginOtpVerificationResponse {
}
/** CompleteOtpVerificationRequest confirms a session. */
export interface CompleteOtpVerificationRequest {
    /** The one-time password. */
    code: string;
}
/** CompleteOtpVerificationResponse holds the confirmed session. */
export interface CompleteOtpVerificationResponse {
    /** The session, if the upstream sent one. */
    session?: Session | undefined;
}
/** CreateApiSessionRequest describes the API session to create. */
export interface CreateApiSessionRequest {
    /** When the session shall end, for example "2022-09-03T19:46:40.748Z". */
    expiration?: string | undefined;
    /** Whether the session shall never end. */
    isUnlimitedExpiration?: boolean | undefined;
    /** Free key/value pairs, to tell sessions apart. */
    labels: {
        [key: string]: string;
    };
}
export interface CreateApiSessionRequest_LabelsEntry {
    key: string;
    value: string;
}
/** CreateApiSessionResponse holds the new API session. */
export interface CreateApiSessionResponse {
    /** The API session, with its token. */
    apiSession?: ApiSession | undefined;
}
/** ListApiSessionsRequest has no fields: the caller is known by the token. */
export interface ListApiSessionsRequest {
}
/** ListApiSessionsResponse holds the API sessions. */
export interface ListApiSessionsResponse {
    /** The caller's API sessions, in the upstream's order. */
    apiSessions: ApiSession[];
}
/** GetApiSessionRequest names an API session. */
export interface GetApiSessionRequest {
    /** The API session's session_id. */
    id: string;
}
/** GetApiSessionResponse holds the API session. */
export interface GetApiSessionResponse {
    /** The API session. */
    apiSession?: ApiSession | undefined;
}
/** UpdateApiSessionRequest says what to change in an API session. */
export interface UpdateApiSessionRequest {
    /** The API session's session_id. */
    id: string;
    /** The new values. */
    apiSession?: ApiSessionUpdate | undefined;
    /**
     * The fields of api_session to send, for example "labels". One that is named
     * here but not set there (a map: is empty) is sent as null; one that is not
     * named is not sent. Without a mask, or with one that names nothing, the fields that
     * are set are sent.
     */
    updateMask?: string[] | undefined;
}
/** UpdateApiSessionResponse holds the changed API session. */
export interface UpdateApiSessionResponse {
    /** The API session as it is now. */
    apiSession?: ApiSession | undefined;
}
/** DeleteApiSessionRequest names an API session. */
export interface DeleteApiSessionRequest {
    /** The API session's session_id. */
    id: string;
}
/** DeleteApiSessionResponse holds the ended API session. */
export interface DeleteApiSessionResponse {
    /** The API session as it was. */
    apiSession?: ApiSession | undefined;
}
/** BeginEmailVerificationRequest names the address to verify. */
export interface BeginEmailVerificationRequest {
    /** The user whose address it is, for example "user-ada". */
    id: string;
    /** The address to verify. */
    email: string;
    /** Where the link in the email leads. */
    redirectPath?: string | undefined;
}
/** BeginEmailVerificationResponse holds the verification. */
export interface BeginEmailVerificationResponse {
    /** The verification, pending. */
    verification?: EmailVerification | undefined;
}
/** BeginExistingEmailVerificationRequest names the user whose address to verify. */
export interface BeginExistingEmailVerificationRequest {
    /** The user whose address it is, for example "user-ada". */
    id: string;
    /** Where the link in the email leads. */
    redirectPath?: string | undefined;
}
/** BeginExistingEmailVerificationResponse holds the verification. */
export interface BeginExistingEmailVerificationResponse {
    /** The verification, pending. */
    verification?: EmailVerification | undefined;
}
/** CompleteEmailVerificationRequest confirms an email address. */
export interface CompleteEmailVerificationRequest {
    /** The user whose address it is, for example "user-ada". */
    id: string;
    /** The id from the email. */
    emailVerificationId: string;
}
/** CompleteEmailVerificationResponse holds the verification. */
export interface CompleteEmailVerificationResponse {
    /** The verification, now verified. */
    verification?: EmailVerification | undefined;
}
/** BeginPhoneVerificationRequest names the phone to verify. */
export interface BeginPhoneVerificationRequest {
    /** The user whose phone it is, for example "user-ada". */
    id: string;
    /** The number, in whatever form, for example "(410) 435-0691 x609". */
    phone: string;
    /** How the code shall reach the phone; the upstream chooses if unset. */
    channel?: PhoneChannel | undefined;
}
/** BeginPhoneVerificationResponse holds the verification. */
export interface BeginPhoneVerificationResponse {
    /** The verification, pending. */
    verification?: PhoneVerification | undefined;
}
/** CompletePhoneVerificationRequest confirms a phone. */
export interface CompletePhoneVerificationRequest {
    /** The user whose phone it is, for example "user-ada". */
    id: string;
    /** The code that the phone received. */
    code: string;
}
/** CompletePhoneVerificationResponse holds the verification. */
export interface CompletePhoneVerificationResponse {
    /** The verification, now verified. */
    verification?: PhoneVerification | undefined;
}
/**
 * ListGrantedSubscriberSubscriptionGrantsRequest has no fields: the caller is
 * known by the token.
 */
export interface ListGrantedSubscriberSubscriptionGrantsRequest {
}
/** ListGrantedSubscriberSubscriptionGrantsResponse holds the grants. */
export interface ListGrantedSubscriberSubscriptionGrantsResponse {
    /** The grants, in the upstream's order. */
    subscriptionGrants: SubscriptionGrant[];
}
export declare const AuthenticateRequest: MessageFns<AuthenticateRequest>;
export declare const AuthenticateResponse: MessageFns<AuthenticateResponse>;
export declare const CreateSessionRequest: MessageFns<CreateSessionRequest>;
export declare const CreateSessionResponse: MessageFns<CreateSessionResponse>;
export declare const CreatePendingSessionRequest: MessageFns<CreatePendingSessionRequest>;
export declare const CreatePendingSessionResponse: MessageFns<CreatePendingSessionResponse>;
export declare const CreateRequestingUserSessionRequest: MessageFns<CreateRequestingUserSessionRequest>;
export declare const CreateRequestingUserSessionResponse: MessageFns<CreateRequestingUserSessionResponse>;
export declare const CreateSingleSignOnSessionRequest: MessageFns<CreateSingleSignOnSessionRequest>;
export declare const CreateSingleSignOnSessionResponse: MessageFns<CreateSingleSignOnSessionResponse>;
export declare const SignInWithGoogleRequest: MessageFns<SignInWithGoogleRequest>;
export declare const SignInWithGoogleResponse: MessageFns<SignInWithGoogleResponse>;
export declare const GetSessionRequest: MessageFns<GetSessionRequest>;
export declare const GetSessionResponse: MessageFns<GetSessionResponse>;
export declare const DeleteSessionRequest: MessageFns<DeleteSessionRequest>;
export declare const DeleteSessionResponse: MessageFns<DeleteSessionResponse>;
export declare const BeginOtpVerificationRequest: MessageFns<BeginOtpVerificationRequest>;
export declare const BeginOtpVerificationResponse: MessageFns<BeginOtpVerificationResponse>;
export declare const CompleteOtpVerificationRequest: MessageFns<CompleteOtpVerificationRequest>;
export declare const CompleteOtpVerificationResponse: MessageFns<CompleteOtpVerificationResponse>;
export declare const CreateApiSessionRequest: MessageFns<CreateApiSessionRequest>;
export declare const CreateApiSessionRequest_LabelsEntry: MessageFns<CreateApiSessionRequest_LabelsEntry>;
export declare const CreateApiSessionResponse: MessageFns<CreateApiSessionResponse>;
export declare const ListApiSessionsRequest: MessageFns<ListApiSessionsRequest>;
export declare const ListApiSessionsResponse: MessageFns<ListApiSessionsResponse>;
export declare const GetApiSessionRequest: MessageFns<GetApiSessionRequest>;
export declare const GetApiSessionResponse: MessageFns<GetApiSessionResponse>;
export declare const UpdateApiSessionRequest: MessageFns<UpdateApiSessionRequest>;
export declare const UpdateApiSessionResponse: MessageFns<UpdateApiSessionResponse>;
export declare const DeleteApiSessionRequest: MessageFns<DeleteApiSessionRequest>;
export declare const DeleteApiSessionResponse: MessageFns<DeleteApiSessionResponse>;
export declare const BeginEmailVerificationRequest: MessageFns<BeginEmailVerificationRequest>;
export declare const BeginEmailVerificationResponse: MessageFns<BeginEmailVerificationResponse>;
export declare const BeginExistingEmailVerificationRequest: MessageFns<BeginExistingEmailVerificationRequest>;
export declare const BeginExistingEmailVerificationResponse: MessageFns<BeginExistingEmailVerificationResponse>;
export declare const CompleteEmailVerificationRequest: MessageFns<CompleteEmailVerificationRequest>;
export declare const CompleteEmailVerificationResponse: MessageFns<CompleteEmailVerificationResponse>;
export declare const BeginPhoneVerificationRequest: MessageFns<BeginPhoneVerificationRequest>;
export declare const BeginPhoneVerificationResponse: MessageFns<BeginPhoneVerificationResponse>;
export declare const CompletePhoneVerificationRequest: MessageFns<CompletePhoneVerificationRequest>;
export declare const CompletePhoneVerificationResponse: MessageFns<CompletePhoneVerificationResponse>;
export declare const ListGrantedSubscriberSubscriptionGrantsRequest: MessageFns<ListGrantedSubscriberSubscriptionGrantsRequest>;
export declare const ListGrantedSubscriberSubscriptionGrantsResponse: MessageFns<ListGrantedSubscriberSubscriptionGrantsResponse>;
/**
 * SessionAndAuthenticationService signs people and programs in and out, and
 * verifies their email addresses and phones.
 *
 * The caller's token travels as `authorization: Bearer <token>` metadata and is
 * relayed as it is; calls that sign in need none. To act for another account,
 * send its user id as `x-wingspan-user`.
 *
 * Errors carry a google.rpc.ErrorInfo whose reason is an ErrorReason, a
 * google.rpc.BadRequest where the request itself is at fault, and a
 * google.rpc.RetryInfo where the upstream said when to call again. Common to
 * all calls: UNAUTHENTICATED (no valid token, or the session has expired),
 * PERMISSION_DENIED, RESOURCE_EXHAUSTED (too many calls), DEADLINE_EXCEEDED
 * and UNAVAILABLE. After one of the last two, a call that changes something may
 * have taken effect: look before you repeat it.
 */
export type SessionAndAuthenticationServiceService = typeof SessionAndAuthenticationServiceService;
export declare const SessionAndAuthenticationServiceService: {
    /**
     * Says how an email address signs in.
     *
     * Needs no token. Returns whether the address signs in with a password or at
     * an identity provider, and the latter's URL.
     */
    readonly authenticate: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/Authenticate";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: AuthenticateRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => AuthenticateRequest;
        readonly responseSerialize: (value: AuthenticateResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => AuthenticateResponse;
    };
    /**
     * Signs in with an email address and a password.
     *
     * Needs no token. Returns the session with its token, which may have to be
     * raised to a full one by a one-time password. UNAUTHENTICATED if the address
     * or the password is wrong.
     */
    readonly createSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CreateSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CreateSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CreateSessionRequest;
        readonly responseSerialize: (value: CreateSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CreateSessionResponse;
    };
    /**
     * Signs in to a session that stays pending until it is confirmed.
     *
     * Needs no token. Returns the pending session. UNAUTHENTICATED if the address
     * or the password is wrong.
     */
    readonly createPendingSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CreatePendingSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CreatePendingSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CreatePendingSessionRequest;
        readonly responseSerialize: (value: CreatePendingSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CreatePendingSessionResponse;
    };
    /**
     * Signs in as another user.
     *
     * For administrators and support. Returns the other user's session.
     * PERMISSION_DENIED if the caller may not act for others, NOT_FOUND if nobody
     * has the address.
     */
    readonly createRequestingUserSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CreateRequestingUserSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CreateRequestingUserSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CreateRequestingUserSessionRequest;
        readonly responseSerialize: (value: CreateRequestingUserSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CreateRequestingUserSessionResponse;
    };
    /**
     * Signs in with the code that an identity provider handed out.
     *
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if the
     * code is wrong or was used before.
     */
    readonly createSingleSignOnSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CreateSingleSignOnSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CreateSingleSignOnSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CreateSingleSignOnSessionRequest;
        readonly responseSerialize: (value: CreateSingleSignOnSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CreateSingleSignOnSessionResponse;
    };
    /**
     * Signs in with a Google account.
     *
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if
     * Google's id token is not accepted.
     */
    readonly signInWithGoogle: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/SignInWithGoogle";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: SignInWithGoogleRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => SignInWithGoogleRequest;
        readonly responseSerialize: (value: SignInWithGoogleResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => SignInWithGoogleResponse;
    };
    /**
     * Returns the session that a token belongs to.
     *
     * The id is the token itself. UNAUTHENTICATED if the session has ended.
     */
    readonly getSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/GetSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: GetSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => GetSessionRequest;
        readonly responseSerialize: (value: GetSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => GetSessionResponse;
    };
    /**
     * Signs out: ends the session that a token belongs to.
     *
     * The id is the token itself; it is worthless afterwards. UNAUTHENTICATED if
     * the session has ended already.
     */
    readonly deleteSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/DeleteSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: DeleteSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => DeleteSessionRequest;
        readonly responseSerialize: (value: DeleteSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => DeleteSessionResponse;
    };
    /**
     * Sends a one-time password to the user who is signing in.
     *
     * Every call sends a new one. Returns nothing; CompleteOtpVerification takes
     * the code.
     */
    readonly beginOtpVerification: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/BeginOtpVerification";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: BeginOtpVerificationRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => BeginOtpVerificationRequest;
        readonly responseSerialize: (value: BeginOtpVerificationResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => BeginOtpVerificationResponse;
    };
    /**
     * Confirms the caller's session with a one-time password.
     *
     * Returns the confirmed session if the upstream sends it. INVALID_ARGUMENT if
     * the code is wrong, has expired or was used before.
     */
    readonly completeOtpVerification: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CompleteOtpVerification";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CompleteOtpVerificationRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CompleteOtpVerificationRequest;
        readonly responseSerialize: (value: CompleteOtpVerificationResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CompleteOtpVerificationResponse;
    };
    /**
     * Creates a long-lived session for programs.
     *
     * Returns the API session with its token.
     */
    readonly createApiSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CreateApiSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CreateApiSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CreateApiSessionRequest;
        readonly responseSerialize: (value: CreateApiSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CreateApiSessionResponse;
    };
    /**
     * Lists all API sessions that the caller has made.
     *
     * The list comes whole, without paging, however long it is.
     */
    readonly listApiSessions: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/ListApiSessions";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: ListApiSessionsRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => ListApiSessionsRequest;
        readonly responseSerialize: (value: ListApiSessionsResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => ListApiSessionsResponse;
    };
    /**
     * Returns one API session.
     *
     * NOT_FOUND if the caller has none with this id.
     */
    readonly getApiSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/GetApiSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: GetApiSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => GetApiSessionRequest;
        readonly responseSerialize: (value: GetApiSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => GetApiSessionResponse;
    };
    /**
     * Changes an API session.
     *
     * Returns the API session as it is now. NOT_FOUND if the caller has none with
     * this id.
     */
    readonly updateApiSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/UpdateApiSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: UpdateApiSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => UpdateApiSessionRequest;
        readonly responseSerialize: (value: UpdateApiSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => UpdateApiSessionResponse;
    };
    /**
     * Ends an API session.
     *
     * Returns the API session as it was. NOT_FOUND if the caller has none with
     * this id.
     */
    readonly deleteApiSession: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/DeleteApiSession";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: DeleteApiSessionRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => DeleteApiSessionRequest;
        readonly responseSerialize: (value: DeleteApiSessionResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => DeleteApiSessionResponse;
    };
    /**
     * Sends an email that verifies a user's new address.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     */
    readonly beginEmailVerification: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/BeginEmailVerification";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: BeginEmailVerificationRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => BeginEmailVerificationRequest;
        readonly responseSerialize: (value: BeginEmailVerificationResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => BeginEmailVerificationResponse;
    };
    /**
     * Sends an email that verifies the address which a user has already.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     */
    readonly beginExistingEmailVerification: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/BeginExistingEmailVerification";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: BeginExistingEmailVerificationRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => BeginExistingEmailVerificationRequest;
        readonly responseSerialize: (value: BeginExistingEmailVerificationResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => BeginExistingEmailVerificationResponse;
    };
    /**
     * Confirms an email address with the id from the email.
     *
     * Returns the verification, now verified. INVALID_ARGUMENT if the id is wrong
     * or has expired.
     */
    readonly completeEmailVerification: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CompleteEmailVerification";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CompleteEmailVerificationRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CompleteEmailVerificationRequest;
        readonly responseSerialize: (value: CompleteEmailVerificationResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CompleteEmailVerificationResponse;
    };
    /**
     * Sends a code to a user's phone.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompletePhoneVerification takes the code.
     */
    readonly beginPhoneVerification: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/BeginPhoneVerification";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: BeginPhoneVerificationRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => BeginPhoneVerificationRequest;
        readonly responseSerialize: (value: BeginPhoneVerificationResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => BeginPhoneVerificationResponse;
    };
    /**
     * Confirms a phone with the code that it received.
     *
     * Returns the verification, now verified. INVALID_ARGUMENT if the code is
     * wrong or has expired.
     */
    readonly completePhoneVerification: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/CompletePhoneVerification";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: CompletePhoneVerificationRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => CompletePhoneVerificationRequest;
        readonly responseSerialize: (value: CompletePhoneVerificationResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => CompletePhoneVerificationResponse;
    };
    /**
     * Lists the subscriptions that others have granted to the caller.
     *
     * The list comes whole, without paging.
     */
    readonly listGrantedSubscriberSubscriptionGrants: {
        readonly path: "/wingspan.users.v1.SessionAndAuthenticationService/ListGrantedSubscriberSubscriptionGrants";
        readonly requestStream: false;
        readonly responseStream: false;
        readonly requestSerialize: (value: ListGrantedSubscriberSubscriptionGrantsRequest) => Buffer;
        readonly requestDeserialize: (value: Buffer) => ListGrantedSubscriberSubscriptionGrantsRequest;
        readonly responseSerialize: (value: ListGrantedSubscriberSubscriptionGrantsResponse) => Buffer;
        readonly responseDeserialize: (value: Buffer) => ListGrantedSubscriberSubscriptionGrantsResponse;
    };
};
export interface SessionAndAuthenticationServiceServer extends UntypedServiceImplementation {
    /**
     * Says how an email address signs in.
     *
     * Needs no token. Returns whether the address signs in with a password or at
     * an identity provider, and the latter's URL.
     */
    authenticate: handleUnaryCall<AuthenticateRequest, AuthenticateResponse>;
    /**
     * Signs in with an email address and a password.
     *
     * Needs no token. Returns the session with its token, which may have to be
     * raised to a full one by a one-time password. UNAUTHENTICATED if the address
     * or the password is wrong.
     */
    createSession: handleUnaryCall<CreateSessionRequest, CreateSessionResponse>;
    /**
     * Signs in to a session that stays pending until it is confirmed.
     *
     * Needs no token. Returns the pending session. UNAUTHENTICATED if the address
     * or the password is wrong.
     */
    createPendingSession: handleUnaryCall<CreatePendingSessionRequest, CreatePendingSessionResponse>;
    /**
     * Signs in as another user.
     *
     * For administrators and support. Returns the other user's session.
     * PERMISSION_DENIED if the caller may not act for others, NOT_FOUND if nobody
     * has the address.
     */
    createRequestingUserSession: handleUnaryCall<CreateRequestingUserSessionRequest, CreateRequestingUserSessionResponse>;
    /**
     * Signs in with the code that an identity provider handed out.
     *
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if the
     * code is wrong or was used before.
     */
    createSingleSignOnSession: handleUnaryCall<CreateSingleSignOnSessionRequest, CreateSingleSignOnSessionResponse>;
    /**
     * Signs in with a Google account.
     *
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if
     * Google's id token is not accepted.
     */
    signInWithGoogle: handleUnaryCall<SignInWithGoogleRequest, SignInWithGoogleResponse>;
    /**
     * Returns the session that a token belongs to.
     *
     * The id is the token itself. UNAUTHENTICATED if the session has ended.
     */
    getSession: handleUnaryCall<GetSessionRequest, GetSessionResponse>;
    /**
     * Signs out: ends the session that a token belongs to.
     *
     * The id is the token itself; it is worthless afterwards. UNAUTHENTICATED if
     * the session has ended already.
     */
    deleteSession: handleUnaryCall<DeleteSessionRequest, DeleteSessionResponse>;
    /**
     * Sends a one-time password to the user who is signing in.
     *
     * Every call sends a new one. Returns nothing; CompleteOtpVerification takes
     * the code.
     */
    beginOtpVerification: handleUnaryCall<BeginOtpVerificationRequest, BeginOtpVerificationResponse>;
    /**
     * Confirms the caller's session with a one-time password.
     *
     * Returns the confirmed session if the upstream sends it. INVALID_ARGUMENT if
     * the code is wrong, has expired or was used before.
     */
    completeOtpVerification: handleUnaryCall<CompleteOtpVerificationRequest, CompleteOtpVerificationResponse>;
    /**
     * Creates a long-lived session for programs.
     *
     * Returns the API session with its token.
     */
    createApiSession: handleUnaryCall<CreateApiSessionRequest, CreateApiSessionResponse>;
    /**
     * Lists all API sessions that the caller has made.
     *
     * The list comes whole, without paging, however long it is.
     */
    listApiSessions: handleUnaryCall<ListApiSessionsRequest, ListApiSessionsResponse>;
    /**
     * Returns one API session.
     *
     * NOT_FOUND if the caller has none with this id.
     */
    getApiSession: handleUnaryCall<GetApiSessionRequest, GetApiSessionResponse>;
    /**
     * Changes an API session.
     *
     * Returns the API session as it is now. NOT_FOUND if the caller has none with
     * this id.
     */
    updateApiSession: handleUnaryCall<UpdateApiSessionRequest, UpdateApiSessionResponse>;
    /**
     * Ends an API session.
     *
     * Returns the API session as it was. NOT_FOUND if the caller has none with
     * this id.
     */
    deleteApiSession: handleUnaryCall<DeleteApiSessionRequest, DeleteApiSessionResponse>;
    /**
     * Sends an email that verifies a user's new address.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     */
    beginEmailVerification: handleUnaryCall<BeginEmailVerificationRequest, BeginEmailVerificationResponse>;
    /**
     * Sends an email that verifies the address which a user has already.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     */
    beginExistingEmailVerification: handleUnaryCall<BeginExistingEmailVerificationRequest, BeginExistingEmailVerificationResponse>;
    /**
     * Confirms an email address with the id from the email.
     *
     * Returns the verification, now verified. INVALID_ARGUMENT if the id is wrong
     * or has expired.
     */
    completeEmailVerification: handleUnaryCall<CompleteEmailVerificationRequest, CompleteEmailVerificationResponse>;
    /**
     * Sends a code to a user's phone.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompletePhoneVerification takes the code.
     */
    beginPhoneVerification: handleUnaryCall<BeginPhoneVerificationRequest, BeginPhoneVerificationResponse>;
    /**
     * Confirms a phone with the code that it received.
     *
     * Returns the verification, now verified. INVALID_ARGUMENT if the code is
     * wrong or has expired.
     */
    completePhoneVerification: handleUnaryCall<CompletePhoneVerificationRequest, CompletePhoneVerificationResponse>;
    /**
     * Lists the subscriptions that others have granted to the caller.
     *
     * The list comes whole, without paging.
     */
    listGrantedSubscriberSubscriptionGrants: handleUnaryCall<ListGrantedSubscriberSubscriptionGrantsRequest, ListGrantedSubscriberSubscriptionGrantsResponse>;
}
export interface SessionAndAuthenticationServiceClient extends Client {
    /**
     * Says how an email address signs in.
     *
     * Needs no token. Returns whether the address signs in with a password or at
     * an identity provider, and the latter's URL.
     */
    authenticate(request: AuthenticateRequest, callback: (error: ServiceError | null, response: AuthenticateResponse) => void): ClientUnaryCall;
    authenticate(request: AuthenticateRequest, metadata: Metadata, callback: (error: ServiceError | null, response: AuthenticateResponse) => void): ClientUnaryCall;
    authenticate(request: AuthenticateRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: AuthenticateResponse) => void): ClientUnaryCall;
    /**
     * Signs in with an email address and a password.
     *
     * Needs no token. Returns the session with its token, which may have to be
     * raised to a full one by a one-time password. UNAUTHENTICATED if the address
     * or the password is wrong.
     */
    createSession(request: CreateSessionRequest, callback: (error: ServiceError | null, response: CreateSessionResponse) => void): ClientUnaryCall;
    createSession(request: CreateSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CreateSessionResponse) => void): ClientUnaryCall;
    createSession(request: CreateSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CreateSessionResponse) => void): ClientUnaryCall;
    /**
     * Signs in to a session that stays pending until it is confirmed.
     *
     * Needs no token. Returns the pending session. UNAUTHENTICATED if the address
     * or the password is wrong.
     */
    createPendingSession(request: CreatePendingSessionRequest, callback: (error: ServiceError | null, response: CreatePendingSessionResponse) => void): ClientUnaryCall;
    createPendingSession(request: CreatePendingSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CreatePendingSessionResponse) => void): ClientUnaryCall;
    createPendingSession(request: CreatePendingSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CreatePendingSessionResponse) => void): ClientUnaryCall;
    /**
     * Signs in as another user.
     *
     * For administrators and support. Returns the other user's session.
     * PERMISSION_DENIED if the caller may not act for others, NOT_FOUND if nobody
     * has the address.
     */
    createRequestingUserSession(request: CreateRequestingUserSessionRequest, callback: (error: ServiceError | null, response: CreateRequestingUserSessionResponse) => void): ClientUnaryCall;
    createRequestingUserSession(request: CreateRequestingUserSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CreateRequestingUserSessionResponse) => void): ClientUnaryCall;
    createRequestingUserSession(request: CreateRequestingUserSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CreateRequestingUserSessionResponse) => void): ClientUnaryCall;
    /**
     * Signs in with the code that an identity provider handed out.
     *
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if the
     * code is wrong or was used before.
     */
    createSingleSignOnSession(request: CreateSingleSignOnSessionRequest, callback: (error: ServiceError | null, response: CreateSingleSignOnSessionResponse) => void): ClientUnaryCall;
    createSingleSignOnSession(request: CreateSingleSignOnSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CreateSingleSignOnSessionResponse) => void): ClientUnaryCall;
    createSingleSignOnSession(request: CreateSingleSignOnSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CreateSingleSignOnSessionResponse) => void): ClientUnaryCall;
    /**
     * Signs in with a Google account.
     *
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if
     * Google's id token is not accepted.
     */
    signInWithGoogle(request: SignInWithGoogleRequest, callback: (error: ServiceError | null, response: SignInWithGoogleResponse) => void): ClientUnaryCall;
    signInWithGoogle(request: SignInWithGoogleRequest, metadata: Metadata, callback: (error: ServiceError | null, response: SignInWithGoogleResponse) => void): ClientUnaryCall;
    signInWithGoogle(request: SignInWithGoogleRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: SignInWithGoogleResponse) => void): ClientUnaryCall;
    /**
     * Returns the session that a token belongs to.
     *
     * The id is the token itself. UNAUTHENTICATED if the session has ended.
     */
    getSession(request: GetSessionRequest, callback: (error: ServiceError | null, response: GetSessionResponse) => void): ClientUnaryCall;
    getSession(request: GetSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: GetSessionResponse) => void): ClientUnaryCall;
    getSession(request: GetSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: GetSessionResponse) => void): ClientUnaryCall;
    /**
     * Signs out: ends the session that a token belongs to.
     *
     * The id is the token itself; it is worthless afterwards. UNAUTHENTICATED if
     * the session has ended already.
     */
    deleteSession(request: DeleteSessionRequest, callback: (error: ServiceError | null, response: DeleteSessionResponse) => void): ClientUnaryCall;
    deleteSession(request: DeleteSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: DeleteSessionResponse) => void): ClientUnaryCall;
    deleteSession(request: DeleteSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: DeleteSessionResponse) => void): ClientUnaryCall;
    /**
     * Sends a one-time password to the user who is signing in.
     *
     * Every call sends a new one. Returns nothing; CompleteOtpVerification takes
     * the code.
     */
    beginOtpVerification(request: BeginOtpVerificationRequest, callback: (error: ServiceError | null, response: BeginOtpVerificationResponse) => void): ClientUnaryCall;
    beginOtpVerification(request: BeginOtpVerificationRequest, metadata: Metadata, callback: (error: ServiceError | null, response: BeginOtpVerificationResponse) => void): ClientUnaryCall;
    beginOtpVerification(request: BeginOtpVerificationRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: BeginOtpVerificationResponse) => void): ClientUnaryCall;
    /**
     * Confirms the caller's session with a one-time password.
     *
     * Returns the confirmed session if the upstream sends it. INVALID_ARGUMENT if
     * the code is wrong, has expired or was used before.
     */
    completeOtpVerification(request: CompleteOtpVerificationRequest, callback: (error: ServiceError | null, response: CompleteOtpVerificationResponse) => void): ClientUnaryCall;
    completeOtpVerification(request: CompleteOtpVerificationRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CompleteOtpVerificationResponse) => void): ClientUnaryCall;
    completeOtpVerification(request: CompleteOtpVerificationRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CompleteOtpVerificationResponse) => void): ClientUnaryCall;
    /**
     * Creates a long-lived session for programs.
     *
     * Returns the API session with its token.
     */
    createApiSession(request: CreateApiSessionRequest, callback: (error: ServiceError | null, response: CreateApiSessionResponse) => void): ClientUnaryCall;
    createApiSession(request: CreateApiSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CreateApiSessionResponse) => void): ClientUnaryCall;
    createApiSession(request: CreateApiSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CreateApiSessionResponse) => void): ClientUnaryCall;
    /**
     * Lists all API sessions that the caller has made.
     *
     * The list comes whole, without paging, however long it is.
     */
    listApiSessions(request: ListApiSessionsRequest, callback: (error: ServiceError | null, response: ListApiSessionsResponse) => void): ClientUnaryCall;
    listApiSessions(request: ListApiSessionsRequest, metadata: Metadata, callback: (error: ServiceError | null, response: ListApiSessionsResponse) => void): ClientUnaryCall;
    listApiSessions(request: ListApiSessionsRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: ListApiSessionsResponse) => void): ClientUnaryCall;
    /**
     * Returns one API session.
     *
     * NOT_FOUND if the caller has none with this id.
     */
    getApiSession(request: GetApiSessionRequest, callback: (error: ServiceError | null, response: GetApiSessionResponse) => void): ClientUnaryCall;
    getApiSession(request: GetApiSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: GetApiSessionResponse) => void): ClientUnaryCall;
    getApiSession(request: GetApiSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: GetApiSessionResponse) => void): ClientUnaryCall;
    /**
     * Changes an API session.
     *
     * Returns the API session as it is now. NOT_FOUND if the caller has none with
     * this id.
     */
    updateApiSession(request: UpdateApiSessionRequest, callback: (error: ServiceError | null, response: UpdateApiSessionResponse) => void): ClientUnaryCall;
    updateApiSession(request: UpdateApiSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: UpdateApiSessionResponse) => void): ClientUnaryCall;
    updateApiSession(request: UpdateApiSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: UpdateApiSessionResponse) => void): ClientUnaryCall;
    /**
     * Ends an API session.
     *
     * Returns the API session as it was. NOT_FOUND if the caller has none with
     * this id.
     */
    deleteApiSession(request: DeleteApiSessionRequest, callback: (error: ServiceError | null, response: DeleteApiSessionResponse) => void): ClientUnaryCall;
    deleteApiSession(request: DeleteApiSessionRequest, metadata: Metadata, callback: (error: ServiceError | null, response: DeleteApiSessionResponse) => void): ClientUnaryCall;
    deleteApiSession(request: DeleteApiSessionRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: DeleteApiSessionResponse) => void): ClientUnaryCall;
    /**
     * Sends an email that verifies a user's new address.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     */
    beginEmailVerification(request: BeginEmailVerificationRequest, callback: (error: ServiceError | null, response: BeginEmailVerificationResponse) => void): ClientUnaryCall;
    beginEmailVerification(request: BeginEmailVerificationRequest, metadata: Metadata, callback: (error: ServiceError | null, response: BeginEmailVerificationResponse) => void): ClientUnaryCall;
    beginEmailVerification(request: BeginEmailVerificationRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: BeginEmailVerificationResponse) => void): ClientUnaryCall;
    /**
     * Sends an email that verifies the address which a user has already.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     */
    beginExistingEmailVerification(request: BeginExistingEmailVerificationRequest, callback: (error: ServiceError | null, response: BeginExistingEmailVerificationResponse) => void): ClientUnaryCall;
    beginExistingEmailVerification(request: BeginExistingEmailVerificationRequest, metadata: Metadata, callback: (error: ServiceError | null, response: BeginExistingEmailVerificationResponse) => void): ClientUnaryCall;
    beginExistingEmailVerification(request: BeginExistingEmailVerificationRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: BeginExistingEmailVerificationResponse) => void): ClientUnaryCall;
    /**
     * Confirms an email address with the id from the email.
     *
     * Returns the verification, now verified. INVALID_ARGUMENT if the id is wrong
     * or has expired.
     */
    completeEmailVerification(request: CompleteEmailVerificationRequest, callback: (error: ServiceError | null, response: CompleteEmailVerificationResponse) => void): ClientUnaryCall;
    completeEmailVerification(request: CompleteEmailVerificationRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CompleteEmailVerificationResponse) => void): ClientUnaryCall;
    completeEmailVerification(request: CompleteEmailVerificationRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CompleteEmailVerificationResponse) => void): ClientUnaryCall;
    /**
     * Sends a code to a user's phone.
     *
     * Every call sends a new one. Returns the pending verification;
     * CompletePhoneVerification takes the code.
     */
    beginPhoneVerification(request: BeginPhoneVerificationRequest, callback: (error: ServiceError | null, response: BeginPhoneVerificationResponse) => void): ClientUnaryCall;
    beginPhoneVerification(request: BeginPhoneVerificationRequest, metadata: Metadata, callback: (error: ServiceError | null, response: BeginPhoneVerificationResponse) => void): ClientUnaryCall;
    beginPhoneVerification(request: BeginPhoneVerificationRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: BeginPhoneVerificationResponse) => void): ClientUnaryCall;
    /**
     * Confirms a phone with the code that it received.
     *
     * Returns the verification, now verified. INVALID_ARGUMENT if the code is
     * wrong or has expired.
     */
    completePhoneVerification(request: CompletePhoneVerificationRequest, callback: (error: ServiceError | null, response: CompletePhoneVerificationResponse) => void): ClientUnaryCall;
    completePhoneVerification(request: CompletePhoneVerificationRequest, metadata: Metadata, callback: (error: ServiceError | null, response: CompletePhoneVerificationResponse) => void): ClientUnaryCall;
    completePhoneVerification(request: CompletePhoneVerificationRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: CompletePhoneVerificationResponse) => void): ClientUnaryCall;
    /**
     * Lists the subscriptions that others have granted to the caller.
     *
     * The list comes whole, without paging.
     */
    listGrantedSubscriberSubscriptionGrants(request: ListGrantedSubscriberSubscriptionGrantsRequest, callback: (error: ServiceError | null, response: ListGrantedSubscriberSubscriptionGrantsResponse) => void): ClientUnaryCall;
    listGrantedSubscriberSubscriptionGrants(request: ListGrantedSubscriberSubscriptionGrantsRequest, metadata: Metadata, callback: (error: ServiceError | null, response: ListGrantedSubscriberSubscriptionGrantsResponse) => void): ClientUnaryCall;
    listGrantedSubscriberSubscriptionGrants(request: ListGrantedSubscriberSubscriptionGrantsRequest, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: ListGrantedSubscriberSubscriptionGrantsResponse) => void): ClientUnaryCall;
}
export declare const SessionAndAuthenticationServiceClient: {
    new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>): SessionAndAuthenticationServiceClient;
    service: typeof SessionAndAuthenticationServiceService;
    serviceName: string;
};
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
