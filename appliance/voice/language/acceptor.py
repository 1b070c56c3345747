"""A grammar as those see it who walk it word by word."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class WordGrammar(Protocol):
    """A deterministic acceptor of words, as recognisers need it."""

    @property
    def start(self) -> int: ...

    def next_words(self, state: int) -> Mapping[str, int]: ...

    def is_final(self, state: int) -> bool: ...

    def extendable(self, state: int) -> bool: ...

    def same(self, words: Sequence[str], others: Sequence[str]) -> bool:
        """Whether two whole sentences mean the same."""
