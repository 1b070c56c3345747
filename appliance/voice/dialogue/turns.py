"""Who speaks next: what the ear heard, or somebody typed, goes to the conversation.

After a question of ours the ear opens by itself, once it has been said aloud.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

from appliance.voice.dialogue.conversation import ANSWER_LIMIT_S, TEXT_LIMIT, Conversation, Reply
from appliance.voice.dialogue.mouth import Mouth
from appliance.voice.dialogue.outcome import Outcome, nearest_text
from appliance.voice.dialogue.sentences import Grammars
from appliance.voice.hearing.ears import Event
from appliance.voice.hearing.hearing import Hearing
from appliance.voice.hearing.listening import Change
from appliance.voice.language.grammar import Grammar

Heard = Literal["woken", "pushed", "understood", "not_understood", "nothing_said"]
OnHeard = Callable[[Heard], None]


class Turns:
    """In the loop."""

    def __init__(
        self,
        conversation: Conversation,
        hearing: Hearing,
        mouth: Mouth,
        on_heard: OnHeard,
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._conversation = conversation
        self._hearing = hearing
        self._mouth = mouth
        self._on_heard = on_heard
        self._on_outcome = on_outcome
        self._grammar: Grammar | None = None

    async def take(self, event: Event) -> None:
        """Something that the ear says happened."""
        if isinstance(event, Change):
            if event is Change.WOKEN:
                self._mouth.hush()
                self._on_heard("woken")
            else:
                self._mouth.release()
                self._on_heard("nothing_said")
            return
        self._on_heard("understood" if event.words else "not_understood")
        if event.words and event.doubtful:
            reply = await self._conversation.ask_whether(" ".join(event.words))
        elif event.words:
            reply = await self._conversation.say(" ".join(event.words), event.heard_at_s)
        else:
            reply = self._conversation.not_understood()
        self._expect(reply)
        self._mouth.reply(reply, self._open if reply.kind == "asked" else None)
        self._on_outcome(Outcome("spoken", nearest_text(event), reply, event))

    async def type(self, text: str) -> Reply:
        """A sentence that somebody typed; who types reads the reply."""
        reply = await self._conversation.say(text)
        self._expect(reply)
        self._on_outcome(Outcome("typed", text[:TEXT_LIMIT], reply))
        return reply

    def push(self) -> bool:
        """Push-to-talk; whether there is an ear to open."""
        if not self._hearing.open():
            return False
        self._mouth.hush()
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

    def _expect(self, reply: Reply) -> None:
        self.keep_up()
        if reply.kind == "asked":
            asyncio.get_running_loop().call_later(ANSWER_LIMIT_S + 0.1, self.keep_up)

    def _open(self) -> None:
        self._hearing.open()
