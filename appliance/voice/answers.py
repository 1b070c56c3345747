"""Questions on the bus, answered by the room."""

import asyncio

from appliance.bus import topics
from appliance.bus.client import Bus
from appliance.bus.messages import listening, voice
from appliance.bus.messages.base import Done, Failure
from appliance.voice.hearing import Hearing
from appliance.voice.mute import Mute
from appliance.voice.turns import Turns


class Answers:
    """Registers itself on the bus."""

    def __init__(self, bus: Bus, turns: Turns, hearing: Hearing, mute: Mute) -> None:
        self._turns = turns
        self._hearing = hearing
        self._mute = mute
        bus.answer(topics.SET_MUTED, self._set_muted)
        bus.answer(topics.OPEN_EAR, self._open_ear)
        bus.answer(topics.SAY, self._say)

    async def _say(self, question: voice.Say) -> voice.Reply | Failure:
        reply = await self._turns.type(question.text)
        return voice.Reply(kind=reply.kind, text=reply.text, intent=reply.intent)

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
