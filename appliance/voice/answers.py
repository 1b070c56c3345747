"""Questions on the bus, and what Home Assistant sets, answered by the room."""

import asyncio
from collections.abc import Awaitable, Callable

from appliance.bus import topics
from appliance.bus.client import Bus
from appliance.bus.messages import listening, training, voice
from appliance.bus.messages.base import Done, Failure
from appliance.voice.dialogue.turns import Turns
from appliance.voice.hearing.hearing import Hearing
from appliance.voice.microphones.mute import Mute
from appliance.voice.training.log import TrainingLog

Describe = Callable[[], Awaitable[voice.Vocabulary]]


class Answers:
    """Registers itself on the bus."""

    def __init__(
        self,
        bus: Bus,
        turns: Turns,
        hearing: Hearing,
        mute: Mute,
        log: TrainingLog,
        describe: Describe,
    ) -> None:
        self._turns = turns
        self._hearing = hearing
        self._mute = mute
        self._log = log
        self._describe = describe
        bus.answer(topics.SET_MUTED, self._set_muted)
        bus.answer(topics.OPEN_EAR, self._open_ear)
        bus.answer(topics.SAY, self._say)
        bus.answer(topics.ASK_VOCABULARY, self._tell_vocabulary)
        bus.answer(topics.DELETE_RECORDINGS, self._delete_recordings)
        bus.obey(topics.TYPE, self._type)
        bus.obey(topics.SWITCH_MUTE, self._switch_mute)

    async def _say(self, question: voice.Say) -> voice.Reply | Failure:
        reply = await self._turns.type(question.text)
        return voice.Reply(kind=reply.kind, text=reply.text, intent=reply.intent)

    async def _type(self, text: str) -> None:
        """What came of it is told as an event."""
        await self._turns.type(text)

    async def _switch_mute(self, word: str) -> None:
        if word in {"ON", "OFF"}:
            await self._set_muted(listening.SetMuted(muted=word == "ON"))

    async def _set_muted(self, question: listening.SetMuted) -> Done | Failure:
        """Capturing stops before the answer, and even if it cannot be remembered."""
        if question.muted:
            self._hearing.mute(True)
        try:
            await asyncio.to_thread(self._mute.set, question.muted)
        except OSError as error:
            reason = error.strerror or "the disk refused"
            message = f"It cannot be remembered over a restart: {reason}."
            return Failure(code="not_remembered", message=message, mend="appliance status")
        self._hearing.mute(question.muted)
        return Done()

    async def _open_ear(self, _: listening.OpenEar) -> Done | Failure:
        if self._turns.push():
            return Done()
        return Failure(
            code="not_listening",
            message="The box is not listening: it is muted, or has no microphone or recogniser.",
            mend="unmute it, or look at: appliance status",
        )

    async def _tell_vocabulary(self, _: voice.AskVocabulary) -> voice.Vocabulary | Failure:
        return await self._describe()

    async def _delete_recordings(self, question: training.DeleteRecordings) -> Done | Failure:
        try:
            await self._log.delete(question.ids)
        except OSError as error:
            reason = error.strerror or "the disk refused"
            message = f"Not all recordings were deleted: {reason}."
            return Failure(code="not_deleted", message=message, mend="appliance status")
        return Done()
