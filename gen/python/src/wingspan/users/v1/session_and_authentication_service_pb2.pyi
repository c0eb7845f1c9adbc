from google.protobuf import field_mask_pb2 as _field_mask_pb2
from wingspan.users.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuthenticateRequest(_message.Message):
    __slots__ = ["email"]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    email: str
    def __init__(self, email: _Optional[str] = ...) -> None: ...

class AuthenticateResponse(_message.Message):
    __slots__ = ["authentication_strategy", "authentication_url"]
    AUTHENTICATION_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICATION_URL_FIELD_NUMBER: _ClassVar[int]
    authentication_strategy: _resources_pb2.AuthenticationStrategy
    authentication_url: str
    def __init__(self, authentication_strategy: _Optional[_Union[_resources_pb2.AuthenticationStrategy, str]] = ..., authentication_url: _Optional[str] = ...) -> None: ...

class BeginEmailVerificationRequest(_message.Message):
    __slots__ = ["email", "id", "redirect_path"]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_PATH_FIELD_NUMBER: _ClassVar[int]
    email: str
    id: str
    redirect_path: str
    def __init__(self, id: _Optional[str] = ..., email: _Optional[str] = ..., redirect_path: _Optional[str] = ...) -> None: ...

class BeginEmailVerificationResponse(_message.Message):
    __slots__ = ["verification"]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    verification: _resources_pb2.EmailVerification
    def __init__(self, verification: _Optional[_Union[_resources_pb2.EmailVerification, _Mapping]] = ...) -> None: ...

class BeginExistingEmailVerificationRequest(_message.Message):
    __slots__ = ["id", "redirect_path"]
    ID_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_PATH_FIELD_NUMBER: _ClassVar[int]
    id: str
    redirect_path: str
    def __init__(self, id: _Optional[str] = ..., redirect_path: _Optional[str] = ...) -> None: ...

class BeginExistingEmailVerificationResponse(_message.Message):
    __slots__ = ["verification"]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    verification: _resources_pb2.EmailVerification
    def __init__(self, verification: _Optional[_Union[_resources_pb2.EmailVerification, _Mapping]] = ...) -> None: ...

class BeginOtpVerificationRequest(_message.Message):
    __slots__ = ["app_redirect_path", "channel"]
    APP_REDIRECT_PATH_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    app_redirect_path: str
    channel: _resources_pb2.OtpChannel
    def __init__(self, channel: _Optional[_Union[_resources_pb2.OtpChannel, str]] = ..., app_redirect_path: _Optional[str] = ...) -> None: ...

class BeginOtpVerificationResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class BeginPhoneVerificationRequest(_message.Message):
    __slots__ = ["channel", "id", "phone"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    channel: _resources_pb2.PhoneChannel
    id: str
    phone: str
    def __init__(self, id: _Optional[str] = ..., phone: _Optional[str] = ..., channel: _Optional[_Union[_resources_pb2.PhoneChannel, str]] = ...) -> None: ...

class BeginPhoneVerificationResponse(_message.Message):
    __slots__ = ["verification"]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    verification: _resources_pb2.PhoneVerification
    def __init__(self, verification: _Optional[_Union[_resources_pb2.PhoneVerification, _Mapping]] = ...) -> None: ...

class CompleteEmailVerificationRequest(_message.Message):
    __slots__ = ["email_verification_id", "id"]
    EMAIL_VERIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    email_verification_id: str
    id: str
    def __init__(self, id: _Optional[str] = ..., email_verification_id: _Optional[str] = ...) -> None: ...

class CompleteEmailVerificationResponse(_message.Message):
    __slots__ = ["verification"]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    verification: _resources_pb2.EmailVerification
    def __init__(self, verification: _Optional[_Union[_resources_pb2.EmailVerification, _Mapping]] = ...) -> None: ...

class CompleteOtpVerificationRequest(_message.Message):
    __slots__ = ["code"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class CompleteOtpVerificationResponse(_message.Message):
    __slots__ = ["session"]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _resources_pb2.Session
    def __init__(self, session: _Optional[_Union[_resources_pb2.Session, _Mapping]] = ...) -> None: ...

class CompletePhoneVerificationRequest(_message.Message):
    __slots__ = ["code", "id"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    code: str
    id: str
    def __init__(self, id: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class CompletePhoneVerificationResponse(_message.Message):
    __slots__ = ["verification"]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    verification: _resources_pb2.PhoneVerification
    def __init__(self, verification: _Optional[_Union[_resources_pb2.PhoneVerification, _Mapping]] = ...) -> None: ...

class CreateApiSessionRequest(_message.Message):
    __slots__ = ["expiration", "is_unlimited_expiration", "labels"]
    class LabelsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    IS_UNLIMITED_EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    expiration: str
    is_unlimited_expiration: bool
    labels: _containers.ScalarMap[str, str]
    def __init__(self, expiration: _Optional[str] = ..., is_unlimited_expiration: bool = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CreateApiSessionResponse(_message.Message):
    __slots__ = ["api_session"]
    API_SESSION_FIELD_NUMBER: _ClassVar[int]
    api_session: _resources_pb2.ApiSession
    def __init__(self, api_session: _Optional[_Union[_resources_pb2.ApiSession, _Mapping]] = ...) -> None: ...

class CreatePendingSessionRequest(_message.Message):
    __slots__ = ["email", "expiration", "otp_expiration", "password"]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    OTP_EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    email: str
    expiration: str
    otp_expiration: str
    password: str
    def __init__(self, email: _Optional[str] = ..., password: _Optional[str] = ..., expiration: _Optional[str] = ..., otp_expiration: _Optional[str] = ...) -> None: ...

class CreatePendingSessionResponse(_message.Message):
    __slots__ = ["session"]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _resources_pb2.Session
    def __init__(self, session: _Optional[_Union[_resources_pb2.Session, _Mapping]] = ...) -> None: ...

class CreateRequestingUserSessionRequest(_message.Message):
    __slots__ = ["email", "expiration", "otp_expiration", "password"]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    OTP_EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    email: str
    expiration: str
    otp_expiration: str
    password: str
    def __init__(self, email: _Optional[str] = ..., password: _Optional[str] = ..., expiration: _Optional[str] = ..., otp_expiration: _Optional[str] = ...) -> None: ...

class CreateRequestingUserSessionResponse(_message.Message):
    __slots__ = ["session"]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _resources_pb2.Session
    def __init__(self, session: _Optional[_Union[_resources_pb2.Session, _Mapping]] = ...) -> None: ...

class CreateSessionRequest(_message.Message):
    __slots__ = ["email", "expiration", "otp_expiration", "password"]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    OTP_EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    email: str
    expiration: str
    otp_expiration: str
    password: str
    def __init__(self, email: _Optional[str] = ..., password: _Optional[str] = ..., expiration: _Optional[str] = ..., otp_expiration: _Optional[str] = ...) -> None: ...

class CreateSessionResponse(_message.Message):
    __slots__ = ["session"]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _resources_pb2.Session
    def __init__(self, session: _Optional[_Union[_resources_pb2.Session, _Mapping]] = ...) -> None: ...

class CreateSingleSignOnSessionRequest(_message.Message):
    __slots__ = ["single_sign_on_code"]
    SINGLE_SIGN_ON_CODE_FIELD_NUMBER: _ClassVar[int]
    single_sign_on_code: str
    def __init__(self, single_sign_on_code: _Optional[str] = ...) -> None: ...

class CreateSingleSignOnSessionResponse(_message.Message):
    __slots__ = ["session"]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _resources_pb2.Session
    def __init__(self, session: _Optional[_Union[_resources_pb2.Session, _Mapping]] = ...) -> None: ...

class DeleteApiSessionRequest(_message.Message):
    __slots__ = ["id"]
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteApiSessionResponse(_message.Message):
    __slots__ = ["api_session"]
    API_SESSION_FIELD_NUMBER: _ClassVar[int]
    api_session: _resources_pb2.ApiSession
    def __init__(self, api_session: _Optional[_Union[_resources_pb2.ApiSession, _Mapping]] = ...) -> None: ...

class DeleteSessionRequest(_message.Message):
    __slots__ = ["id"]
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteSessionResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetApiSessionRequest(_message.Message):
    __slots__ = ["id"]
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetApiSessionResponse(_message.Message):
    __slots__ = ["api_session"]
    API_SESSION_FIELD_NUMBER: _ClassVar[int]
    api_session: _resources_pb2.ApiSession
    def __init__(self, api_session: _Optional[_Union[_resources_pb2.ApiSession, _Mapping]] = ...) -> None: ...

class GetSessionRequest(_message.Message):
    __slots__ = ["id"]
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetSessionResponse(_message.Message):
    __slots__ = ["session"]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _resources_pb2.Session
    def __init__(self, session: _Optional[_Union[_resources_pb2.Session, _Mapping]] = ...) -> None: ...

class ListApiSessionsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ListApiSessionsResponse(_message.Message):
    __slots__ = ["api_sessions"]
    API_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    api_sessions: _containers.RepeatedCompositeFieldContainer[_resources_pb2.ApiSession]
    def __init__(self, api_sessions: _Optional[_Iterable[_Union[_resources_pb2.ApiSession, _Mapping]]] = ...) -> None: ...

class ListGrantedSubscriberSubscriptionGrantsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ListGrantedSubscriberSubscriptionGrantsResponse(_message.Message):
    __slots__ = ["subscription_grants"]
    SUBSCRIPTION_GRANTS_FIELD_NUMBER: _ClassVar[int]
    subscription_grants: _containers.RepeatedCompositeFieldContainer[_resources_pb2.SubscriptionGrant]
    def __init__(self, subscription_grants: _Optional[_Iterable[_Union[_resources_pb2.SubscriptionGrant, _Mapping]]] = ...) -> None: ...

class SignInWithGoogleRequest(_message.Message):
    __slots__ = ["id_token"]
    ID_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id_token: str
    def __init__(self, id_token: _Optional[str] = ...) -> None: ...

class SignInWithGoogleResponse(_message.Message):
    __slots__ = ["session"]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _resources_pb2.Session
    def __init__(self, session: _Optional[_Union[_resources_pb2.Session, _Mapping]] = ...) -> None: ...

class UpdateApiSessionRequest(_message.Message):
    __slots__ = ["api_session", "id", "update_mask"]
    API_SESSION_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    api_session: _resources_pb2.ApiSessionUpdate
    id: str
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, id: _Optional[str] = ..., api_session: _Optional[_Union[_resources_pb2.ApiSessionUpdate, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateApiSessionResponse(_message.Message):
    __slots__ = ["api_session"]
    API_SESSION_FIELD_NUMBER: _ClassVar[int]
    api_session: _resources_pb2.ApiSession
    def __init__(self, api_session: _Optional[_Union[_resources_pb2.ApiSession, _Mapping]] = ...) -> None: ...
