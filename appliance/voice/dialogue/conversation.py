"""A sentence comes in, what it asks for is done, and a reply goes out."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from appliance.voice.dialogue import questions
from appliance.voice.dialogue.actions import ACTIONS, Plan, Step, make_plan, plan, put_back
from appliance.voice.dialogue.questions import QUESTIONS
from appliance.voice.dialogue.sentences import Grammars
from appliance.voice.errors import NotPossible, NotSent
from appliance.voice.household.commands import Command
from appliance.voice.household.entities import Entity
from appliance.voice.household.household import Household
from appliance.voice.language.grammar import Grammar, Parse
from appliance.voice.language.replies import Replies
from appliance.voice.language.respelling import respell
from appliance.voice.language.words import spoken_words
from appliance.voice.timers import commands as timer_commands
from appliance.voice.timers.commands import TIMER_COMMANDS
from appliance.voice.timers.timers import Timers

AGE_LIMIT_S = 2.0
"""A command that is older is dropped: whoever spoke has given up or done it by hand."""
ANSWER_LIMIT_S = 15.0
"""How long a question of ours stays open."""
NUMBERED = 4
"""So many of one name can be chosen from by number."""
TEXT_LIMIT = 300
PLEASE = "please"
"""May end what is typed. It is in no spoken sentence: each would have to be waited for."""

Kind = Literal["done", "answered", "asked", "refused", "late", "not_understood", "noted"]
Stage = Literal["waited", "decoded", "understood", "sent"]


@dataclass(frozen=True)
class Reply:
    """What came of a sentence."""

    kind: Kind
    """`noted`: a sentence of the household's own file, which others act on."""
    text: str
    intent: str = ""
    """Empty when it was not understood."""
    slots: tuple[tuple[str, str], ...] = ()
    commands: tuple[Command, ...] = ()
    """What was sent."""
    answers: tuple[str, ...] = ()
    """Sentences that answer what is asked."""
    timings_ms: Mapping[Stage, float] = field(default_factory=dict)
    """`understood`: from words to readings; `sent`: until the broker had the commands."""


@dataclass(frozen=True)
class _Pending:
    """A question of ours."""

    until_s: float
    parse: Parse
    plan: Plan | None = None
    """Carried out on yes."""
    choices: tuple[Entity, ...] = ()
    """One of these is meant."""
    words: tuple[str, ...] = ()
    """Whether this was said; carried out on yes."""


