"""The voice process: one thread listens and decodes, the loop converses, commands and announces."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from appliance.bus import settings as bus_settings
from appliance.models.store import Store
from appliance.service import settings as service_settings
from appliance.service.health import Check
from appliance.service.process import Context
from appliance.voice.announcements import Announcements
from appliance.voice.answers import Answers
from appliance.voice.conversation import Conversation
from appliance.voice.errors import VoiceError
from appliance.voice.health import checks
from appliance.voice.hearing import Hearing
from appliance.voice.household import Household, Names, read_names
from appliance.voice.mute import Mute
from appliance.voice.reach import Reach
from appliance.voice.replies import Replies
from appliance.voice.sentences import Sentences
from appliance.voice.settings import SECTION, Settings
from appliance.voice.turns import Turns

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
        self._hearing: Hearing | None = None
        self._reach: Reach | None = None
        self._problems: list[VoiceError] = []
        self.renewals = 0
        """How often sentences were compiled for new names."""

    async def start(self, context: Context) -> None:
        settings = context.settings(SECTION, Settings)
        bus, folder, tasks = context.bus, context.paths.voice, context.tasks
        household = Household(await self._names(folder / NAMES))
        sentences = await asyncio.to_thread(_sentences, folder / OWN_SENTENCES)
        self._problems += sentences.problems
        grammars = await asyncio.to_thread(sentences.compile, household.lists())
        renamed = asyncio.Event()
        roots = service_settings.load(
            context.paths.settings_file, bus_settings.SECTION, bus_settings.Settings
        ).device_roots
        self._reach = reach = Reach(bus, household, roots, renamed.set)
        conversation = Conversation(
            household,
            grammars,
            Replies(),
            reach.send,
            clock=context.clock.monotonic,
            now=lambda: _local(context.clock.now()),
        )
        mute = Mute(folder)
        self._hearing = hearing = Hearing(
            settings,
            Store(context.paths.models),
            context.clock,
            context.pulse("ears", STEP_LIMIT_S),
            muted=mute.muted,
        )
        announcements = Announcements(bus, hearing, settings.wake_word)
        turns = Turns(conversation, hearing, announcements.heard)
        Answers(bus, turns, hearing, mute)
        await hearing.start(tasks, turns.take, announcements.change)
        turns.keep_up()
        reach.run(tasks)
        tasks.create_task(self._renew(renamed, sentences, household, turns), name="names")
        tasks.create_task(announcements.run(), name="announcements")

    async def stop(self) -> None:
        if self._hearing is not None:
            await self._hearing.stop()

    def checks(self) -> Sequence[Check]:
        if self._hearing is None or self._reach is None:
            return ()
        return checks(self._hearing, self._reach, self._problems)

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


def _sentences(own: Path) -> Sentences:
    return Sentences("en", [own] if own.exists() else [])


def _local(now: dt.datetime | None) -> dt.datetime | None:
    return None if now is None else now.astimezone()
