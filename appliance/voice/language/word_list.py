"""A list of the templates (names, numbers, colours) as a tree of words."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Branch:
    """A place in the tree."""

    words: dict[str, int] = field(default_factory=dict)
    """The branch that a word leads to."""
    values: tuple[str, ...] = ()
    """What may have been meant when the value ends here; several when two things have one name."""


class WordList:
    """Branch 0 is the root."""

    def __init__(self, values: Iterable[tuple[tuple[str, ...], str]]) -> None:
        """Pairs of words and value; what has no words is left out."""
        self.branches = [Branch()]
        for words, value in values:
            if not words:
                continue
            branch = self.branches[0]
            for word in words:
                number = branch.words.setdefault(word, len(self.branches))
                if number == len(self.branches):
                    self.branches.append(Branch())
                branch = self.branches[number]
            if value not in branch.values:
                branch.values = (*branch.values, value)

    @property
    def empty(self) -> bool:
        return len(self.branches) == 1
