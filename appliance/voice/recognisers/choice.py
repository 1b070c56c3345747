"""Which of the sentences that may have been said it was: what was heard decides, not how common the
words are in written English."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from appliance.voice.language.acceptor import WordGrammar
from appliance.voice.recognisers.beam import Candidate
from appliance.voice.recognisers.recogniser import Hypothesis, RunnerUp

PRIOR_WEIGHT = 0.5
"""How much of the model's expectation is taken off. A model that writes text prefers common words
whatever it hears; of a household's sentences none is likelier than another (the internal language
model is subtracted, as in Meng et al. 2021, "Internal language model estimation for domain-adaptive
end-to-end speech recognition"). 318 coffee orders at 6 dB, cut by hand: 302 right without it, 306
with 0.2, 308 with 0.3 to 0.6; both halves of the files agree."""
TOKEN_REWARD = 0.5
"""Added for each token, as in the beam; less is needed here, since the expectation that is taken
off holds against long sentences too. 0.25 to 0.75 are equally good."""

LEAST_SURPRISE = 4.0
"""A word that is expected anyway (log) says nothing about what was heard."""


class Prior(Protocol):
    """What a model would write if it had heard nothing."""

    def log_probs(self, tokens: tuple[int, ...]) -> Sequence[float]:
        """The log probability of each token after those before it."""


def choose(
    candidates: Sequence[Candidate], grammar: WordGrammar, prior: Prior
) -> Hypothesis | None:
    """The likeliest; None when there is none to choose from."""
    if not candidates:
        return None
    expected = [prior.log_probs(each.tokens) for each in candidates]
    evidence = [
        each.log_prob - PRIOR_WEIGHT * sum(log_probs) + TOKEN_REWARD * len(each.tokens)
        for each, log_probs in zip(candidates, expected, strict=True)
    ]
    order = sorted(range(len(candidates)), key=lambda index: -evidence[index])
    best = candidates[order[0]]
    runner_up = None
    for index in order[1:]:
        if not grammar.same(best.words, candidates[index].words):
            lead = evidence[order[0]] - evidence[index]
            runner_up = RunnerUp(candidates[index].words, -lead)
            break
    return Hypothesis(
        words=best.words,
        extendable=grammar.extendable(best.state),
        score=float(np.mean(best.margins)),
        distance=best.distance,
        ending=best.ending,
        support=_support(best, expected[order[0]]),
        runner_up=runner_up,
    )


def _support(candidate: Candidate, expected: Sequence[float]) -> float:
    last = slice(-1 - candidate.last, -1)
    surprise = -sum(expected[last])
    if surprise < LEAST_SURPRISE:
        return 1.0
    return min(1.0, (sum(candidate.log_probs[last]) + surprise) / surprise)
