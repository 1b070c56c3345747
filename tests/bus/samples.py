"""A sample of every message; the tests fail when one has none."""

import importlib
import pkgutil

from appliance.bus import messages
from appliance.bus.messages import albums, base, camera, listening, service, training, voice

SAMPLES: tuple[base.Message | service.Availability | camera.Picture, ...] = (
    service.Availability.ONLINE,
    service.Availability.OFFLINE,
    service.Health(
        state="degraded",
        reasons=[
            service.Reason(rule="disk_space", message="Nearly full.", mend="delete something")
        ],
        pid=7,
        software="0.1.0",
        pss_mb=21.5,
        budget_mb=40.0,
        started_at="2026-11-23T17:00:00Z",
    ),
    service.SettingsChanged(sections=["albums"]),
    listening.ListeningState(
        microphone="capturing", muted=False, listening=True, wake_word="okay_nabu"
    ),
    listening.EarEvent(event_type="woken"),
    listening.SetMuted(muted=True),
    listening.OpenEar(),
    voice.Say(text="turn on the kitchen lamp"),
    voice.Reply(kind="done", text="Done: Kitchen lamp on.", intent="HassTurnOn"),
    voice.CommandEvent(
        event_type="done",
        id="0f3c9a51",
        source="spoken",
        text="turn on the kitchen lamp",
        reply="Done: Kitchen lamp on.",
        intent="HassTurnOn",
        slots={"name": "Kitchen lamp"},
        score=-0.12,
        timings_ms={"waited": 64.0, "decoded": 31.5, "understood": 0.8, "sent": 1.9},
    ),
    voice.CommandEvent(
        event_type="not_understood",
        id="4be01d77",
        source="typed",
        text="make me a sandwich",
        reply="Sorry, I do not know that sentence.",
    ),
    voice.CommandEvent(
        event_type="asked",
        id="9d0c22b3",
        source="typed",
        text="unlock the front door",
        reply="Shall I unlock Front door?",
        intent="HassTurnOff",
        slots={"name": "Front door"},
        answers=["yes", "no"],
    ),
    voice.TimerEvent(event_type="ended", length_s=300.0, text="The timer of 5 minutes has ended."),
    voice.AskVocabulary(),
    voice.Vocabulary(
        examples=[voice.Example(intent="HassTurnOn", sentences=["turn on the kitchen lamp"])],
        devices=[
            voice.KnownDevice(
                name="Kitchen lamp", area="Kitchen", domain="light", presence="available"
            )
        ],
        device_count=1,
        unknown=["💡"],
        unknown_count=1,
        states={"spoken": 2609, "typed": 4525, "answers": 1968},
    ),
    training.TrainingState(enabled=True, recordings=12, size_bytes=1_250_000),
    training.DeleteRecordings(ids=["00000012-0f3c9a51"]),
    training.DeleteRecordings(ids=None),
    albums.AlbumsState(
        photos=200, people=3, faces=400, unknown_faces=9, pending=1, quarantined=2, grouping=True
    ),
    albums.PhotoImported(event_type="imported", photo=12, faces=2, people=[1, 3]),
    albums.LibraryChanged(people=[1]),
    albums.Identify(image=b"\xff\xd8\xff" + bytes(range(256))),
    albums.Identity(person=3, name="Zoë", score=0.71),
    albums.SetGrouping(agreed=True),
    albums.NamePerson(person=3, name="Zoë"),
    albums.MergePeople(person=1, other=2),
    albums.SeparatePeople(person=1, other=2),
    albums.ForgetPerson(person=3),
    albums.RemoveFace(face=9),
    albums.AssignFace(face=9, person=None, name="Grandma"),
    albums.UndoEntry(entry=4),
    albums.MakePreview(photo=12),
    albums.PreviewReady(file="previews/12.webp"),
    albums.RetryQuarantined(item=5),
    albums.DiscardQuarantined(item=5),
    camera.CameraState(
        camera="front_door",
        name="Front door",
        online=True,
        recording=True,
        armed=True,
        motion=True,
        person=True,
        anomaly=True,
        sentence="Faster than anything seen here: 2.4 times.",
    ),
    camera.CameraEvent(
        event_type="open",
        id="0f3c9a510f3c9a51",
        camera="front_door",
        name="Front door",
        at="2026-11-23T17:00:00Z",
        length_s=1.5,
        score=0.71,
        kind="person",
        cause="speed",
        sentence="Faster than anything seen here: 2.4 times.",
        place=camera.Area(x=0.25, y=0.5, width=0.1, height=0.25),
        snapshot=True,
    ),
    camera.Picture(jpeg=b"\xff\xd8\xff\xe0", camera="front_door"),
    camera.ArmCamera(camera="front_door", armed=False),
    camera.JudgeEvent(id="0f3c9a510f3c9a51", verdict="normal"),
    camera.TakeSnapshot(camera="front_door"),
    camera.SnapshotTaken(file="front_door.jpg"),
    base.Done(entry=4),
    base.Failure(code="unknown_person", message="There is no such person.", mend="reload"),
)


def sample(
    kind: type[base.Message | service.Availability | camera.Picture],
) -> base.Message | service.Availability | camera.Picture:
    """The first sample of a type. Raises StopIteration when there is none."""
    return next(each for each in SAMPLES if type(each) is kind)


def message_types() -> list[type[base.Message]]:
    """Every message that a module of `messages` defines."""
    found: dict[type[base.Message], None] = {}
    for module in pkgutil.iter_modules(messages.__path__):
        for value in vars(importlib.import_module(f"{messages.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, base.Message):
                found[value] = None
    found.pop(base.Message)
    return list(found)
