"""Settings: every room's, the password, and whether faces are grouped."""

from dataclasses import replace

import anyio.to_thread
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.albums import queries
from appliance.bus.errors import BusError
from appliance.bus.messages.service import SettingsChanged
from appliance.bus.topics import SETTINGS_CHANGED
from appliance.service.errors import DatabaseMissing, WrongSetting
from appliance.service.settings import sections
from appliance.web import configuration
from appliance.web.configuration import Field
from appliance.web.errors import TooManyAttempts, WrongEntries, WrongPassword
from appliance.web.flash import Said
from appliance.web.parts import Parts, parts_of
from appliance.web.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from appliance.web.sessions import COOKIE
from appliance.web.views.common import leave, show, text_field
from appliance.web.views.login import attempts_of, peer_of, set_cookie

RESTART_DELAY_S = 0.7
"""The page that says "saved" is delivered before services start again."""
TEXT_LIMIT = 20_000


async def page(request: Request) -> Response:
    return await _page(request)


async def _page(
    request: Request,
    status: int = 200,
    changed: list[Field] | None = None,
    password_problem: str = "",
) -> Response:
    parts = parts_of(request)
    problem: WrongSetting | None = None
    found: dict[str, list[Field]] = {}
    try:
        found = await anyio.to_thread.run_sync(configuration.fields, parts.paths.settings_file)
    except WrongSetting as error:
        problem, status = error, 500
    if changed:
        found[changed[0].section] = changed
    return show(
        request,
        "settings.html",
        "/settings",
        status,
        sections={name: fields for name, fields in found.items() if fields},
        problem=problem,
        password_problem=password_problem,
        grouping=await _grouping(parts),
        address=parts.listening(),
        minimum=MINIMUM_LENGTH,
    )


async def _grouping(parts: Parts) -> bool:
    """Whether the household agreed to grouping; it cannot have while there is no library."""
    try:
        return (await parts.library.read(queries.counts)).grouping
    except DatabaseMissing:
        return False


async def save(request: Request) -> Response:
    """Saves one room's table; a wrong value is said at its field and nothing is saved."""
    parts = parts_of(request)
    section = str(request.path_params["section"])
    if section not in sections():
        raise HTTPException(404)
    form = await request.form(max_files=0, max_fields=200)
    entered = {key: value[:TEXT_LIMIT] for key, value in form.items() if isinstance(value, str)}
    path = parts.paths.settings_file
    try:
        changed = await anyio.to_thread.run_sync(configuration.save, path, section, entered)
    except WrongEntries as error:
        return await _page(request, 422, await _refused(parts, section, entered, error))
    except WrongSetting:
        return await _page(request, 500)
    except OSError as error:
        said = Said(text=parts.texts("settings.not_saved"), mend=error.strerror or "", failed=True)
        return leave("/settings", said)
    text = parts.texts("settings.saved" if changed else "settings.same")
    response = leave(f"/settings#{section}", Said(text=text))
    if changed:
        response.background = BackgroundTask(_announce, parts, section)
    return response


def _not_saved(parts: Parts, error: OSError) -> str:
    return f"{parts.texts('settings.not_saved')} ({error.strerror})"


async def _refused(
    parts: Parts, section: str, entered: dict[str, str], error: WrongEntries
) -> list[Field]:
    """The fields as entered, with what is wrong of each."""
    found = await anyio.to_thread.run_sync(configuration.fields, parts.paths.settings_file)
    general = error.problems.get("", "")
    return [
        replace(
            field,
            value=entered.get(field.key, field.value),
            problem=error.problems.get(field.key, general),
        )
        for field in found[section]
    ]


async def _announce(parts: Parts, section: str) -> None:
    """Tells the services, which start again to read it."""
    await anyio.sleep(RESTART_DELAY_S)
    try:
        await parts.messenger.publish(SETTINGS_CHANGED, SettingsChanged(sections=[section]))
    except BusError:
        return  # kept by the file: read at the next start


async def set_password(request: Request) -> Response:
    """Sets, changes or removes the password; every other device is logged out."""
    parts = parts_of(request)
    t = parts.texts
    new = await text_field(request, "password", MAXIMUM_LENGTH)
    remove = await text_field(request, "remove") == "yes"
    if parts.password.is_set:
        current = await text_field(request, "current", MAXIMUM_LENGTH)
        attempts = attempts_of(request)
        try:
            attempts.take(peer_of(request))
            await anyio.to_thread.run_sync(parts.password.check, current)
        except TooManyAttempts as error:
            problem = t("login.wait", count=error.wait_s)
            return await _page(request, 429, password_problem=problem)
        except WrongPassword:
            return await _page(request, 422, password_problem=t("login.wrong"))
        attempts.forgive(peer_of(request))
    if not remove and len(new) < MINIMUM_LENGTH:
        return await _page(request, 422, password_problem=t("password.short", count=MINIMUM_LENGTH))
    if remove and not parts.password.is_set:
        return leave("/settings#password")
    await anyio.to_thread.run_sync(parts.sessions.end_all)
    try:
        if remove:
            await anyio.to_thread.run_sync(parts.password.remove)
        else:
            await anyio.to_thread.run_sync(parts.password.set, new)
    except OSError as error:  # the disk is full: what was there still holds
        response = await _page(request, 507, password_problem=_not_saved(parts, error))
        if parts.password.is_set:
            set_cookie(response, parts, await anyio.to_thread.run_sync(parts.sessions.start))
        return response
    if remove:
        response = leave("/settings#password", Said(text=t("password.removed")))
        response.delete_cookie(COOKIE)
    else:
        token = await anyio.to_thread.run_sync(parts.sessions.start)
        response = leave("/settings#password", Said(text=t("password.saved")))
        set_cookie(response, parts, token)
    if parts.settings.listen == "lan":
        response.background = BackgroundTask(_announce, parts, "web")
    return response
