"""The words of a grammar in the tokens of a model that writes text."""

from dataclasses import dataclass, field

from appliance.voice.language.acceptor import WordGrammar
from appliance.voice.recognisers.spellings import spellings
from appliance.voice.recognisers.tokens import END, Tokens

STOPS = (".", "?", "!")
"""What may close a sentence."""
SPLIT = 3
"""Letters that two pieces must share to be beginnings of the same word."""
KEPT_STATES = 4096
"""States of the grammar whose spellings are kept."""


@dataclass
class Node:
    """A place within the spellings of the words that may come next."""

    children: dict[int, "Node"] = field(default_factory=dict)
    completes: list[tuple[str, int]] = field(default_factory=list)
    """Words that are written out here, and the state of the grammar after each."""


class Lexicon:
    """The spellings of a grammar's next words as trees of tokens, made when a search gets there."""

    def __init__(self, grammar: WordGrammar, tokens: Tokens) -> None:
        self.grammar = grammar
        self.ends = [END, *(tokens.encode(stop)[-1] for stop in STOPS)]
        self._tokens = tokens
        self._roots: dict[int, Node] = {}
        self._encoded: dict[tuple[str, bool], list[tuple[int, ...]]] = {}

    @property
    def root(self) -> Node:
        return self.after(self.grammar.start)

    def after(self, state: int) -> Node:
        """The tree of the words that follow a state."""
        root = self._roots.get(state)
        if root is None:
            if len(self._roots) >= KEPT_STATES:
                self._roots.clear()
            root = self._roots[state] = self._grow(state)
        return root

    def alike(self, token: int, other: int) -> bool:
        """Whether both may be written for the same word: they differ in punctuation, capitals, or
        in where the word is split."""
        short, long = sorted((self._letters(token), self._letters(other)), key=len)
        return not short or short == long or (len(short) >= SPLIT and long.startswith(short))

    def _letters(self, token: int) -> str:
        return "".join(filter(str.isalnum, self._tokens.decode([token]))).casefold()

    def _grow(self, state: int) -> Node:
        root = Node()
        first = state == self.grammar.start
        for word, target in self.grammar.next_words(state).items():
            for tokens in self._spell(word, first):
                node = root
                for token in tokens:
                    node = node.children.setdefault(token, Node())
                node.completes.append((word, target))
        return root

    def _spell(self, word: str, first: bool) -> list[tuple[int, ...]]:
        known = self._encoded.get((word, first))
        if known is None:
            texts = dict.fromkeys(spellings(word, first=first))
            known = list(dict.fromkeys(self._tokens.encode(text) for text in texts))
            self._encoded[word, first] = known
        return known
