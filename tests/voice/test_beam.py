"""Search over a grammar with a decoder that follows a table instead of sound."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from appliance.voice.beam import Lexicon, Logits, search
from appliance.voice.compiler import compile_grammar
from appliance.voice.grammar import Grammar
from appliance.voice.templates import read_document
from appliance.voice.tokens import SPACE, Tokens

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

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Logits:
        self._position += 1
        logits = np.zeros((len(tokens), len(VOCABULARY)), np.float32)
        if self._position < len(self._wanted):
            logits[:, self._wanted[self._position]] = 12.0
        return logits


class Noise:
    """A decoder without any idea."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Logits:
        assert len(parents) == len(tokens)
        return self._random.normal(size=(len(tokens), len(VOCABULARY))).astype(np.float32) * 5


def hear(text: str, width: int = 4) -> tuple[str, float, bool] | None:
    found = search(Writing(text), Lexicon(grammar(), VOCABULARY), width=width, longest=60)
    return (" ".join(found.words), found.score, found.extendable) if found else None


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
    assert search(Noise(1), Lexicon(grammar(), VOCABULARY), width=4, longest=3) is None


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_whatever_is_heard_is_a_whole_sentence(seed: int, width: int) -> None:
    sentences = grammar()
    found = search(Noise(seed), Lexicon(sentences, VOCABULARY), width=width, longest=60)
    assert found is not None
    assert sentences.parse(found.words)
    assert found.worst <= found.score <= 0
    assert found.runner_up is None or found.runner_up.log_ratio <= 0
