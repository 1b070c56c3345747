"""How a recogniser that writes prose may write a spoken word."""

from collections.abc import Iterator

from appliance.voice.recognisers.tokens import SPACE

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_TEENS = "fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
DIGITS = {
    **{word: str(number) for number, word in enumerate(f"{_UNITS} {_TEENS}".split())},
    **{word: str(number) for number, word in zip(range(20, 100, 10), _TENS.split(), strict=True)},
}
SIGNS = {"percent": "%", "degrees": "°", "degree": "°"}


def spellings(word: str, *, first: bool) -> Iterator[str]:
    """Text of the word with what stands before it: a space, a comma or a hyphen; none of them is
    another word. `first` is the first of a sentence."""
    capitalised = word[:1].upper() + word[1:]
    yield SPACE + word
    yield SPACE + capitalised
    digits = DIGITS.get(word)
    if digits:
        yield SPACE + digits
    if first:
        return
    yield f",{SPACE}{word}"
    yield f"-{word}"
    if digits:
        yield f",{SPACE}{digits}"
    if word in SIGNS:
        yield SIGNS[word]
