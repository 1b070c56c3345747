"""What the camera room finds wrong with itself, each with its mend."""

from collections.abc import Mapping, Sequence

from appliance.camera.children import detector
from appliance.camera.children.spawner import Spawner
from appliance.camera.live import Live
from appliance.camera.room import Room
from appliance.models.store import Store
from appliance.service.health import Check, Finding

PATIENCE_S = 10.0
"""A stream that is back sooner is nobody's concern."""
PAUSES = {
    "full": ("the disk is nearly full", "make room, or lower camera.recordings_gb"),
    "refused": ("the disk refuses it", "see whether the disk is sound"),
}


def checks(room: Room, store: Store, spawner: Spawner) -> Sequence[Check]:
    """The checks of a running service. A household without cameras lacks nothing."""
    cameras = room.cameras
    return (
        lambda: streams(cameras),
        lambda: frozen(cameras),
        lambda: recording(cameras),
        lambda: events(room),
        lambda: models(cameras, store, spawner),
    )


def streams(cameras: Mapping[str, Live]) -> list[Finding]:
    """A camera's stream does not come."""
    findings = []
    for live in list(cameras.values()):
        problem = _loss_of(live)
        if problem:
            failures = [feed.failure for feed in live.feeds if feed.failure and not feed.online]
            mend = next((each.mend for each in failures if each.mend), "")
            mend = mend or "see whether the camera has power and network; the box tries again"
            findings.append(Finding("camera_stream", problem, mend))
    return findings


def frozen(cameras: Mapping[str, Live]) -> list[Finding]:
    """A camera sends the same picture again and again."""
    mend = "see whether something covers it; take its power away for a moment"
    return [
        Finding("camera_frozen", f"{live.camera.name} shows the same picture all the time.", mend)
        for live in list(cameras.values())
        if live.frozen
    ]


def recording(cameras: Mapping[str, Live]) -> list[Finding]:
    """What a camera shows is not kept."""
    findings = []
    for live in list(cameras.values()):
        alive = live.recorder.alive
        if alive is not None and alive.paused:
            why, mend = PAUSES.get(alive.paused, PAUSES["refused"])
            message = f"{live.camera.name} is not recorded: {why}. Events go on."
            findings.append(Finding("camera_recording", message, mend))
    return findings


def events(room: Room) -> list[Finding]:
    """What happens cannot be written down."""
    if not room.failure:
        return []
    message = f"Events cannot be kept: {room.failure}. They are announced all the same."
    return [Finding("camera_events", message, "make room on the disk")]


def models(cameras: Mapping[str, Live], store: Store, spawner: Spawner) -> list[Finding]:
    """What moves cannot be told apart. A detector that comes is taken up by itself."""
    if not cameras or spawner.has_detector:
        return []
    found = detector.problem_of(store)
    if found is None and spawner.has_detector is None:
        return []  # it is just being loaded
    problem, mend = found or ("the object detector is not in use", "appliance restart camera")
    message = f"People, vehicles and animals cannot be told apart: {problem}."
    return [Finding("camera_models", message, mend)]


def problem_of(live: Live) -> str:
    """What is wrong with a camera, a sentence; empty while nothing is."""
    if live.frozen:
        return "It shows the same picture all the time."
    return _loss_of(live)


def _loss_of(live: Live) -> str:
    now_s = live.clock()
    for feed in live.feeds:
        if feed.lost_s is not None and now_s - feed.lost_s > PATIENCE_S:
            reason = feed.failure.reason if feed.failure else "it does not answer yet"
            return f"{live.camera.name} gives no pictures: {reason}."
    return ""
