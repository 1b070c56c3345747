"""Which sentence it was: evidence, without what the model expects anyway."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.templates import read_document
from appliance.voice.recognisers.beam import Candidate
from appliance.voice.recognisers.choice import choose

LAMP, FAN, POLITE = ("turn", "on", "lamp"), ("turn", "on", "fan"), ("switch", "on", "lamp")


def grammar() -> Grammar:
    sentences = ["(turn|switch) on {thing}"]
    lists = {"thing": {"values": ["lamp", "fan"]}}
    document = {"intents": {"Turn": {"data": [{"sentences": sentences}]}}, "lists": lists}
    return compile_grammar(read_document(document, "test"))


class Expecting:
    """Expects some sentences more than others, whatever was heard."""

    def __init__(self, **log_probs: float) -> None:
        self._log_probs = log_probs

    def log_probs(self, tokens: tuple[int, ...]) -> Sequence[float]:
        return [self._log_probs["lamp" if tokens[0] == 1 else "fan"], 0.0]


def candidate(words: tuple[str, ...], log_prob: float) -> Candidate:
    number = 2 if "fan" in words else 1
    each = (log_prob, 0.0)
    return Candidate(words, 0, (number, 9), log_prob, each, each, last=1, ending=0.0)


def test_nothing_is_chosen_from_nothing() -> None:
    assert choose([], grammar(), Expecting()) is None


def test_the_likeliest_is_chosen() -> None:
    expecting = Expecting(lamp=-5.0, fan=-5.0)
    best = choose([candidate(LAMP, -1.0), candidate(FAN, -2.0)], grammar(), expecting)
    assert best is not None
    assert best.words == LAMP


def test_what_the_model_expects_anyway_counts_less_than_what_was_heard() -> None:
    expecting = Expecting(lamp=-5.0, fan=-9.0)
    best = choose([candidate(LAMP, -1.0), candidate(FAN, -2.0)], grammar(), expecting)
    assert best is not None
    assert best.words == FAN


@pytest.mark.parametrize(
    ("expected", "heard", "support"),
    [(-10.0, -1.0, 0.9), (-10.0, -10.0, 0.0), (-10.0, -13.0, -0.3)],
)
def test_a_last_word_that_was_only_guessed_has_no_support(
    expected: float, heard: float, support: float
) -> None:
    best = choose([candidate(LAMP, heard)], grammar(), Expecting(lamp=expected))
    assert best is not None
    assert best.support == pytest.approx(support)


def test_a_last_word_that_is_expected_anyway_says_nothing() -> None:
    best = choose([candidate(LAMP, -3.0)], grammar(), Expecting(lamp=-1.0))
    assert best is not None
    assert best.support == 1.0


def test_the_runner_up_is_the_next_one_that_means_something_else() -> None:
    candidates = [candidate(LAMP, -1.0), candidate(POLITE, -1.5), candidate(FAN, -3.0)]
    best = choose(candidates, grammar(), Expecting(lamp=-5.0, fan=-5.0))
    assert best is not None
    assert best.runner_up is not None
    assert (best.runner_up.words, best.runner_up.log_ratio) == (FAN, -2.0)


def test_only_ways_to_say_the_same_are_no_rivals() -> None:
    candidates = [candidate(LAMP, -1.0), candidate(POLITE, -1.1)]
    best = choose(candidates, grammar(), Expecting(lamp=-5.0))
    assert best is not None
    assert best.runner_up is None


def test_many_small_doubts_are_nearer_than_one_wrong_word() -> None:
    doubts = Candidate(LAMP, 0, (1, 9), -4.0, (-1.0, -3.0), (-2.0, -2.0), last=1, ending=0.0)
    wrong = replace(doubts, margins=(-4.0, 0.0))
    near, far = (choose([each], grammar(), Expecting(lamp=-5.0)) for each in (doubts, wrong))
    assert near is not None
    assert far is not None
    assert near.score == far.score
    assert near.distance < far.distance
