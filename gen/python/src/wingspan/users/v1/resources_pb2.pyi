from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

AUTHENTICATION_STRATEGY_PASSWORD: AuthenticationStrategy
AUTHENTICATION_STRATEGY_SINGLE_SIGN_ON: AuthenticationStrategy
AUTHENTICATION_STRATEGY_UNSPECIFIED: AuthenticationStrategy
DESCRIPTOR: _descriptor.FileDescriptor
OTP_CHANNEL_EMAIL: OtpChannel
OTP_CHANNEL_SMS: OtpChannel
OTP_CHANNEL_UNSPECIFIED: OtpChannel
PHONE_CHANNEL_PHONE_CALL: PhoneChannel
PHONE_CHANNEL_SMS: PhoneChannel
PHONE_CHANNEL_UNSPECIFIED: PhoneChannel
SESSION_TYPE_API: SessionType
SESSION_TYPE_GUEST: SessionType
SESSION_TYPE_UNSPECIFIED: SessionType
SESSION_TYPE_USER: SessionType
SUBSCRIPTION_GRANT_STATUS_ACTIVE: SubscriptionGrantStatus
SUBSCRIPTION_GRANT_STATUS_CANCELED: SubscriptionGrantStatus
SUBSCRIPTION_GRANT_STATUS_PENDING: SubscriptionGrantStatus
SUBSCRIPTION_GRANT_STATUS_UNSPECIFIED: SubscriptionGrantStatus
SUBSCRIPTION_PACKAGE_BENEFITS: SubscriptionPackage
SUBSCRIPTION_PACKAGE_CORPORATE: SubscriptionPackage
SUBSCRIPTION_PACKAGE_ESSENTIALS: SubscriptionPackage
SUBSCRIPTION_PACKAGE_NONE: SubscriptionPackage
SUBSCRIPTION_PACKAGE_PROFESSIONAL: SubscriptionPackage
SUBSCRIPTION_PACKAGE_TIER_BASIC: SubscriptionPackageTier
SUBSCRIPTION_PACKAGE_TIER_PREMIUM: SubscriptionPackageTier
SUBSCRIPTION_PACKAGE_TIER_UNSPECIFIED: SubscriptionPackageTier
SUBSCRIPTION_PACKAGE_UNSPECIFIED: SubscriptionPackage
VERIFICATION_STATUS_PENDING: VerificationStatus
VERIFICATION_STATUS_UNSPECIFIED: VerificationStatus
VERIFICATION_STATUS_VERIFIED: VerificationStatus

class ApiSession(_message.Message):
    __slots__ = ["expiration", "is_unlimited_expiration", "labels", "session_id", "session_type", "token", "user_id"]
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
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_TYPE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    expiration: str
    is_unlimited_expiration: bool
    labels: _containers.ScalarMap[str, str]
    session_id: str
    session_type: SessionType
    token: str
    user_id: str
    def __init__(self, session_id: _Optional[str] = ..., expiration: _Optional[str] = ..., is_unlimited_expiration: bool = ..., labels: _Optional[_Mapping[str, str]] = ..., session_type: _Optional[_Union[SessionType, str]] = ..., token: _Optional[str] = ..., user_id: _Optional[str] = ...) -> None: ...

class ApiSessionUpdate(_message.Message):
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

class EmailVerification(_message.Message):
    __slots__ = ["email", "status", "user_id"]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    email: str
    status: VerificationStatus
    user_id: str
    def __init__(self, email: _Optional[str] = ..., status: _Optional[_Union[VerificationStatus, str]] = ..., user_id: _Optional[str] = ...) -> None: ...

class PhoneVerification(_message.Message):
    __slots__ = ["phone", "session", "status", "user_id"]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    phone: str
    session: Session
    status: VerificationStatus
    user_id: str
    def __init__(self, phone: _Optional[str] = ..., session: _Optional[_Union[Session, _Mapping]] = ..., status: _Optional[_Union[VerificationStatus, str]] = ..., user_id: _Optional[str] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ["expiration", "labels", "session_type", "token", "user_id"]
    class LabelsEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EXPIRATION_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SESSION_TYPE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    expiration: str
    labels: _containers.ScalarMap[str, str]
    session_type: SessionType
    token: str
    user_id: str
    def __init__(self, expiration: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., session_type: _Optional[_Union[SessionType, str]] = ..., token: _Optional[str] = ..., user_id: _Optional[str] = ...) -> None: ...

class SubscriptionGrant(_message.Message):
    __slots__ = ["grantor_id", "id", "member_id", "package", "package_tier", "status", "subscription_grant_id"]
    GRANTOR_ID_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    MEMBER_ID_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_TIER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_GRANT_ID_FIELD_NUMBER: _ClassVar[int]
    grantor_id: str
    id: str
    member_id: str
    package: SubscriptionPackage
    package_tier: SubscriptionPackageTier
    status: SubscriptionGrantStatus
    subscription_grant_id: str
    def __init__(self, id: _Optional[str] = ..., grantor_id: _Optional[str] = ..., member_id: _Optional[str] = ..., package: _Optional[_Union[SubscriptionPackage, str]] = ..., package_tier: _Optional[_Union[SubscriptionPackageTier, str]] = ..., status: _Optional[_Union[SubscriptionGrantStatus, str]] = ..., subscription_grant_id: _Optional[str] = ...) -> None: ...

class SessionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class AuthenticationStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class OtpChannel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class PhoneChannel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class VerificationStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class SubscriptionPackage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class SubscriptionPackageTier(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class SubscriptionGrantStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
