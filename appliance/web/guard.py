"""What stands before every view: who may come in, from where, and what browsers may do with
answers.

- Host: only names of this box, so that a foreign website cannot point its own name here (DNS
  rebinding).
- Unsafe methods: only from the page itself (Sec-Fetch-Site, else Origin), so no token is needed in
  forms (OWASP, Cross-Site Request Forgery Prevention: Fetch Metadata).
- Without a password only this machine; with one, a session for all but logging in, static files and
  the health probe.
"""

import asyncio
import ipaddress
import socket
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.web.parts import Parts
from appliance.web.sessions import COOKIE

PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""What reverse proxies add: never believed, only taken as the sign of one."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = ("/login", "/healthz", "/static/")
UPLOAD_PATHS = ("/upload", "/upload/file")
STALL_S = 60.0
"""How long a body may stand still."""
PATH_LENGTH = 1000
"""No address of the page is longer; Python reads no number of more than 4,300 digits."""
FORM_BYTES = 256_000
"""The largest body of anything but an upload."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Attributes of style are allowed for the colours and sizes of pictures; they come from the
database as numbers and are escaped."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        own = socket.gethostname().lower()
        short = own.partition(".")[0]
        self._hosts = {
            "localhost",
            own,
            short,
            f"{short}.local",
            *(name.lower() for name in parts.settings.host_names),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self._refuse(scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (refusal or self._app)(scope, _in_time(receive), send_guarded)

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        t = self._parts.texts
        if not self._known_host(headers.get("host", "")):
            return PlainTextResponse(t("refused.host"), 421)
        if len(scope["path"]) > PATH_LENGTH:
            return PlainTextResponse(t("error.request_text"), 414)
        if not self._parts.password.is_set and not _is_from_here(scope, headers):
            return PlainTextResponse(t("refused.peer"), 403)
        if scope["method"] not in SAFE_METHODS:
            if not _is_own_page(scope, headers):
                return PlainTextResponse(t("refused.origin"), 403)
            if not _has_acceptable_body(scope, headers):
                return PlainTextResponse(t("refused.body"), 413)
        return self._refuse_stranger(scope, headers)

    def _refuse_stranger(self, scope: Scope, headers: Headers) -> Response | None:
        path: str = scope["path"]
        if not self._parts.password.is_set or path.startswith(OPEN_PATHS):
            return None
        cookies = cookie_parser(headers.get("cookie", ""))
        if self._parts.sessions.valid(cookies.get(COOKIE)):
            return None
        if headers.get("hx-request"):
            return Response(status_code=401, headers={"HX-Redirect": "/login"})
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            query = scope["query_string"].decode("latin-1")
            here = f"{path}?{query}" if query else path
            return RedirectResponse(f"/login?next={quote(here)}", 303)
        return PlainTextResponse(self._parts.texts("refused.session"), 401)

    def _known_host(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname if _is_plausible(host) else None
        except ValueError:  # a bracket that is not closed
            return False
        if name is None:
            return False
        if name.lower().rstrip(".") in self._hosts:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        # an address cannot be rebound; on the LAN it is how a phone finds the box
        return address.is_loopback or self._parts.settings.listen == "lan"


def _in_time(receive: Receive) -> Receive:
    """`receive` for which a body that stops half-way is one whose sender has left."""
    whole = False

    async def receive_in_time() -> Message:
        nonlocal whole
        if whole:  # what still comes is the end of the connection
            return await receive()
        try:
            async with asyncio.timeout(STALL_S):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return receive_in_time


def _is_plausible(host: str) -> bool:
    return bool(host) and not any(letter in host for letter in "/@\\?# \t")


def _is_from_here(scope: Scope, headers: Headers) -> bool:
    """Whether the browser runs on this machine: not only the connection's other end, which may be a
    reverse proxy that speaks for somebody else."""
    return _is_loopback(scope) and not any(name in headers for name in PROXY_HEADERS)


def _is_loopback(scope: Scope) -> bool:
    client = scope.get("client")
    if not client:
        return False
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback


def _is_own_page(scope: Scope, headers: Headers) -> bool:
    """What browsers say of where a request comes from; behind a proxy that speaks TLS `Origin` is
    https while we are not, so there Sec-Fetch-Site has to confirm it."""
    site, origin, host = headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host")
    if site is None:
        return origin == f"{scope['scheme']}://{host}"
    return site == "same-origin" and origin in (None, f"http://{host}", f"https://{host}")


def _has_acceptable_body(scope: Scope, headers: Headers) -> bool:
    """Uploads are measured while they come in; all else says its length beforehand."""
    if scope["path"] in UPLOAD_PATHS:
        return True
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers:
        return False
    return not length or (length.isascii() and length.isdigit() and int(length) <= FORM_BYTES)
