import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
/**
 * ErrorReason says who failed a call, and why. Over gRPC it is the reason of
 * the google.rpc.ErrorInfo detail, without the prefix ("SESSION_EXPIRED"). Over
 * REST it is the code of an ErrorBody.
 */
export declare enum ErrorReason {
    /** ERROR_REASON_UNSPECIFIED - Never sent. */
    ERROR_REASON_UNSPECIFIED = 0,
    /**
     * ERROR_REASON_INVALID_REQUEST - The facade refused the request before the upstream saw it, for the fields
     * that the error names. Over gRPC they are in a google.rpc.BadRequest. Correct
     * them and call again.
     */
    ERROR_REASON_INVALID_REQUEST = 1,
    /**
     * ERROR_REASON_UPSTREAM_REJECTED - The upstream answered with an HTTP error. Over gRPC the message is the
     * upstream's own, and the metadata key "http_status" holds its status. Over
     * REST its own body is relayed instead, unless it is not JSON.
     */
    ERROR_REASON_UPSTREAM_REJECTED = 2,
    /**
     * ERROR_REASON_SESSION_EXPIRED - The upstream does not know the caller's token, or knows it no longer (a 403
     * that says "Session expired"). Over REST its own body is relayed instead. Sign
     * in again.
     */
    ERROR_REASON_SESSION_EXPIRED = 3,
    /**
     * ERROR_REASON_UPSTREAM_UNREACHABLE - The upstream could not be reached, or the connection broke before it had
     * answered. A call that changes something may have taken effect.
     */
    ERROR_REASON_UPSTREAM_UNREACHABLE = 4,
    /**
     * ERROR_REASON_UPSTREAM_TIMEOUT - The upstream did not answer in time. A call that changes something may have
     * taken effect.
     */
    ERROR_REASON_UPSTREAM_TIMEOUT = 5,
    /**
     * ERROR_REASON_UPSTREAM_CONTRACT - The upstream answered with something that its contract does not allow: a
     * body that is not JSON, is cut off or too large, or a redirect. The call may
     * have taken effect.
     */
    ERROR_REASON_UPSTREAM_CONTRACT = 6,
    /** ERROR_REASON_INTERNAL - The facade failed. Its log says more, under the call's request id. */
    ERROR_REASON_INTERNAL = 7,
    /** ERROR_REASON_CANCELLED - The caller went away before there was an answer. */
    ERROR_REASON_CANCELLED = 8,
    /** ERROR_REASON_NOT_FOUND - No operation has this path. */
    ERROR_REASON_NOT_FOUND = 9,
    /**
     * ERROR_REASON_METHOD_NOT_ALLOWED - The path has operations, but none with this verb. The answer's Allow header
     * lists the verbs that it has.
     */
    ERROR_REASON_METHOD_NOT_ALLOWED = 10,
    /** ERROR_REASON_REQUEST_TOO_LARGE - The request's body is larger than the facade relays. */
    ERROR_REASON_REQUEST_TOO_LARGE = 11,
    /** ERROR_REASON_UNSUPPORTED_MEDIA_TYPE - The request's body is not declared as application/json. */
    ERROR_REASON_UNSUPPORTED_MEDIA_TYPE = 12,
    /**
     * ERROR_REASON_UPSTREAM_SUSPENDED - The upstream has not been answering and is not called for the moment. The
     * call has had no effect. Call again after a while.
     */
    ERROR_REASON_UPSTREAM_SUSPENDED = 13,
    /**
     * ERROR_REASON_OVERLOADED - The facade has as many calls in flight as it takes. The call has had no
     * effect. Call again after a while.
     */
    ERROR_REASON_OVERLOADED = 14,
    /**
     * ERROR_REASON_RATE_LIMITED - The upstream may be called only so often, and the call would not have had its
     * turn within its deadline. The call has had no effect. Call again after the time
     * that the error names.
     */
    ERROR_REASON_RATE_LIMITED = 15,
    UNRECOGNIZED = -1
}
/**
 * ErrorBody is the JSON that a REST caller gets where the facade itself, not
 * the upstream, failed the call. An error of the upstream's is relayed as the
 * upstream sent it.
 */
export interface ErrorBody {
    /**
     * Why the call failed. It is an ErrorReason without its prefix, for example
     * "INVALID_REQUEST".
     */
    code: string;
    /** What happened and what to do, in English, for people. */
    message: string;
    /** The members of the request that are at fault, if any are. */
    fields: FieldError[];
}
/** FieldError is one member of a request that is at fault, and why. */
export interface FieldError {
    /** The member's path, as JSON spells it, for example "labels[\"team\"]". */
    field: string;
    /** What is wrong with it. Never holds the value. */
    description: string;
}
export declare const ErrorBody: MessageFns<ErrorBody>;
export declare const FieldError: MessageFns<FieldError>;
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
