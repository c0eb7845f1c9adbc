from datetime import timedelta

from google.protobuf.message import Message

class Any:
    def Unpack(self, into: Message) -> bool: ...

class Duration:
    def ToTimedelta(self) -> timedelta: ...

class FieldMask: ...
