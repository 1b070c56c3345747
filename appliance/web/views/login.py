"""Logging in and out."""

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from appliance.web.errors import TooManyAttempts, WrongPassword
from appliance.web.parts import Parts, parts_of
from appliance.web.passwords import MAXIMUM_LENGTH
from appliance.web.sessions import COOKIE, AttemptLimit
from appliance.web.views.common import leave, local_path, next_path, show, text_field


def attempts_of(request: Request) -> AttemptLimit:
    attempts = request.app.state.attempts
    if not isinstance(attempts, AttemptLimit):  # made by application.build alone
        raise TypeError(type(attempts))
    return attempts


def peer_of(request: Request) -> str:
    return request.client.host if request.client else ""


def set_cookie(response: Response, parts: Parts, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=parts.sessions.lifetime_s,
        httponly=True,
        samesite="strict",
        path="/",
    )


async def page(request: Request) -> Response:
    parts = parts_of(request)
    path = local_path(request.query_params.get("next", "/")[:500])
    if not parts.password.is_set or parts.sessions.valid(request.cookies.get(COOKIE)):
        return leave(path)
    return show(request, "login.html", "/login", next=path, problem="")


async def log_in(request: Request) -> Response:
    parts = parts_of(request)
    t, attempts, peer = parts.texts, attempts_of(request), peer_of(request)
    path = await next_path(request)
    try:
        attempts.take(peer)
        password = await text_field(request, "password", MAXIMUM_LENGTH)
        await anyio.to_thread.run_sync(parts.password.check, password)
    except TooManyAttempts as error:
        problem = t("login.wait", count=error.wait_s)
        return show(request, "login.html", "/login", 429, next=path, problem=problem)
    except WrongPassword:
        problem = t("login.wrong")
        return show(request, "login.html", "/login", 403, next=path, problem=problem)
    attempts.forgive(peer)
    response = leave(path)
    set_cookie(response, parts, await anyio.to_thread.run_sync(parts.sessions.start))
    return response


async def log_out(request: Request) -> Response:
    parts = parts_of(request)
    token = request.cookies.get(COOKIE)
    await anyio.to_thread.run_sync(parts.sessions.end, token)
    response = leave("/login")
    response.delete_cookie(COOKIE)
    return response
