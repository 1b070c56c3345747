"""How written text is spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.voice.language.words import number_words, spoken_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Turn ON the lamp!", "turn on the lamp"),
        ("Tom\u2019s lamp", "tom's lamp"),
        ("set it to 21%", "set it to twenty one percent"),
        ("20.5\N{DEGREE SIGN}", "twenty point five degrees"),
        ("living-room", "living room"),
        ("\N{ELECTRIC LIGHT BULB} lamp \u200b", "lamp"),
        ("{name} [x] (a|b) <the>", "name x a b the"),
        ("\N{ELECTRIC LIGHT BULB}", ""),
    ],
)
def test_text_becomes_the_words_that_are_said(text: str, words: str) -> None:
    assert " ".join(spoken_words(text)) == words


def test_numbers_are_read_in_the_language_of_the_household() -> None:
    assert spoken_words("Lampe 2", "de") == ("lampe", "zwei")


def test_a_fraction_is_read_digit_by_digit() -> None:
    assert number_words(20.5) == ("twenty", "point", "five")


@given(st.text())
def test_whatever_is_written_becomes_words_that_stay_the_same(text: str) -> None:
    words = spoken_words(text)
    assert spoken_words(" ".join(words)) == words
    assert all(word and not any(map(str.isspace, word)) for word in words)
