"""What a recogniser is: it takes frames of speech and gives the sentence of the grammar that they
most likely are."""

from dataclasses import dataclass
from typing import Protocol

from appliance.voice.audio.sound import Samples
from appliance.voice.language.acceptor import WordGrammar


@dataclass(frozen=True)
class RunnerUp:
    """The next best sentence that means something else."""

    words: tuple[str, ...]
    log_ratio: float
    """Its log probability minus that of the best sentence; never above 0."""


@dataclass(frozen=True)
class Hypothesis:
    """A whole sentence of the grammar."""

    words: tuple[str, ...]
    extendable: bool
    """Whether a longer sentence begins with these words."""
    score: float
    """Mean over the tokens of log p(token) - log p(the token that free decoding would take there);
    0 when free decoding agrees throughout, never above."""
    distance: float
    """Root of the sum of the squares of those differences: how far it is, as a whole, from what the
    model would have written freely."""
    ending: float = 0.0
    """Log probability that the text ends after these words."""
    support: float = 1.0
    """How much of the surprise of the last word was taken away by what was heard: 1 when it was
    heard, 0 or less when it would have been guessed as well without hearing it. A sentence that was
    broken off is completed by guessing."""
    runner_up: RunnerUp | None = None


class Recogniser(Protocol):
    """One engine with its model. Not for two threads at once."""

    name: str

    def spells(self, word: str) -> bool:
        """Whether it can hear that word at all."""

    def use(self, grammar: WordGrammar) -> None:
        """The sentences that count from now on; forgets what was heard."""

    def hear(self, frame: Samples) -> None:
        """Takes more of the utterance; may decode in less time than it lasts."""

    def guess(self) -> Hypothesis | None:
        """The best whole sentence if the utterance ended here; None when none is likely."""

    def finish(self) -> Hypothesis | None:
        """As `guess`; then forgets what was heard."""

    def reset(self) -> None:
        """Forgets what was heard."""