class Conversation:
    """In the loop; one sentence after the other."""

    def __init__(
        self,
        household: Household,
        grammars: Grammars,
        replies: Replies,
        send: Callable[[Command], Awaitable[None]],
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime | None],
        language: str = "en",
    ) -> None:
        """`send` raises NotSent. `clock` is monotonic, `now` the local time, None while unknown."""
        self.timers = Timers(clock)
        self._household = household
        self._grammars = grammars
        self._replies = replies
        self._send = send
        self._clock = clock
        self._now = now
        self._language = language
        self._turn = asyncio.Lock()
        self._pending: _Pending | None = None
        self._done: tuple[Step, ...] = ()
        self._heard = ""

    @property
    def grammar(self) -> Grammar:
        """What can be said next: answers while a question of ours is open."""
        return self._grammars.spoken if self._open() is None else self._grammars.answers

    @property
    def grammars(self) -> Grammars:
        """As they were last compiled."""
        return self._grammars

    def use(self, grammars: Grammars) -> None:
        """From now on, with other names."""
        self._grammars = grammars

    async def say(self, text: str, spoken_s: float | None = None) -> Reply:
        """Carries out a sentence. `spoken_s` is when it was said, None when it was typed."""
        async with self._turn:
            if self._late(spoken_s):
                return Reply("late", self._say("too_late", limit_s=f"{AGE_LIMIT_S:g}"))
            begun_s = self._clock()
            words = spoken_words(text[:TEXT_LIMIT], self._language)
            pending, self._pending = self._open(), None
            answers = self._parse(self._grammars.answers, words, spoken_s) if pending else []
            readings = answers or self._read(words, spoken_s)
            read_s = self._clock()
            if pending and answers:
                reply = await self._answered(pending, readings, spoken_s)
            else:
                reply = await self._commanded(readings, spoken_s)
            if reply.intent != "ApplianceHeard":
                self._heard = " ".join(words)
            timings_ms: dict[Stage, float] = {"understood": 1000 * (read_s - begun_s)}
            if reply.commands:
                timings_ms["sent"] = 1000 * (self._clock() - read_s)
            return replace(reply, timings_ms=timings_ms)

    async def ask_whether(self, text: str) -> Reply:
        """Asks whether that was said: it was heard, but nearly as well as something else."""
        async with self._turn:
            if self._open() is not None:  # the answer to a question is not asked about
                return self.not_understood()
            until_s = self._clock() + ANSWER_LIMIT_S
            words = spoken_words(text[:TEXT_LIMIT], self._language)
            self._pending = _Pending(until_s, Parse("", {}), words=words)
            return Reply("asked", self._say("did_you_say", text=" ".join(words)))

    def not_understood(self) -> Reply:
        """The reply to what was heard and is no sentence."""
        return Reply("not_understood", self._say("not_understood"))

    def _read(self, words: Sequence[str], spoken_s: float | None) -> list[Parse]:
        readings = self._grammars.spoken.parse(words)
        if not readings and spoken_s is None:
            rest = words[:-1] if words[-1:] == (PLEASE,) else words
            readings = self._parse(self._grammars.spoken, rest, None)
            readings = readings or self._parse(self._grammars.typed, rest, None)
        return readings

    def _parse(self, grammar: Grammar, words: Sequence[str], spoken_s: float | None) -> list[Parse]:
        """Who types other than English may set spaces elsewhere than the sentences do."""
        readings = grammar.parse(words)
        if readings or spoken_s is not None or self._language.startswith("en"):
            return readings
        respelt = respell(words, grammar)
        return grammar.parse(respelt) if respelt else []

    async def _commanded(self, readings: list[Parse], spoken_s: float | None) -> Reply:
        if not readings:
            return self.not_understood()
        readings = _most_specific(readings)
        parse = readings[0]
        if parse.intent in ACTIONS:
            named = self._named(readings)
            if len(named) > 1:
                return self._ask_which(parse, named)
            made = make_plan(named, parse, self._household) if named else None
            return await self._offer(parse, made or plan(parse, self._household), spoken_s)
        if parse.intent in QUESTIONS:
            text = questions.answer(parse, self._household, self._replies, self._now)
            return _reply("answered", text, parse)
        if parse.intent in TIMER_COMMANDS:
            done, text = timer_commands.carry_out(parse, self.timers, self._replies)
            return _reply("done" if done else "refused", text, parse)
        if parse.intent == "ApplianceUndo":
            return await self._undo(parse, spoken_s)
        if parse.intent == "ApplianceHeard":
            key = "heard" if self._heard else "nothing_heard"
            return _reply("answered", self._say(key, text=self._heard), parse)
        if parse.intent == "ApplianceStop":
            return await self._stop(parse, spoken_s)
        if parse.intent == "HassNevermind":
            return _reply("answered", self._say("nevermind"), parse)
        return _reply("noted", self._say("nevermind"), parse)

    def _named(self, readings: list[Parse]) -> list[Entity]:
        """The devices of one name that the readings differ in."""
        found = {}
        for parse in readings:
            if parse.intent == readings[0].intent and "name" in parse.slots:
                for entity in self._household.find(
                    identifier=parse.slots["name"],
                    area=parse.slots.get("area", ""),
                    floor=parse.slots.get("floor", ""),
                ):
                    found[entity.id] = entity
        return list(found.values())

    def _ask_which(self, parse: Parse, entities: list[Entity]) -> Reply:
        labels = [
            self._say("choice", name=entity.name, area=entity.area) if entity.area else entity.name
            for entity in entities
        ]
        until_s = self._clock() + ANSWER_LIMIT_S
        self._pending = _Pending(until_s, parse, choices=tuple(entities))
        text = self._say("which", choices=self._replies.names(labels))
        return replace(_reply("asked", text, parse), answers=self._choosing(entities))

    def _choosing(self, entities: list[Entity]) -> tuple[str, ...]:
        """A sentence for each that can be chosen by one: its room, else its number."""
        areas = Counter(entity.area.lower() for entity in entities)
        return tuple(
            entity.area
            if areas[entity.area.lower()] == 1 and spoken_words(entity.area)
            else self._say(f"answer_{number}")
            for number, entity in enumerate(entities, 1)
            if number <= NUMBERED
        )

    async def _answered(
        self, pending: _Pending, readings: list[Parse], spoken_s: float | None
    ) -> Reply:
        intents = {parse.intent for parse in readings}
        if pending.words:
            if "ApplianceYes" in intents:
                return await self._commanded(self._read(pending.words, spoken_s), spoken_s)
            return Reply("refused", self._say("cancelled"))
        if pending.plan is not None:
            if "ApplianceYes" in intents:
                return await self._carry_out(pending.parse, pending.plan, spoken_s)
            return _reply("refused", self._say("cancelled"), pending.parse)
        chosen = [
            entity
            for number, entity in enumerate(pending.choices, 1)
            for parse in readings
            if parse.slots.get("ordinal") == str(number)
            or (entity.area and parse.slots.get("area", "").lower() == entity.area.lower())
        ]
        if len(chosen) != 1:
            return _reply("refused", self._say("cancelled"), pending.parse)
        made = make_plan(chosen, pending.parse, self._household)
        return await self._offer(pending.parse, made, spoken_s)

    async def _offer(self, parse: Parse, made: Plan, spoken_s: float | None) -> Reply:
        """Carries a plan out, or asks first."""
        if not made.steps and not made.refused:
            return _reply("refused", self._say("none_found"), parse)
        if not made.asks_first:
            return await self._carry_out(parse, made, spoken_s)
        guarded = [step for step in made.steps if step.asks_first]
        self._pending = _Pending(self._clock() + ANSWER_LIMIT_S, parse, plan=made)
        names = self._replies.names(step.entity.name for step in guarded)
        what = self._say(f"ask_{guarded[0].what}")
        text = self._say("confirm", what=what, name=names)
        answers = self._say("answer_yes"), self._say("answer_no")
        return replace(_reply("asked", text, parse), answers=answers)

    async def _carry_out(self, parse: Parse, made: Plan, spoken_s: float | None) -> Reply:
        done: list[Step] = []
        refused = list(made.refused)
        for step in made.steps:
            if self._late(spoken_s):
                refused.append((step.entity, "too_late"))
                continue
            try:
                await self._send(step.command)
            except NotSent:
                refused.append((step.entity, "send_failed"))
            else:
                done.append(step)
        if done:
            self._done = tuple(done)
        sent = tuple(step.command for step in done)
        slots = tuple(sorted(parse.slots.items()))
        kind: Kind = "done" if done else "refused"
        return Reply(kind, self._outcome(done, refused), parse.intent, slots, sent)

    def _outcome(self, done: list[Step], refused: list[tuple[Entity, str]]) -> str:
        if not done:
            entity, reason = refused[0]
            return self._say(reason, name=entity.name, limit_s=f"{AGE_LIMIT_S:g}")
        first = done[0]
        what = self._say(f"what_{first.what}", **first.facts)
        if refused:
            names = self._replies.names(entity.name for entity, _ in refused)
            count = len(done) + len(refused)
            return self._say("done_partly", done=len(done), count=count, what=what, names=names)
        if len(done) > 1:
            return self._say("done_many", count=len(done), what=what)
        return self._say("done_one", name=first.entity.name, what=what)

    async def _undo(self, parse: Parse, spoken_s: float | None) -> Reply:
        done, self._done = self._done, ()
        if not done:
            return _reply("refused", self._say("nothing_to_undo"), parse)
        steps, refused = [], []
        for step in done:
            try:
                steps.append(put_back(step))
            except NotPossible:
                refused.append((step.entity, "cannot_undo"))
        return await self._offer(parse, Plan(tuple(steps), tuple(refused)), spoken_s)

    async def _stop(self, parse: Parse, spoken_s: float | None) -> Reply:
        """What was last set in motion stands still."""
        moving = [step.entity for step in self._done if step.entity.domain in {"cover", "valve"}]
        if not moving:
            return _reply("answered", self._say("stopped"), parse)
        halt = Parse("HassStopMoving", {})
        return await self._carry_out(halt, make_plan(moving, halt, self._household), spoken_s)

    def _open(self) -> _Pending | None:
        pending = self._pending
        return pending if pending is not None and self._clock() < pending.until_s else None

    def _late(self, spoken_s: float | None) -> bool:
        return spoken_s is not None and self._clock() - spoken_s > AGE_LIMIT_S

    def _say(self, key: str, **facts: object) -> str:
        return self._replies.say(key, **facts)


def _most_specific(readings: list[Parse]) -> list[Parse]:
    """Readings that name a device go before those of a room, as in Home Assistant."""
    for slot in ("name", "area"):
        specific = [parse for parse in readings if slot in parse.slots]
        if specific:
            return specific
    return readings


def _reply(kind: Kind, text: str, parse: Parse) -> Reply:
    return Reply(kind, text, parse.intent, tuple(sorted(parse.slots.items())))
