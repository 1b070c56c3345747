"""A grammar as a list of example sentences, for engines that take no other grammar."""

import itertools
from collections import deque

from appliance.voice.language.acceptor import WordGrammar

STATE_LIMIT = 30_000
"""Of the grammar; 500 names make some 3,000. Words behind them stand alone."""


def covering_sentences(grammar: WordGrammar, limit: int = STATE_LIMIT) -> list[tuple[str, ...]]:
    """Whole sentences in which each word occurs after every word that it can follow, at the
    beginning and at the end if it can stand there: what a bigram is made of.

    A grammar of more than `limit` states is walked so far; words after which no sentence was seen
    to end stand alone.
    """
    arcs, ways = _walk(grammar, limit)
    endings = _endings(grammar, arcs)
    entering: dict[int, dict[str, int]] = {}
    """For each state a way into it by each word that leads there."""
    for source, following in arcs.items():
        for word, target in following.items():
            entering.setdefault(target, {}).setdefault(word, source)
    sentences: dict[tuple[str, ...], None] = {}
    covered: set[tuple[str, str]] = set()

    def add(*words: str) -> None:
        sentences[words] = None
        covered.update(itertools.pairwise(("", *words, "")))

    for state in arcs.keys() | entering.keys():
        befores = entering.get(state, {}) if state != grammar.start else {"": grammar.start}
        afters = dict(arcs.get(state, {}))
        if grammar.is_final(state) and state != grammar.start:
            afters[""] = state
        for before, source in befores.items():
            beginning = (*_way(ways, source), before) if before else ()
            for after, target in afters.items():
                ending = _ending(endings, target)
                if (before, after) in covered:
                    continue
                if ending is None:
                    add(after)
                elif after:
                    add(*beginning, after, *ending)
                else:
                    add(*beginning)
    return list(sentences)


def _walk(
    grammar: WordGrammar, limit: int
) -> tuple[dict[int, dict[str, int]], dict[int, tuple[int, str]]]:
    """Arcs by state, and for each state the one before it and the word between."""
    arcs: dict[int, dict[str, int]] = {}
    ways: dict[int, tuple[int, str]] = {}
    waiting = deque([grammar.start])
    seen = {grammar.start}
    while waiting and len(arcs) < limit:
        state = waiting.popleft()
        arcs[state] = dict(grammar.next_words(state))
        for word, target in arcs[state].items():
            if target not in seen:
                seen.add(target)
                ways[target] = (state, word)
                waiting.append(target)
    return arcs, ways


def _endings(
    grammar: WordGrammar, arcs: dict[int, dict[str, int]]
) -> dict[int, tuple[str, int] | None]:
    """For each state from which a sentence can end, the next word of the shortest way there and
    where it leads; None where one ends."""
    before: dict[int, list[tuple[int, str]]] = {}
    states = set(arcs)
    for source, following in arcs.items():
        for word, target in following.items():
            before.setdefault(target, []).append((source, word))
            states.add(target)
    endings: dict[int, tuple[str, int] | None] = dict.fromkeys(
        sorted(state for state in states if grammar.is_final(state))
    )
    waiting = deque(endings)
    while waiting:
        state = waiting.popleft()
        for source, word in before.get(state, ()):
            if source not in endings:
                endings[source] = (word, state)
                waiting.append(source)
    return endings


def _way(ways: dict[int, tuple[int, str]], state: int) -> tuple[str, ...]:
    words: list[str] = []
    while state in ways:
        state, word = ways[state]
        words.append(word)
    return tuple(reversed(words))


def _ending(endings: dict[int, tuple[str, int] | None], state: int) -> tuple[str, ...] | None:
    if state not in endings:
        return None
    words: list[str] = []
    while (step := endings[state]) is not None:
        word, state = step
        words.append(word)
    return tuple(words)
