"""Example sentences stand for a grammar."""

from itertools import pairwise

from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.respelling import respell
from appliance.voice.language.templates import read_document
from appliance.voice.recognisers.phrases import covering_sentences
from tests.voice.house import GRAMMARS


def compile_sentences(*sentences: str) -> Grammar:
    document = {"intents": {"Do": {"data": [{"sentences": list(sentences)}]}}}
    return compile_grammar(read_document(document, "test"))


def test_each_is_a_sentence_of_the_house() -> None:
    sentences = list(covering_sentences(GRAMMARS.spoken))
    assert all(GRAMMARS.spoken.parse(words) for words in sentences)
    assert len(sentences) == len(set(sentences))


def test_every_word_that_can_follow_another_does() -> None:
    grammar = compile_sentences("turn (on|off) the (lamp|fan) [please]", "stop")
    sentences = set(covering_sentences(grammar))
    pairs = {pair for words in sentences for pair in pairwise(words)}
    assert {("turn", "off"), ("the", "fan"), ("lamp", "please"), ("fan", "please")} <= pairs
    assert ("stop",) in sentences


def test_a_grammar_that_is_too_large_is_covered_as_far_as_it_was_walked() -> None:
    grammar = compile_sentences("one two three four", "five")
    assert set(covering_sentences(grammar, limit=1)) == {("one",), ("five",)}


def test_spaces_may_stand_elsewhere() -> None:
    grammar = compile_sentences("거실 조명 을 켜줘", "거실 조명 꺼줘")
    assert respell(["거실", "조명을", "켜", "줘"], grammar) == ("거실", "조명", "을", "켜줘")
    assert respell(["거실조명꺼줘"], grammar) == ("거실", "조명", "꺼줘")


def test_what_is_no_whole_sentence_is_not_respelt() -> None:
    grammar = compile_sentences("거실 조명 켜줘")
    for words in (["거실", "조명"], ["켜줘", "거실", "조명"], ["거실", "조명", "켜줘", "줘"], [""]):
        assert respell(words, grammar) is None


def test_text_without_an_end_is_given_up() -> None:
    grammar = compile_sentences("a [a] [a] [a]")
    assert respell(["a" * 100_000], grammar) is None
