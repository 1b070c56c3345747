"""Messages to bytes and back, strictly: what a topic does not carry is an error, never None."""

from typing import TypeVar

import msgspec

from appliance.bus.errors import Malformed, TooLarge, WrongVersion
from appliance.bus.messages.base import Message
from appliance.bus.messages.camera import Picture
from appliance.bus.messages.service import Availability

T = TypeVar("T", bound=Message | Availability | Picture)

AVAILABILITY_LIMIT_BYTES = 16
JPEG_BEGIN = b"\xff\xd8\xff"


class _Versioned(msgspec.Struct):
    """As much of a message as says whether the rest can be understood."""

    version: int = 1


def limit_bytes(kind: type[object]) -> int:
    """How large a message of this type may be on the wire."""
    if issubclass(kind, Message | Picture):
        return kind.SIZE_LIMIT_BYTES
    return AVAILABILITY_LIMIT_BYTES


def encode(path: str, message: T) -> bytes:
    """The bytes of a message for the topic `path`.

    Raises what `decode` raises: whoever builds a wrong message learns it, not the readers.
    """
    if isinstance(message, Availability):
        return str(message.value).encode("ascii")
    if isinstance(message, Picture):
        decode(path, Picture, message.jpeg)
        return message.jpeg
    payload = msgspec.json.encode(message)
    decode(path, type(message), payload)
    return payload


def decode(path: str, kind: type[T], payload: bytes) -> T:
    """The message of type `kind` in `payload`.

    Raises TooLarge, Malformed (no JSON, wrong types, values out of range) and WrongVersion.
    """
    limit = limit_bytes(kind)
    if len(payload) > limit:
        raise TooLarge(path, len(payload), limit)
    if issubclass(kind, Picture):
        if not payload.startswith(JPEG_BEGIN):
            raise Malformed(path, "no JPEG")
        return kind(payload)
    try:
        if issubclass(kind, Availability):
            return kind(payload.decode("ascii"))
        known = kind.VERSION if issubclass(kind, Message) else 1
        found = msgspec.json.decode(payload, type=_Versioned).version
        if found != known:
            raise WrongVersion(path, found, known)
        return msgspec.json.decode(payload, type=kind)
    except msgspec.ValidationError as error:
        raise Malformed(path, _problem(str(error))) from None
    except msgspec.DecodeError:
        raise Malformed(path, "not valid JSON") from None
    except RecursionError:
        raise Malformed(path, "nested too deeply") from None
    except ValueError:  # UnicodeDecodeError, an unknown word of Availability
        raise Malformed(path, "not a text that is allowed here") from None


def _problem(text: str) -> str:
    """msgspec's message where it names types and fields only; some of its messages quote values."""
    if text.startswith(("Expected", "Object missing")):
        return text
    _, _, place = text.partition(" - at ")
    return f"value not allowed at {place or '`$`'}"
