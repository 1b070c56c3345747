"""Templates compiled into one graph of words, in which equal endings are stored once.

Built from the end of a sentence to its beginning: a node is known by its arcs, so that two ways
that go on alike share what follows (as in Daciuk et al. 2000, "Incremental construction of minimal
acyclic finite-state automata"). Lists such as names stand beside the graph, once each, however many
sentences refer to them.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    TextChunk,
)
from hassil.intents import IntentData

from appliance.voice.errors import BadTemplate, GrammarTooLarge
from appliance.voice.language.templates import Templates, find_rule
from appliance.voice.language.words import spoken_words

STATE_LIMIT = 500_000
PERMUTATION_LIMIT = 6
DEPTH_LIMIT = 48

Fragment = tuple[str, str, str, int]
"""Kind (text, space, list, end), text or name of the list, slot, what follows."""
DEAD = 0
"""What leads nowhere: a list that is empty here."""
END = 1


@dataclass(frozen=True)
class Node:
    """A place between two words."""

    words: Mapping[str, tuple[int, ...]]
    """Nodes that a word leads to."""
    lists: tuple[tuple[str, str, int], ...]
    """List, slot that its value goes to, node after it."""
    final: bool


class Network:
    """Grows by `add`; read by the grammar."""

    def __init__(self, templates: Templates) -> None:
        self.nodes: list[Node] = []
        self._templates = templates
        self._fragments: list[frozenset[Fragment]] = [
            frozenset(),
            frozenset({("end", "", "", DEAD)}),
        ]
        self._fragment_ids = {key: number for number, key in enumerate(self._fragments)}
        self._node_ids: dict[object, int] = {}
        self._node_of_fragment: dict[int, int] = {}
        self._names: Mapping[str, str] = {}

    def add(self, data: IntentData, expression: Expression, names: Mapping[str, str]) -> int | None:
        """The first node of a sentence, None when nothing can be said. `names` says which list a
        reference means here; what refers to any other list cannot be said.

        Raises BadTemplate and GrammarTooLarge.
        """
        self._names = names
        first = self._link(expression, END, data, 0)
        return None if first == DEAD else self._node(first)

    def _link(self, expression: Expression, after: int, data: IntentData, depth: int) -> int:
        """The fragments of `expression`, then `after`."""
        if depth > DEPTH_LIMIT:
            raise BadTemplate("the household", "a rule refers to itself")
        if isinstance(expression, TextChunk):
            return self._link_text(expression.text, after)
        if isinstance(expression, ListReference):
            name = self._names.get(expression.list_name)
            return self._fragment([("list", name, expression.slot_name, after)]) if name else DEAD
        if isinstance(expression, RuleReference):
            rule = find_rule(expression.rule_name, self._templates, data)
            if rule is None:
                raise BadTemplate("the household", f"there is no rule <{expression.rule_name}>")
            return self._link(rule, after, data, depth + 1)
        if isinstance(expression, Permutation):
            return self._link_permutation(expression, after, data, depth)
        if isinstance(expression, Alternative):
            ways = (self._link(item, after, data, depth + 1) for item in expression.items)
            return self._either(ways)
        if isinstance(expression, Group):
            for item in reversed(expression.items):
                after = self._link(item, after, data, depth + 1)
            return after
        raise BadTemplate("the household", f"unknown syntax {expression}")

    def _link_text(self, text: str, after: int) -> int:
        for is_space, part in itertools.groupby(reversed(text.replace("-", " ")), str.isspace):
            if is_space:
                after = self._fragment([("space", "", "", after)])
            else:
                after = self._fragment([("text", "".join(part)[::-1], "", after)])
        return after

    def _link_permutation(
        self, expression: Permutation, after: int, data: IntentData, depth: int
    ) -> int:
        if len(expression.items) > PERMUTATION_LIMIT:
            raise BadTemplate("the household", f"more than {PERMUTATION_LIMIT} permuted parts")
        ways = []
        for order in itertools.permutations(expression.items):
            way = after
            for item in reversed(order):
                way = self._link(item, way, data, depth + 1)
            ways.append(way)
        return self._either(ways)

    def _either(self, ways: Iterable[int]) -> int:
        return self._fragment(arc for way in ways for arc in self._fragments[way])

    def _fragment(self, arcs: Iterable[Fragment]) -> int:
        key = frozenset(arc for arc in arcs if arc[0] == "end" or arc[3] != DEAD)
        found = self._fragment_ids.get(key)
        if found is None:
            if len(self._fragments) >= STATE_LIMIT:
                raise GrammarTooLarge(STATE_LIMIT)
            found = self._fragment_ids[key] = len(self._fragments)
            self._fragments.append(key)
        return found

    def _node(self, fragment: int) -> int:
        """The node at a boundary of words."""
        found = self._node_of_fragment.get(fragment)
        if found is None:
            draft = _Draft()
            self._explore(fragment, "", draft)
            found = self._node_of_fragment[fragment] = self._intern(draft)
        return found

    def _explore(self, fragment: int, text: str, draft: "_Draft") -> None:
        """Adds to `draft` what can be said from here, where `text` has been begun."""
        for kind, value, slot, after in self._fragments[fragment]:
            if kind == "text":
                self._explore(after, text + value, draft)
            elif kind == "list" and not text:  # a list glued to the end of a word is never said
                for suffix, next_fragment in self._after_list(after, ""):
                    if not suffix.startswith("'"):  # "kitchen's": names are said as they are
                        draft.lists.add((value, slot, self._said(suffix, next_fragment)))
            elif kind in {"space", "end"}:
                rest = END if kind == "end" else after
                if spoken := spoken_words(text, self._templates.language):
                    word, *others = spoken
                    draft.words.setdefault(word, set()).add(self._said(" ".join(others), rest))
                elif kind == "end":
                    draft.final = True
                else:
                    self._explore(rest, "", draft)

    def _after_list(self, fragment: int, text: str) -> Iterator[tuple[str, int]]:
        """What is glued to a list's value ("%"), and what follows that."""
        for arc in self._fragments[fragment]:
            kind, value, _, after = arc
            if kind == "text":
                yield from self._after_list(after, text + value)
            elif kind == "space":
                yield text, after
            else:
                yield text, self._fragment([arc])

    def _said(self, text: str, fragment: int) -> int:
        """The node from which `text` leads to the node of `fragment`."""
        node = self._node(fragment)
        for word in reversed(spoken_words(text, self._templates.language)):
            node = self._intern(_Draft(words={word: {node}}))
        return node

    def _intern(self, draft: "_Draft") -> int:
        words = {word: tuple(sorted(nodes)) for word, nodes in sorted(draft.words.items())}
        lists = tuple(sorted(draft.lists))
        key = (tuple(words.items()), lists, draft.final)
        found = self._node_ids.get(key)
        if found is None:
            found = self._node_ids[key] = len(self.nodes)
            self.nodes.append(Node(words, lists, draft.final))
        return found


@dataclass
class _Draft:
    words: dict[str, set[int]] = field(default_factory=dict)
    lists: set[tuple[str, str, int]] = field(default_factory=set)
    final: bool = False
