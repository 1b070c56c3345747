"""Search over a grammar with a decoder that follows a table instead of sound."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.templates import read_document
from appliance.voice.recognisers.beam import Logits, search
from appliance.voice.recognisers.choice import choose
from appliance.voice.recognisers.lexicon import Lexicon
from appliance.voice.recognisers.tokens import SPACE, Tokens

WORDS = ["turn", "on", "off", "the", "lamp", "fan", "fans"]
LETTERS = sorted(set("".join(WORDS)) | {SPACE, ".", "?", "!", ",", "-"})
VOCABULARY = Tokens(
    [b"<unk>", b"<s>", b"</s>", *(bytes([value]) for value in range(256))]
    + [letter.encode() for letter in LETTERS]
)


def grammar() -> Grammar:
    sentences = ["turn (on|off) [the] (lamp|fan|fans)"]
    return compile_grammar(
        read_document({"intents": {"Turn": {"data": [{"sentences": sentences}]}}}, "test")
    )


class Writing:
    """A decoder that wants to write a text, and finds every other token equally unlikely."""

    def __init__(self, text: str) -> None:
        self._wanted = [*VOCABULARY.encode(SPACE + text.replace(" ", SPACE)), 2]
        self._position = -1
        self.steps = 0

    def begin(self, tokens: Sequence[int]) -> Logits:
        return np.concatenate([self.step([0], [0]) for _ in range(len(tokens) + 1)])

    def keep(self, count: int) -> None:
        self._position = count

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Logits:
        self._position += 1
        self.steps += 1
        logits = np.zeros((len(tokens), len(VOCABULARY)), np.float32)
        if self._position < len(self._wanted):
            logits[:, self._wanted[self._position]] = 12.0
        return logits


class OneByOne(Writing):
    """Counts what is read at once, and what one by one."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.read = self.stepped = 0

    def begin(self, tokens: Sequence[int]) -> Logits:
        logits = super().begin(tokens)
        self.read, self.steps = len(logits), 0
        return logits

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Logits:
        self.stepped = self.steps + 1
        return super().step(parents, tokens)


class Noise:
    """A decoder without any idea."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def begin(self, tokens: Sequence[int]) -> Logits:
        return self.step([0] * (len(tokens) + 1), [0] * (len(tokens) + 1))

    def keep(self, count: int) -> None:
        assert count >= 0

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Logits:
        assert len(parents) == len(tokens)
        return self._random.normal(size=(len(tokens), len(VOCABULARY))).astype(np.float32) * 5


class Indifferent:
    """Expects nothing."""

    def log_probs(self, tokens: tuple[int, ...]) -> Sequence[float]:
        return [0.0 for _ in tokens]


def spelled(text: str) -> tuple[int, ...]:
    return VOCABULARY.encode(SPACE + text.replace(" ", SPACE))


def hear(text: str, width: int = 4) -> tuple[str, float, bool] | None:
    sentences = grammar()
    found = search(Writing(text), Lexicon(sentences, VOCABULARY), width=width, longest=60)
    best = choose(found, sentences, Indifferent())
    return (" ".join(best.words), best.score, best.extendable) if best else None


def test_a_sentence_of_the_grammar_is_heard_as_it_is_written() -> None:
    assert hear("turn on the lamp") == ("turn on the lamp", 0.0, False)


def test_case_commas_and_the_full_stop_are_no_words() -> None:
    assert hear("Turn off, the fan.") == ("turn off the fan", 0.0, False)


def test_another_word_costs_score() -> None:
    found = hear("turn on the lamb")
    assert found is not None
    assert found[0] == "turn on the lamp"
    assert found[1] < 0


def test_a_search_that_is_too_short_finds_nothing() -> None:
    assert search(Noise(1), Lexicon(grammar(), VOCABULARY), width=4, longest=3) == []


def test_what_is_far_from_every_sentence_is_not_followed_to_its_end() -> None:
    """Every letter costs 12 here: the second one is too far."""
    lexicon = Lexicon(grammar(), VOCABULARY)
    decoder = OneByOne("zzzzzzzzzzzzzzzzzzzzz")
    assert search(decoder, lexicon, width=4, longest=60, farthest=16.0) == []
    assert decoder.stepped <= 3


@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from(["", "turn on the la", "fan"]))
def test_whatever_is_heard_is_a_whole_sentence(seed: int, width: int, begun: str) -> None:
    sentences = grammar()
    found = search(
        Noise(seed),
        Lexicon(sentences, VOCABULARY),
        width=width,
        longest=60,
        begun=spelled(begun) if begun else (),
    )
    best = choose(found, sentences, Indifferent())
    assert best is not None
    assert sentences.parse(best.words)
    assert best.score <= 0 <= best.distance
    assert best.runner_up is None or best.runner_up.log_ratio <= 0


@pytest.mark.parametrize("begun", ["turn on the lamp", "turn on the f", "turn off", "Turn on"])
def test_what_was_heard_before_changes_nothing_but_the_time(begun: str) -> None:
    lexicon = Lexicon(grammar(), VOCABULARY)
    afresh = search(Writing("turn on the lamp."), lexicon, width=4, longest=60)
    again = search(Writing("turn on the lamp."), lexicon, width=4, longest=60, begun=spelled(begun))
    assert again[0].words == afresh[0].words


def test_what_was_heard_before_is_read_at_once() -> None:
    lexicon = Lexicon(grammar(), VOCABULARY)
    once = OneByOne("turn on the lamp.")
    search(once, lexicon, width=4, longest=60, begun=spelled("turn on the"))
    assert once.read == 1 + len(spelled("turn on the"))
    assert once.stepped <= len(spelled(" lamp."))


def test_a_wrong_word_is_left_at_its_first_letter() -> None:
    """The first letters of "fan" fit what was heard up to the end of "fa"."""
    lexicon = Lexicon(grammar(), VOCABULARY)
    found = search(
        Writing("turn on the fans."), lexicon, width=4, longest=60, begun=spelled("turn on the fan")
    )
    assert found[0].words == ("turn", "on", "the", "fans")
