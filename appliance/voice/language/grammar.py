"""What can be said: a deterministic acceptor of words, made as far as it is walked.

Subset construction (Rabin and Scott 1959) over the network and its lists, done when a state is
first asked for: with 500 names the whole automaton would be large, what speech visits is small.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from appliance.voice.language.network import Network
from appliance.voice.language.word_list import WordList

Within: TypeAlias = tuple[str, int, tuple[int, ...]]
"""In a list: its name, branch, and the nodes of the network after it."""
Place: TypeAlias = tuple[frozenset[int], frozenset[Within]]

READING_LIMIT = 64
"""More readings of one sentence than this are not told apart: names that are all the same."""


@dataclass(frozen=True)
class Parse:
    """One reading of a sentence."""

    intent: str
    slots: Mapping[str, str]
    block: int = 0
    """The number of its block of sentences in the templates."""
    response: str = ""
    """The block's key for its reply, such as `any` or `how_many` of a question."""


@dataclass(frozen=True)
class Block:
    """Where sentences of one kind begin."""

    intent: str
    node: int
    slots: Mapping[str, str] = field(default_factory=dict)
    """Filled whatever is said."""
    number: int = 0
    response: str = ""


@dataclass(frozen=True)
class _Path:
    """How far one reading has come; lists are entered with the slot that they fill."""

    block: int
    slots: tuple[tuple[str, str], ...]
    node: int
    within: tuple[str, str, int] | None = None
    """List, slot, branch; `node` is then the one after the list."""


class Grammar:
    """Immutable to whoever uses it; may be used from several threads."""

    start = 0

    def __init__(
        self,
        network: Network,
        lists: Mapping[str, WordList],
        blocks: Iterable[Block],
        courtesies: WordList,
    ) -> None:
        self._nodes = network.nodes
        self._lists = {name: entry.branches for name, entry in lists.items()}
        self._lists[COURTESY] = courtesies.branches
        self._blocks = tuple(blocks)
        self._lock = threading.Lock()
        firsts = tuple(sorted({block.node for block in self._blocks}))
        polite = frozenset({(COURTESY, 0, firsts)} if courtesies.branches[0].words else ())
        self._places: list[Place] = [(frozenset(firsts), polite)]
        self._numbers = {self._places[0]: 0}
        self._next: dict[int, dict[str, int]] = {}
        words = {word for node in self._nodes for word in node.words}
        for branches in self._lists.values():
            words.update(word for branch in branches for word in branch.words)
        self.vocabulary: frozenset[str] = frozenset(words)
        """Every word that occurs."""

    @property
    def intents(self) -> frozenset[str]:
        """What can be meant."""
        return frozenset(block.intent for block in self._blocks)

    @property
    def size(self) -> int:
        """Nodes of the network and branches of the lists: what is stored, whatever is walked."""
        return len(self._nodes) + sum(map(len, self._lists.values()))

    def next_words(self, state: int) -> Mapping[str, int]:
        """The state that each word leads to."""
        found = self._next.get(state)
        if found is None:
            with self._lock:
                found = self._next[state] = self._expand(self._places[state])
        return found

    def is_final(self, state: int) -> bool:
        """Whether a whole sentence ends here."""
        return any(self._nodes[node].final for node in self._places[state][0])

    def extendable(self, state: int) -> bool:
        """Whether a longer sentence goes on from here."""
        return bool(self.next_words(state))

    def same(self, words: Sequence[str], others: Sequence[str]) -> bool:
        """Whether two whole sentences mean the same."""
        return _meanings(self.parse(words)) == _meanings(self.parse(others))

    def parse(self, words: Sequence[str]) -> list[Parse]:
        """All readings of a whole sentence, each once; none when it is no sentence."""
        paths: dict[_Path, None] = {}
        for number, block in enumerate(self._blocks):
            paths[_Path(number, (), block.node)] = None
        readings: dict[tuple[str, tuple[tuple[str, str], ...]], Parse] = {}
        for words_left in self._without_courtesy(words):
            for path in self._walk(paths, words_left):
                block = self._blocks[path.block]
                slots = {**block.slots, **dict(path.slots)}
                key = (block.intent, tuple(sorted(slots.items())))
                readings.setdefault(key, Parse(block.intent, slots, block.number, block.response))
        return list(readings.values())[:READING_LIMIT]

    def _without_courtesy(self, words: Sequence[str]) -> list[Sequence[str]]:
        branches = self._lists[COURTESY]
        branch = branches[0]
        rests = [words]
        for position, word in enumerate(words, 1):
            if word not in branch.words:
                break
            branch = branches[branch.words[word]]
            if branch.values:
                rests.append(words[position:])
        return rests

    def _walk(self, paths: Iterable[_Path], words: Sequence[str]) -> list[_Path]:
        for word in words:
            after: dict[_Path, None] = {}
            for path in paths:
                self._step(path, word, after)
            paths = after
        return [path for path in paths if path.within is None and self._nodes[path.node].final]

    def _step(self, path: _Path, word: str, after: dict[_Path, None]) -> None:
        """Adds to `after` where `word` leads."""
        if path.within is not None:
            name, slot, branch = path.within
            self._step_in_list(path, (name, slot, path.node), branch, word, after)
            return
        node = self._nodes[path.node]
        for target in node.words.get(word, ()):
            after[_Path(path.block, path.slots, target)] = None
        for entry in node.lists:
            self._step_in_list(path, entry, 0, word, after)

    def _step_in_list(
        self,
        path: _Path,
        entry: tuple[str, str, int],
        branch: int,
        word: str,
        after: dict[_Path, None],
    ) -> None:
        name, slot, target = entry
        branches = self._lists[name]
        number = branches[branch].words.get(word)
        if number is None:
            return
        for value in branches[number].values[:READING_LIMIT]:
            after[_Path(path.block, (*path.slots, (slot, value)), target)] = None
        if branches[number].words:
            after[_Path(path.block, path.slots, target, (name, slot, number))] = None

    def _expand(self, place: Place) -> dict[str, int]:
        nodes, within = place
        entered: dict[str, set[int]] = {}
        nodes_after: dict[str, set[int]] = {}
        within_after: dict[str, set[Within]] = {}
        for number in nodes:
            node = self._nodes[number]
            for word, targets in node.words.items():
                nodes_after.setdefault(word, set()).update(targets)
            for name, _, target in node.lists:
                entered.setdefault(name, set()).add(target)
        entries = [(name, 0, tuple(sorted(targets))) for name, targets in entered.items()]
        for name, branch, targets in (*within, *entries):
            branches = self._lists[name]
            for word, after in branches[branch].words.items():
                if branches[after].values:
                    nodes_after.setdefault(word, set()).update(targets)
                if branches[after].words:
                    within_after.setdefault(word, set()).add((name, after, targets))
        return {
            word: self._number(
                (
                    frozenset(nodes_after.get(word, ())),
                    frozenset(within_after.get(word, ())),
                )
            )
            for word in nodes_after.keys() | within_after.keys()
        }

    def _number(self, place: Place) -> int:
        found = self._numbers.setdefault(place, len(self._places))
        if found == len(self._places):
            self._places.append(place)
        return found


def _meanings(readings: Iterable[Parse]) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    return {(each.intent, frozenset(each.slots.items())) for each in readings}


COURTESY = "*"
"""The name of the list of polite beginnings; no template can refer to it."""
