# As much of protobuf's types as stubs need. They are the package types-protobuf
# elsewhere; Debian has none.
from collections.abc import Sequence
from typing import TypeVar

_Self = TypeVar("_Self", bound=Message)

class Message:
    @classmethod
    def FromString(cls: type[_Self], serialized: bytes) -> _Self: ...
    def SerializeToString(self) -> bytes: ...
