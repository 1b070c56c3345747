"""The other side of the page: what answers in the place of voice, on a real broker.

It knows a few sentences and no device; what it is asked, it writes down.
"""

import json
import wave
from pathlib import Path

from appliance.bus.client import Bus
from appliance.bus.messages import listening, training, voice
from appliance.bus.messages.base import Done, Failure, Message
from appliance.bus.messages.service import Health, Reason
from appliance.bus.topics import (
    ASK_VOCABULARY,
    COMMAND_EVENT,
    DELETE_RECORDINGS,
    EAR_EVENT,
    HEALTH,
    LISTENING_STATE,
    OPEN_EAR,
    SAY,
    SET_MUTED,
    TRAINING_STATE,
)
from appliance.voice import queries

LISTENING = listening.ListeningState(
    microphone="capturing", muted=False, listening=True, wake_word="okay_nabu"
)
MUTED = listening.ListeningState(
    microphone="muted", muted=True, listening=False, wake_word="okay_nabu"
)
TIMINGS: dict[voice.Stage, float] = {
    "waited": 64.0, "decoded": 86.5, "understood": 0.9, "sent": 2.4,
}  # fmt: skip
DEVICES = (
    ("Kitchen lamp", "Kitchen", "light", "available"),
    ("Dining table", "Kitchen", "light", "available"),
    ("Coffee machine", "Kitchen", "switch", "unavailable"),
    ("Reading lamp", "Living room", "light", "available"),
    ("Living room blind", "Living room", "cover", "available"),
    ("Thermostat", "Living room", "climate", "available"),
    ("Bedroom lamp", "Bedroom", "light", "unknown"),
    ("Front door", "Hall", "lock", "available"),
    ("Good night", "", "scene", "available"),
)
EXAMPLES = {
    "HassTurnOn": ["turn on the kitchen lamp", "open the living room blind", "lock the front door"],
    "HassTurnOff": ["turn off all the lights", "close the living room blind"],
    "HassLightSet": ["set the reading lamp to 40 percent", "make the bedroom lamp blue"],
    "HassSetPosition": ["set the living room blind to half"],
    "HassClimateSetTemperature": ["set the thermostat to 21 degrees"],
    "HassClimateGetTemperature": ["how warm is it"],
    "HassStartTimer": ["set a timer for five minutes"],
    "HassTimerStatus": ["how long is left on the timer"],
    "HassGetState": ["is the front door locked", "which lights are on"],
    "HassGetCurrentTime": ["what time is it"],
    "ApplianceStop": ["stop"],
    "ApplianceUndo": ["undo that"],
    "ApplianceHeard": ["what did you hear"],
    "MovieNight": ["it is movie night"],
}


def vocabulary(
    devices: int = 0, unknown: tuple[str, ...] = (), names: tuple[str, ...] = ()
) -> voice.Vocabulary:
    """The household of the tests, with so many more devices, and those of these names, which
    nobody can speak."""
    rows = [
        *DEVICES,
        *((f"Lamp {number}", "Attic", "light", "available") for number in range(devices)),
        *((name, name, "light", "available") for name in names),
    ]
    return voice.Vocabulary(
        examples=[voice.Example(intent=name, sentences=said) for name, said in EXAMPLES.items()],
        devices=[
            voice.KnownDevice(name=name, area=area, domain=domain, presence=presence)  # type: ignore[arg-type]
            for name, area, domain, presence in rows
        ],
        device_count=len(rows),
        unknown=[*unknown, *names],
        unknown_count=len(unknown) + len(names),
        states={"spoken": 2609, "typed": 4525, "answers": 1968},
    )


