"""Words of a grammar found in text whose spaces stand elsewhere.

In Korean particles are glued to names, in Japanese and Chinese there are no spaces, and a
recogniser has units of its own: what is compared is the text without spaces.
"""

from collections.abc import Iterable

from appliance.voice.language.acceptor import WordGrammar

STEP_LIMIT = 20_000
"""Of looking: nothing that a person says comes near."""


def respell(words: Iterable[str], grammar: WordGrammar) -> tuple[str, ...] | None:
    """The words of a whole sentence that reads the same without spaces; None when there is none.

    Of several the one with the longest words at its beginning.
    """
    text = "".join(words)
    dead: set[tuple[int, int]] = set()
    steps = 0
    path: list[str] = []

    def walk(state: int, position: int) -> bool:
        nonlocal steps
        if position == len(text):
            return bool(path) and grammar.is_final(state)
        if (state, position) in dead:
            return False
        following = grammar.next_words(state)
        for end in range(len(text), position, -1):
            steps += 1
            word = text[position:end]
            if word in following and steps < STEP_LIMIT:
                path.append(word)
                if walk(following[word], end):
                    return True
                path.pop()
        dead.add((state, position))
        return False

    return tuple(path) if len(text) < TEXT_LIMIT and walk(grammar.start, 0) else None


TEXT_LIMIT = 300
"""Characters; the walk goes one call deeper for each word."""
