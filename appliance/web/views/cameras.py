"""Every camera at a glance; arming; the picture of now."""

import sqlite3
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from appliance.bus.errors import BusError
from appliance.bus.messages.camera import ArmCamera
from appliance.bus.topics import ARM_CAMERA
from appliance.camera import queries
from appliance.camera.queries import Event, Filter, Known
from appliance.web import files
from appliance.web.parts import Parts, parts_of
from appliance.web.views import eye
from appliance.web.views.common import leave, next_path, outcome, show, text_field
from appliance.web.views.eye import Eye
from appliance.web.views.sightings import Row, bounds_ms, rows_of

LATEST = 12
EXAMPLE = """[[cameras]]
name = "Front door"
url = "rtsp://user:password@192.168.1.20/main"
sub_url = "rtsp://user:password@192.168.1.20/sub\""""
"""What is entered under Settings."""


@dataclass(frozen=True)
class Glance:
    cameras: list[Known]
    latest: list[Event]
    """Of all cameras."""
    last: dict[str, Event]
    """Of each camera, by its key."""


NOTHING = Glance([], [], {})


def glance(reader: sqlite3.Connection, limit: int = LATEST) -> Glance:
    cameras = queries.cameras(reader)
    last = {}
    for camera in cameras:
        found = queries.events(reader, Filter(camera=camera.key), limit=1)
        if found:
            last[camera.key] = found[0]
    return Glance(cameras, queries.events(reader, limit=limit), last)


async def find(request: Request) -> Known:
    """The camera of the path. Raises HTTPException 404."""
    parts = parts_of(request)
    key = str(request.path_params["key"])
    for camera in await parts.footage.read(queries.cameras, []):
        if camera.key == key:
            return camera
    raise HTTPException(404)


@dataclass(frozen=True)
class Card:
    """A camera with what it saw last."""

    eye: Eye
    last: Row | None


async def page(request: Request) -> Response:
    parts = parts_of(request)
    found = await parts.footage.read(glance, NOTHING)
    last = await rows_of(parts, list(found.last.values()))
    by_camera = {one.event.camera: one for one in last}
    cards = [Card(eye.look(parts, one), by_camera.get(one.key)) for one in found.cameras]
    return show(
        request,
        "cameras.html",
        "/cameras",
        cards=cards,
        rows=await rows_of(parts, found.latest),
        reasons=eye.reasons(parts),
        example=EXAMPLE,
        away=bool(cards) and all(card.eye.kind == "away" for card in cards),
    )


@dataclass(frozen=True)
class AtHome:
    """Cameras on Home."""

    eyes: list[Eye]
    last: Row | None
    """The newest that was unusual today, but for what the household called normal."""


async def at_home(parts: Parts) -> AtHome:
    """Raises FootageUnreadable."""
    today = parts.today()
    wanted = Filter(from_ms=bounds_ms(today)[0]) if today else Filter()

    def read(reader: sqlite3.Connection) -> tuple[list[Known], list[Event]]:
        return queries.cameras(reader), queries.events(reader, wanted, limit=LATEST)

    cameras, events = await parts.footage.read(read, ([], []))
    unusual = [event for event in events if event.verdict != "normal"][:1]
    last = await rows_of(parts, unusual)
    return AtHome([eye.look(parts, one) for one in cameras], last[0] if last else None)


async def arm(request: Request) -> Response:
    parts = parts_of(request)
    camera = await find(request)
    armed = await text_field(request, "armed") == "yes"
    path = await next_path(request, "/cameras")
    said = await outcome(
        request,
        ARM_CAMERA,
        ArmCamera(camera=camera.key, armed=armed),
        "done.armed" if armed else "done.disarmed",
        name=camera.name,
    )
    if not said.failed:
        states = parts.cameras.states
        await parts.cameras.until(
            lambda: camera.key in states and states[camera.key].armed is armed
        )
    return leave(path, said)


async def picture(request: Request) -> Response:
    """What the camera shows now; what it showed last while it is not there."""
    parts = parts_of(request)
    camera = await find(request)
    if not eye.look(parts, camera).online:
        last = queries.last_picture(parts.paths.camera_pictures, camera.key)
        if last is None:
            raise HTTPException(404)
        return await files.send_whole(request, last, files.NEVER)
    try:
        path = await parts.viewfinder.look(camera.key)
    except (BusError, OSError):
        return PlainTextResponse("", 503, {"Cache-Control": "no-store", "Retry-After": "2"})
    return await files.send_whole(request, path, files.NEVER)
