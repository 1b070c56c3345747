"""How a camera is, in words: for the views of cameras and for Home."""

from dataclasses import dataclass
from typing import Literal

from appliance.bus.messages.camera import CameraState
from appliance.bus.messages.service import Reason
from appliance.camera.queries import Known, last_picture
from appliance.web import formatting
from appliance.web.parts import Parts
from appliance.web.tables import hide_in

Kind = Literal[
    "watching", "unusual", "disarmed", "troubled", "offline", "away", "unknown", "disconnected"
]
CONDITIONS: dict[Kind, str] = {
    "watching": "good", "unusual": "warn", "troubled": "warn", "offline": "bad", "away": "bad",
    "disconnected": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Eye:
    """How it is, and what can be done with it."""

    key: str
    name: str
    kind: Kind
    condition: str
    """`good`, `warn`, `bad` or `idle`."""
    title: str
    text: str
    """More of it, a sentence or two; may be empty."""
    online: bool
    """Whether pictures of now can be had."""
    picture: bool
    """Whether there is one at all."""
    recording: bool
    armed: bool | None
    """None while it is not known."""
    can_arm: bool
    moving: bool

    @property
    def path(self) -> str:
        return f"/cameras/{self.key}"


def look(parts: Parts, camera: Known) -> Eye:
    t, state = parts.texts, parts.cameras.states.get(camera.key)
    kind = _kind(parts, state)
    here = parts.status.available("camera") and state is not None
    online = here and state is not None and state.online
    return Eye(
        camera.key,
        formatting.settled(camera.name),
        kind,
        CONDITIONS.get(kind, "idle"),
        _title(parts, camera.key, kind),
        _text(state) or t(f"camera.eye_text.{kind}"),
        online=online,
        picture=online or last_picture(parts.paths.camera_pictures, camera.key) is not None,
        recording=online and state is not None and state.recording,
        armed=state.armed if state else None,
        can_arm=here,
        moving=online and state is not None and state.motion,
    )


def _kind(parts: Parts, state: CameraState | None) -> Kind:
    if not parts.status.connected:
        return "disconnected"
    service = next(one for one in parts.status.services() if one.name == "camera")
    if service.condition == "offline":
        return "away"
    if state is None:
        return "unknown"
    if not state.online:
        return "offline"
    if state.problem:
        return "troubled"
    if not state.armed:
        return "disarmed"
    return "unusual" if state.anomaly else "watching"


def _title(parts: Parts, key: str, kind: Kind) -> str:
    t, lost_at = parts.texts, parts.cameras.lost_at(key)
    if kind == "offline" and lost_at is not None:
        when = formatting.wall(t, lost_at.isoformat(), parts.today())
        return t("camera.offline_since", when=when)
    return t(f"camera.eye.{kind}")


def _text(state: CameraState | None) -> str:
    """What the camera says of itself."""
    if state is None or (state.online and not state.problem and not state.anomaly):
        return ""
    return formatting.settled(hide_in(state.problem or state.sentence))


def reasons(parts: Parts, name: str = "") -> list[Reason]:
    """What is wrong with the room of cameras, or with the one of that name, each with its mend."""
    service = next(one for one in parts.status.services() if one.name == "camera")
    return [one for one in service.reasons if not name or one.message.startswith(name)]
