"""Text as it is spoken: words of letters, numbers written out, no punctuation."""

import functools
import re
import unicodedata

from hassil.numbers import get_rbnf_engine

NUMBER = re.compile(r"\d+(?:\.\d+)?")
NUMBER_LIMIT_DIGITS = 9
"""Longer rows of digits are read out digit by digit."""
SPOKEN_SIGNS = {"%": " percent ", "°": " degrees ", "&": " and ", "+": " plus "}
"""English only: other languages write these out in their templates."""
APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "`": "'"})


def spoken_words(text: str, language: str = "en") -> tuple[str, ...]:
    """The words of `text` in lower case. Signs, emoji and control characters are left out."""
    plain = unicodedata.normalize("NFC", text).translate(APOSTROPHES).lower()
    plain = "".join(unicodedata.normalize("NFKC", each).lower() for each in plain)
    if language.startswith("en"):
        for sign, word in SPOKEN_SIGNS.items():
            plain = plain.replace(sign, word)
    plain = NUMBER.sub(lambda found: f" {_read_number(found.group(), language)} ", plain)
    kept = "".join(each if _is_spoken(each) else " " for each in plain)
    return tuple(word for part in kept.split() if (word := part.strip("'")))


def number_words(number: float, language: str = "en") -> tuple[str, ...]:
    """A number as it is said; a fraction digit by digit ("twenty point five")."""
    return spoken_words(_say_number(f"{number:.12g}", language), language)


def _is_spoken(character: str) -> bool:
    return character == "'" or unicodedata.category(character)[0] in "LM"


def _read_number(digits: str, language: str) -> str:
    try:
        return _say_number(digits, language)
    except ValueError:  # no rules for that language: a typed number is then no word
        return " "


@functools.lru_cache(maxsize=4096)
def _say_number(digits: str, language: str) -> str:
    """Raises ValueError for a language without rules (Unicode RBNF)."""
    engine = get_rbnf_engine(language)
    whole, _, fraction = digits.lstrip("-").partition(".")
    if len(whole) > NUMBER_LIMIT_DIGITS:
        return " ".join(_say_number(digit, language) for digit in whole)
    said = engine.format_number(int(whole)).text.replace("-", " ").replace("\u00ad", "")
    if digits.startswith("-"):
        said = f"minus {said}"
    if fraction:
        said += " point " + " ".join(_say_number(digit, language) for digit in fraction)
    return said
