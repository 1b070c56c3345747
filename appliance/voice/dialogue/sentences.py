"""Which sentences can be said and typed: Home Assistant's, ours and the household's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from appliance.voice.dialogue.actions import ACTIONS
from appliance.voice.dialogue.questions import QUESTIONS
from appliance.voice.errors import BadTemplate, VoiceError
from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.templates import (
    ListValue,
    Templates,
    home_assistant_sentences,
    read_file,
)
from appliance.voice.timers.commands import TIMER_COMMANDS

OWN = frozenset({"ApplianceUndo", "ApplianceStop", "ApplianceHeard", "HassNevermind"})
ANSWERS = frozenset({"ApplianceYes", "ApplianceNo", "ApplianceChoose"})
CARRIED_OUT = OWN | ANSWERS | ACTIONS.keys() | QUESTIONS.keys() | TIMER_COMMANDS.keys()
"""Sentences of Home Assistant's for anything else are left out: nobody could obey them."""


NAMED = frozenset({"name", "area", "floor"})
"""Other live lists narrow what is listened for; who types is told what is wrong instead."""


@dataclass(frozen=True)
class Grammars:
    """Compiled for the names of one moment."""

    spoken: Grammar
    """For recognisers: few ways to say a thing, none that is one careless word."""
    typed: Grammar
    """All that Home Assistant understands of it."""
    answers: Grammar
    """While a question of ours is open."""


class Sentences:
    """Templates in one language; `compile` takes the names."""

    def __init__(self, language: str = "en", files: Iterable[Path] = (), area: str = "") -> None:
        """Files that cannot be used are left out and listed in `problems`. `area` is the room that
        the box stands in. Raises BadTemplate for a language without sentences."""
        self.problems: list[VoiceError] = []
        self._area = area
        folder = resources.files("appliance.voice") / "sentences"
        base = language.partition("-")[0]
        ours, answers = (Path(str(folder / f"{base}{part}.yaml")) for part in ("", "-answers"))
        own = read_file(ours) if ours.is_file() else Templates(language, (), {}, {})
        if not answers.is_file():  # they are then typed in English
            answers = Path(str(folder / "en-answers.yaml"))
        for path in files:
            try:
                household = read_file(path)
                compile_grammar(own.merged(household).only({name for name, _ in household.blocks}))
                own = own.merged(household)
            except VoiceError as error:
                self.problems.append(error)
            except OSError as error:
                self.problems.append(BadTemplate(str(path), error.strerror or "unreadable"))
        kept = CARRIED_OUT | {name for name, _ in own.blocks}
        everything = home_assistant_sentences(language, spoken=False)
        try:
            spoken = home_assistant_sentences(language, spoken=True)
        except BadTemplate:  # most languages have one set only
            spoken = everything
        self._spoken = spoken.merged(own).only(kept)
        self._typed = everything.merged(own).only(kept)
        self._answers = self._spoken.merged(read_file(answers)).only(ANSWERS)

    @property
    def templates(self) -> Templates:
        """What can be spoken."""
        return self._spoken

    def compile(self, live: Mapping[str, Sequence[ListValue]]) -> Grammars:
        """Takes about a second for 500 names: not for the loop."""
        names = {key: values for key, values in live.items() if key in NAMED}
        return Grammars(
            compile_grammar(self._spoken, live, area=self._area),
            compile_grammar(self._typed, names, area=self._area),
            compile_grammar(self._answers, live, area=self._area),
        )
