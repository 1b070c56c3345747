"""What a request leaves to be said by the next page: a toast, perhaps with an undo.

It travels in a cookie that lives a minute, so that pages work without JavaScript and the server
keeps nothing. The texts are keys of the catalogue or the sentences of a refusal; templates escape
them.
"""

import base64
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "appliance_said"
LIFETIME_S = 60


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    text: Annotated[str, msgspec.Meta(max_length=400)]
    """A sentence for people."""
    mend: Annotated[str, msgspec.Meta(max_length=400)] = ""
    entry: int | None = None
    """The journal entry that Undo takes back."""
    back: Annotated[str, msgspec.Meta(pattern=r"^(/[a-z0-9_-]+)*$", max_length=200)] = ""
    """The path of this page at which something else than a journal entry is taken back."""
    failed: bool = False


_decoder = msgspec.json.Decoder(Said)


def write(response: Response, said: Said) -> None:
    value = base64.urlsafe_b64encode(msgspec.json.encode(said)).decode()
    response.set_cookie(
        COOKIE, value, max_age=LIFETIME_S, httponly=True, samesite="strict", path="/"
    )


def read(request: Request) -> Said | None:
    """None when nothing is to be said, or the cookie is not ours."""
    value = request.cookies.get(COOKIE)
    if not value:
        return None
    try:
        return _decoder.decode(base64.urlsafe_b64decode(value))
    except (ValueError, msgspec.DecodeError):
        return None


def clear(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
