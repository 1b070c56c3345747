"""The voice process: one thread listens and decodes, the loop converses, commands and announces."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from appliance.bus import settings as bus_settings
from appliance.bus.messages.voice import Vocabulary
from appliance.models.store import Store
from appliance.service import settings as service_settings
from appliance.service.health import Check
from appliance.service.process import Context
from appliance.voice.announcements import Announcements
from appliance.voice.answers import Answers
from appliance.voice.dialogue.conversation import Conversation
from appliance.voice.dialogue.mouth import Mouth
from appliance.voice.dialogue.outcome import Outcome
from appliance.voice.dialogue.sentences import Sentences
from appliance.voice.dialogue.turns import Turns
from appliance.voice.dialogue.vocabulary import describe, known_devices
from appliance.voice.errors import BadTemplate, GrammarTooLarge, LanguageUnknown, VoiceError
from appliance.voice.health import checks
from appliance.voice.hearing.hearing import Hearing
from appliance.voice.household.household import Household, Names, read_names
from appliance.voice.household.reach import Reach
from appliance.voice.language.replies import Replies
from appliance.voice.microphones.cards import DEFAULT, has_speaker
from appliance.voice.microphones.mute import Mute
from appliance.voice.settings import SECTION, Settings
from appliance.voice.speakers.alsa import Alsa
from appliance.voice.speakers.speaker import Speaker
from appliance.voice.speakers.synthesis import Synthesis
from appliance.voice.timers.file import TimerFile, boot_id
from appliance.voice.timers.timekeeping import Timekeeping
from appliance.voice.timers.timers import Timer
from appliance.voice.training.log import TrainingLog
from appliance.voice.training.store import TrainingStore

STEP_LIMIT_S = 30.0
"""The longest time that one step of listening may take before the watchdog ends the process:
decoding an utterance, or loading a new grammar."""
OWN_SENTENCES = "sentences.yaml"
NAMES = "names.yaml"


class VoiceService:
    """The service."""

    name = "voice"
    budget_mb = 400.0

    def __init__(self) -> None:
        self.conversation: Conversation | None = None
        self._hearing: Hearing | None = None
        self._checks: Sequence[Check] = ()
        self._problems: list[VoiceError] = []
        self.renewals = 0
        """How often sentences were compiled for new names."""
        self.outcomes = 0
        """Sentences that were dealt with, spoken or typed."""

    async def start(self, context: Context) -> None:
        settings = context.settings(SECTION, Settings)
        bus, folder, tasks = context.bus, context.paths.voice, context.tasks
        household = Household(await self._names(folder / NAMES))
        sentences = await asyncio.to_thread(
            self._sentences, settings.language, folder / OWN_SENTENCES
        )
        self._problems += sentences.problems
        grammars = await asyncio.to_thread(sentences.compile, household.lists())
        renamed = asyncio.Event()
        roots = service_settings.load(
            context.paths.settings_file, bus_settings.SECTION, bus_settings.Settings
        ).device_roots
        reach, replies = (
            Reach(bus, household, roots, renamed.set),
            Replies(sentences.templates.language),
        )
        self.conversation = conversation = Conversation(
            household,
            grammars,
            replies,
            reach.send,
            clock=context.clock.monotonic,
            now=lambda: _local(context.clock.now()),
            language=sentences.templates.language,
        )
        mute = Mute(folder)
        self._hearing = hearing = Hearing(
            settings,
            Store(context.paths.models),
            context.clock,
            context.pulse("ears", STEP_LIMIT_S),
            muted=mute.muted,
        )
        announcements = Announcements(
            bus, hearing, household, settings.wake_word, context.clock.monotonic
        )
        mouth = Mouth(
            _speaker(settings.speaker),
            Synthesis().synthesize,
            context.clock.monotonic,
            settings.spoken_replies,
        )
        log = TrainingLog(
            TrainingStore(folder), context.clock, announcements.kept, enabled=settings.training_log
        )

        def carried_out(outcome: Outcome) -> None:
            self.outcomes += 1
            announcements.carried_out(outcome)
            log.keep(outcome)

        def timer_ended(timer: Timer, missed: bool, text: str, aloud: bool) -> None:
            announcements.timer_ended(timer.length_s, text, missed=missed)
            if aloud:
                mouth.announce(text)

        async def vocabulary() -> Vocabulary:
            return await asyncio.to_thread(
                describe,
                sentences.templates,
                conversation.grammars,
                known_devices(household),
                household.lists(),
                hearing.spells,
            )

        timekeeping = Timekeeping(
            conversation.timers, TimerFile(folder, boot_id()), replies, context.clock, timer_ended
        )
        await timekeeping.restore()
        turns = Turns(conversation, hearing, mouth, announcements.heard, carried_out)
        Answers(bus, turns, hearing, mute, log, vocabulary)
        self._checks = checks(hearing, mouth, reach, log, self._problems)
        await hearing.start(tasks, turns.take, announcements.change)
        turns.keep_up()
        reach.run(tasks)
        tasks.create_task(self._renew(renamed, sentences, household, turns), name="names")
        tasks.create_task(announcements.run(), name="announcements")
        tasks.create_task(mouth.run(), name="speech")
        tasks.create_task(log.run(), name="training log")
        tasks.create_task(timekeeping.run(), name="timers")

    async def stop(self) -> None:
        if self._hearing is not None:
            await self._hearing.stop()

    def checks(self) -> Sequence[Check]:
        return self._checks

    def _sentences(self, language: str, own: Path) -> Sentences:
        """English ones where there are none of the language."""
        files = [own] if own.exists() else []
        try:
            sentences = Sentences(language, files)
            if not language.startswith("en"):
                sentences.compile({})  # some of Home Assistant's cannot be spoken here
        except (BadTemplate, GrammarTooLarge):
            self._problems.append(LanguageUnknown(language))
            return Sentences("en", files)
        return sentences

    async def _names(self, path: Path) -> Names:
        try:
            return await asyncio.to_thread(read_names, path)
        except VoiceError as error:
            self._problems.append(error)
            return Names()

    async def _renew(
        self, renamed: asyncio.Event, sentences: Sentences, household: Household, turns: Turns
    ) -> None:
        """Compiles the sentences anew whenever names have changed, for ever."""
        while True:
            await renamed.wait()
            renamed.clear()
            turns.use(await asyncio.to_thread(sentences.compile, household.lists()))
            self.renewals += 1


def _speaker(name: str) -> Speaker | None:
    """None where nothing can be heard: no setting, or a machine without any sound card."""
    return None if not name or (name == DEFAULT and not has_speaker()) else Alsa(name)


def _sentences(own: Path) -> Sentences:
    return Sentences("en", [own] if own.exists() else [])


def _local(now: dt.datetime | None) -> dt.datetime | None:
    return None if now is None else now.astimezone()
