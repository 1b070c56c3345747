"""Who speaks next: what the ear heard, or somebody typed, goes to the conversation.

After a question of ours the ear opens by itself.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

from appliance.voice.conversation import ANSWER_LIMIT_S, Conversation, Reply
from appliance.voice.ears import Event
from appliance.voice.grammar import Grammar
from appliance.voice.hearing import Hearing
from appliance.voice.listening import Change, Said
from appliance.voice.sentences import Grammars

Heard = Literal["woken", "pushed", "understood", "not_understood", "nothing_said"]
OnHeard = Callable[[Heard], None]


class Turns:
    """In the loop."""

    def __init__(
        self,
        conversation: Conversation,
        hearing: Hearing,
        on_heard: OnHeard,
    ) -> None:
        self._conversation = conversation
        self._hearing = hearing
        self._on_heard = on_heard
        self._grammar: Grammar | None = None

    async def take(self, event: Event) -> None:
        """Something that the ear says happened."""
        if isinstance(event, Change):
            self._on_heard("woken" if event is Change.WOKEN else "nothing_said")
            return
        self._on_heard("understood" if event.words else "not_understood")
        if event.words:
            await self._say(" ".join(event.words), event)

    async def type(self, text: str) -> Reply:
        """A sentence that somebody typed."""
        return await self._say(text, None)

    def push(self) -> bool:
        """Push-to-talk; whether there is an ear to open."""
        if not self._hearing.open():
            return False
        self._on_heard("pushed")
        return True

    def use(self, grammars: Grammars) -> None:
        """Names have changed."""
        self._conversation.use(grammars)
        self.keep_up()

    def keep_up(self) -> None:
        """Lets the recogniser expect what the conversation does."""
        grammar = self._conversation.grammar
        if grammar is not self._grammar:
            self._grammar = grammar
            self._hearing.use(grammar)

    async def _say(self, text: str, said: Said | None) -> Reply:
        reply = await self._conversation.say(text, None if said is None else said.heard_at_s)
        self.keep_up()
        if reply.kind == "asked":
            asyncio.get_running_loop().call_later(ANSWER_LIMIT_S + 0.1, self.keep_up)
            if said is not None:
                self._hearing.open()
        return reply
