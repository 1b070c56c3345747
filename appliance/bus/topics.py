"""Every topic of the bus, once. ACL, AsyncAPI document and client all read this list."""

import enum
from dataclasses import dataclass
from typing import Generic, TypeVar

from appliance.bus.messages import albums, camera, listening, service, training, voice
from appliance.bus.messages.base import Done, Message

SERVICES = ("albums", "camera", "voice", "web")
"""The services that have credentials on the bus."""
PARTED = ("camera",)
"""Those whose parts (a camera each) are devices of their own in Home Assistant."""
CONTROLLERS = ("voice",)
"""Those that hear and command the household's devices."""
OBSERVER = "observer"
"""The command line: reads every topic, asks nothing."""
SPEAKER = "speaker"
"""The command line where it speaks to voice: asks, and reads nothing but the answers."""
HOUSEHOLD = "household"
"""Home Assistant and whatever else the household lets onto the bus: reads every topic."""

DEMO = "demo"
"""The virtual devices of the demo, while it is on: a stranger who announces and obeys, and reads
nothing of ours."""

M = TypeVar("M", bound=Message | service.Availability | camera.Picture)
Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)


class Kind(enum.Enum):
    STATE = "state"
    """Retained: the newest message says how things are."""
    EVENT = "event"
    """Not retained: something happened."""


@dataclass(frozen=True)
class Topic(Generic[M]):
    """A topic below `appliance/<box id>/`."""

    path: str
    """`{service}` stands for the publisher's name, `{part}` for the key of one of its parts, such
    as a camera."""
    message: type[M]
    kind: Kind
    publishers: tuple[str, ...]
    subscribers: tuple[str, ...]
    life_s: int | None = None
    """An event that is told within this time or never; None for one that waits for the broker."""
    part: str = ""
    """The message's field that says which `{part}`; empty where the path has none."""


@dataclass(frozen=True)
class Question(Generic[Q, A]):
    """A request with an answer (MQTT 5 request/response): either `answer` or `Failure` comes back.

    Answers go to `<asker>/answers/<random>`, which only the asker may read.
    """

    path: str
    question: type[Q]
    answer: type[A]
    answerer: str
    askers: tuple[str, ...]


@dataclass(frozen=True)
class Control:
    """What Home Assistant sets on a service's device: plain text, no answer."""

    path: str
    service: str
    """Who obeys."""
    summary: str
    """What it does, a sentence."""
    limit_bytes: int


AVAILABILITY = Topic("{service}/availability", service.Availability, Kind.STATE, SERVICES, SERVICES)
HEALTH = Topic("{service}/health", service.Health, Kind.STATE, SERVICES, SERVICES)
SETTINGS_CHANGED = Topic(
    "settings/changed", service.SettingsChanged, Kind.EVENT, ("web",), SERVICES
)

ALBUMS_STATE = Topic("albums/state", albums.AlbumsState, Kind.STATE, ("albums",), ("web",))
PHOTO_IMPORTED = Topic("albums/photo", albums.PhotoImported, Kind.EVENT, ("albums",), ("web",))
LIBRARY_CHANGED = Topic("albums/library", albums.LibraryChanged, Kind.EVENT, ("albums",), ("web",))

IDENTIFY = Question(
    "albums/identify", albums.Identify, albums.Identity, "albums", ("camera", "web")
)
SET_GROUPING = Question("albums/grouping/set", albums.SetGrouping, Done, "albums", ("web",))
NAME_PERSON = Question("albums/people/name/set", albums.NamePerson, Done, "albums", ("web",))
MERGE_PEOPLE = Question("albums/people/merge", albums.MergePeople, Done, "albums", ("web",))
SEPARATE_PEOPLE = Question(
    "albums/people/separate", albums.SeparatePeople, Done, "albums", ("web",)
)
FORGET_PERSON = Question("albums/people/forget", albums.ForgetPerson, Done, "albums", ("web",))
REMOVE_FACE = Question("albums/faces/remove", albums.RemoveFace, Done, "albums", ("web",))
ASSIGN_FACE = Question("albums/faces/assign", albums.AssignFace, Done, "albums", ("web",))
UNDO = Question("albums/undo", albums.UndoEntry, Done, "albums", ("web",))
MAKE_PREVIEW = Question(
    "albums/preview", albums.MakePreview, albums.PreviewReady, "albums", ("web",)
)
RETRY_QUARANTINED = Question(
    "albums/quarantine/retry", albums.RetryQuarantined, Done, "albums", ("web",)
)
DISCARD_QUARANTINED = Question(
    "albums/quarantine/discard", albums.DiscardQuarantined, Done, "albums", ("web",)
)

CAMERA_STATE = Topic(
    "camera/{part}/state", camera.CameraState, Kind.STATE, ("camera",), ("web",), part="camera"
)
CAMERA_EVENT = Topic(
    "camera/{part}/event", camera.CameraEvent, Kind.EVENT, ("camera",), ("web",), part="camera"
)
CAMERA_PICTURE = Topic(
    "camera/{part}/picture",
    camera.Picture,
    Kind.EVENT,
    ("camera",),
    (),
    life_s=10,
    part="camera",
)
ARM_CAMERA = Question("camera/armed/set", camera.ArmCamera, Done, "camera", ("web",))
JUDGE_EVENT = Question("camera/judge", camera.JudgeEvent, Done, "camera", ("web",))
TAKE_SNAPSHOT = Question(
    "camera/snapshot", camera.TakeSnapshot, camera.SnapshotTaken, "camera", ("web",)
)

LISTENING_STATE = Topic(
    "voice/listening", listening.ListeningState, Kind.STATE, ("voice",), ("web",)
)
EAR_EVENT = Topic("voice/ear", listening.EarEvent, Kind.EVENT, ("voice",), ("web",), life_s=2)
SET_MUTED = Question("voice/muted/set", listening.SetMuted, Done, "voice", ("web",))
OPEN_EAR = Question("voice/listen", listening.OpenEar, Done, "voice", ("web",))
SAY = Question("voice/say", voice.Say, voice.Reply, "voice", ("web", SPEAKER))
COMMAND_EVENT = Topic(
    "voice/command", voice.CommandEvent, Kind.EVENT, ("voice",), ("web",), life_s=2
)
TIMER_EVENT = Topic("voice/timer", voice.TimerEvent, Kind.EVENT, ("voice",), ("web",))
ASK_VOCABULARY = Question(
    "voice/vocabulary", voice.AskVocabulary, voice.Vocabulary, "voice", ("web",)
)
TRAINING_STATE = Topic("voice/training", training.TrainingState, Kind.STATE, ("voice",), ("web",))
DELETE_RECORDINGS = Question(
    "voice/training/delete", training.DeleteRecordings, Done, "voice", ("web",)
)

TYPE = Control(
    "voice/type/set", "voice", "A sentence, carried out as if it had been typed on the page.", 1200
)
SWITCH_ARMED = Control(
    "camera/arm/set", "camera", "A camera's key and `ON` or `OFF`: arms it, or disarms it.", 64
)
SWITCH_MUTE = Control("voice/mute/set", "voice", "`ON` mutes the microphone, `OFF` unmutes it.", 16)


def topics() -> tuple[Topic[Message | service.Availability | camera.Picture], ...]:
    """Every topic of this file."""
    return tuple(value for value in globals().values() if isinstance(value, Topic))


def questions() -> tuple[Question[Message, Message], ...]:
    """Every question of this file."""
    return tuple(value for value in globals().values() if isinstance(value, Question))


def controls() -> tuple[Control, ...]:
    """Every control of this file."""
    return tuple(value for value in globals().values() if isinstance(value, Control))
