"""A sentence and what came of it, as it is told on the bus, shown and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from appliance.voice.dialogue.conversation import Reply, Stage
from appliance.voice.hearing.listening import Said

Source = Literal["spoken", "typed"]


@dataclass(frozen=True)
class Outcome:
    """What came of one sentence."""

    source: Source
    text: str
    """Of speech that was not understood the nearest sentence, empty when none is near."""
    reply: Reply
    said: Said | None = None
    """What was heard; None when it was typed."""

    @property
    def score(self) -> float | None:
        """The recogniser's; None when it was typed or no sentence is near."""
        hypothesis = None if self.said is None else self.said.utterance.hypothesis
        return None if hypothesis is None else min(0.0, hypothesis.score)

    @property
    def timings_ms(self) -> Mapping[Stage, float]:
        """Wall time by stage, as far as known."""
        if self.said is None:
            return self.reply.timings_ms
        utterance = self.said.utterance
        heard: dict[Stage, float] = {
            "waited": utterance.waited_ms,
            "decoded": utterance.decoded_ms,
        }
        return {**heard, **self.reply.timings_ms}


def nearest_text(said: Said) -> str:
    """The sentence that is nearest to what was heard."""
    hypothesis = said.utterance.hypothesis
    return "" if hypothesis is None else " ".join(hypothesis.words)