def record(folder: Path, number: int, **facts: object) -> str:
    """A recording as voice keeps it below its folder; its id."""
    identifier = f"{number:08d}-{number:08x}"
    training_folder = folder / queries.FOLDER
    training_folder.mkdir(parents=True, exist_ok=True)
    with wave.open(str(training_folder / f"{identifier}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\x00\x10" * 16_000)
    document = {
        "version": queries.VERSION, "at": "2026-11-23T17:00:00+00:00", "kind": "done",
        "text": "turn on the kitchen lamp", "reply": "Done: Kitchen lamp on.",
        "intent": "HassTurnOn", "score": -0.12, "length_s": 1.0,
    }  # fmt: skip
    path = training_folder / f"{identifier}.json"
    path.write_text(json.dumps(document | facts))
    return identifier


class VoiceNeighbour:
    """Answers as voice does; `asked` is what it was asked."""

    def __init__(self, bus: Bus, folder: Path | None = None) -> None:
        """`folder` is voice's, where recordings may be."""
        self.asked: list[Message] = []
        self.refusal: Failure | None = None
        """What every question is answered with, when set."""
        self.vocabulary = vocabulary()
        self._bus = bus
        self._folder = folder
        self._count = 0
        bus.answer(SAY, self._say)
        bus.answer(SET_MUTED, self._set_muted)
        bus.answer(OPEN_EAR, self._open_ear)
        bus.answer(ASK_VOCABULARY, self._tell_vocabulary)
        bus.answer(DELETE_RECORDINGS, self._delete)

    async def say_hello(
        self,
        state: listening.ListeningState = LISTENING,
        reasons: list[Reason] | None = None,
    ) -> None:
        """Publishes what voice publishes when it has started."""
        await self._bus.publish(
            HEALTH,
            Health(
                state="degraded" if reasons else "ok",
                reasons=reasons or [],
                pid=4712,
                software="0.1.0",
                pss_mb=164.2,
                budget_mb=400,
                started_at="2026-11-23T08:00:00+00:00",
            ),
        )
        await self._bus.publish(LISTENING_STATE, state)

    async def hear(
        self,
        text: str,
        reply: str,
        kind: voice.ReplyKind = "done",
        *,
        typed: bool = False,
        intent: str = "",
        **slots: str,
    ) -> None:
        """Publishes what came of a sentence."""
        self._count += 1
        timings: dict[voice.Stage, float] = {"understood": 0.7, "sent": 1.8} if typed else TIMINGS
        await self._bus.publish(
            COMMAND_EVENT,
            voice.CommandEvent(
                event_type=kind,
                id=f"{self._count:08x}",
                source="typed" if typed else "spoken",
                text=text,
                reply=reply,
                intent=intent,
                slots=slots,
                score=None if typed else -0.12,
                timings_ms=timings if intent else {},
                answers=["yes", "no"] if kind == "asked" else [],
            ),
        )

    async def _say(self, question: voice.Say) -> voice.Reply | Failure:
        self.asked.append(question)
        if self.refusal is not None:
            return self.refusal
        kind: voice.ReplyKind
        if question.text == "unlock the front door":
            kind, reply, intent = "asked", "Shall I unlock Front door?", "HassTurnOff"
        elif question.text == "yes":
            kind, reply, intent = "done", "Done: Front door unlocked.", "HassTurnOff"
        elif question.text == "no":
            kind, reply, intent = "refused", "All right, I leave it.", "HassTurnOff"
        elif question.text.startswith("turn on"):
            kind, reply, intent = "done", "Done: Kitchen lamp on.", "HassTurnOn"
        else:
            kind, reply, intent = "not_understood", "Sorry, I do not know that sentence.", ""
        await self.hear(question.text, reply, kind, typed=True, intent=intent)
        return voice.Reply(kind=kind, text=reply, intent=intent)

    async def _set_muted(self, question: listening.SetMuted) -> Done | Failure:
        self.asked.append(question)
        if self.refusal is None:
            await self._bus.publish(LISTENING_STATE, MUTED if question.muted else LISTENING)
        return self.refusal or Done()

    async def _open_ear(self, question: listening.OpenEar) -> Done | Failure:
        self.asked.append(question)
        if self.refusal is None:
            await self._bus.publish(EAR_EVENT, listening.EarEvent(event_type="pushed"))
        return self.refusal or Done()

    async def _tell_vocabulary(self, question: voice.AskVocabulary) -> voice.Vocabulary | Failure:
        self.asked.append(question)
        return self.refusal or self.vocabulary

    async def _delete(self, question: training.DeleteRecordings) -> Done | Failure:
        self.asked.append(question)
        if self.refusal is not None or self._folder is None:
            return self.refusal or Done()
        for recording in queries.recordings(self._folder):
            if question.ids is None or recording.id in question.ids:
                for suffix in ("json", "wav"):
                    (self._folder / queries.FOLDER / f"{recording.id}.{suffix}").unlink()
        await self.tell_kept()
        return Done()

    async def tell_kept(self) -> None:
        """Publishes how many recordings there are."""
        assert self._folder is not None
        kept = queries.count(self._folder)
        await self._bus.publish(
            TRAINING_STATE,
            training.TrainingState(
                enabled=True, recordings=kept.recordings, size_bytes=kept.size_bytes
            ),
        )
