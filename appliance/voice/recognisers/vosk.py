"""Vosk (Kaldi), which decodes while somebody speaks, held to the sentences of a grammar.

What Vosk calls a grammar is a bigram over phrases: words come out in orders that no phrase has. It
is given sentences in which every pair of words that can follow each other occurs, and only a whole
sentence among its alternatives counts. Its confidences are 1.0 even for what is wrong; instead
the sentence's likelihood is compared with that of the same sound as any other words.
"""

from collections.abc import Iterable, Sequence

from appliance.models.runtimes.vosk import (
    UNKNOWN,
    Alternative,
    VoskModel,
    VoskStream,
    short_words,
    spell,
)
from appliance.voice.audio.sound import SAMPLE_RATE_HZ, Samples
from appliance.voice.language.acceptor import WordGrammar
from appliance.voice.language.respelling import respell
from appliance.voice.recognisers.phrases import covering_sentences
from appliance.voice.recognisers.recogniser import Hypothesis, RunnerUp
from appliance.voice.recognisers.rejection import Rejection
from appliance.voice.recognisers.utterance import Utterance

ALTERNATIVES = 16
"""Among which a whole sentence is looked for; those of the small models reach 2 (log) below the
best, whatever is asked for (`lattice-beam` in the model's own configuration)."""
LONGEST_S = 9.0
REPLAY_S = 0.5
"""A guess ends a recognition; when this much was heard after it, somebody goes on speaking, and all
is decoded once more, in a twentieth of its length."""

REJECTION = Rejection(farthest=4.0, least_score=-1.0, least_lead=0.3)
"""The first two chosen on synthetic Korean (espeak-ng, six voices, 150 commands): of the sentences
that came out right none had a score below -0.7 or a distance above 2.7. The lead is a guess: no
alternative is more than some 2 behind. Whether they suit people, and other languages, is not
known."""


class Vosk:
    """Two recognitions of one model: of the sentences, and of any short words."""

    def __init__(self, name: str, model: VoskModel, vocabulary: Sequence[str]) -> None:
        """`vocabulary` is the model's. Raises ModelDamaged when it takes no grammar."""
        self.name = name
        self.unknown: frozenset[str] = frozenset()
        """Words of the grammar in use that the model cannot hear."""
        self._model = model
        self._other = model.open(SAMPLE_RATE_HZ, short_words(vocabulary), 1)
        self._commands: VoskStream | None = None
        self._grammar: WordGrammar | None = None
        self._pieces: dict[str, tuple[str, ...] | None] = {}
        self._utterance = Utterance(LONGEST_S)
        self._decoded = 0
        """Frames that both recognitions have taken."""
        self._ended = False
        """Whether a guess has ended them."""

    def spells(self, word: str) -> bool:
        """Words of the model, and what they make up together."""
        return self._spell(word) is not None

    def use(self, grammar: WordGrammar) -> None:
        phrases: list[str] = []
        unknown: set[str] = set()
        for sentence in covering_sentences(grammar):
            spelt = [self._spell(word) for word in sentence]
            unknown.update(word for word, pieces in zip(sentence, spelt, strict=True) if not pieces)
            if all(spelt):
                phrases.append(" ".join(piece for pieces in spelt if pieces for piece in pieces))
        if phrases and self._model.knows(UNKNOWN):
            phrases.append(UNKNOWN)
        self.unknown = frozenset(unknown)
        self._grammar = grammar
        self._commands = (
            self._model.open(SAMPLE_RATE_HZ, dict.fromkeys(phrases), ALTERNATIVES)
            if phrases
            else None
        )
        self.reset()

    def hear(self, frame: Samples) -> None:
        if not self._utterance.add(frame):
            return
        if not self._ended:
            self._decode()
        elif sum(map(len, self._waiting())) > REPLAY_S * SAMPLE_RATE_HZ:
            self._begin_again()
            self._decode()

    def guess(self) -> Hypothesis | None:
        return self._utterance.guess(self._end)

    def finish(self) -> Hypothesis | None:
        hypothesis = self.guess()
        self.reset()
        return hypothesis

    def reset(self) -> None:
        self._utterance.clear()
        self._begin_again()

    def _begin_again(self) -> None:
        if self._commands is not None:
            self._commands.reset()
        self._other.reset()
        self._decoded, self._ended = 0, False

    def _waiting(self) -> list[Samples]:
        return self._utterance.frames[self._decoded :]

    def _decode(self) -> None:
        waiting = b"".join(frame.tobytes() for frame in self._waiting())
        self._decoded = len(self._utterance.frames)
        if self._commands is not None and waiting:
            self._commands.hear(waiting)
            self._other.hear(waiting)

    def _end(self) -> Hypothesis | None:
        if self._commands is None or not self._utterance.frames:
            return None
        if self._ended:
            self._begin_again()
        self._decode()
        self._ended = True
        return self._judge(self._commands.finish(), self._other.finish())

    def _judge(
        self, found: Sequence[Alternative], other: Sequence[Alternative]
    ) -> Hypothesis | None:
        """The likeliest whole sentence. `distance` is the logarithm of how much less likely (never
        below 0) the sound is as that than as the best of all else, `score` the same for each word
        of the model's, negative."""
        grammar = self._grammar
        if grammar is None:
            return None
        sentences: dict[tuple[str, ...], Alternative] = {}
        for each in found:
            words = respell(each.words, grammar)
            if words is not None:
                sentences.setdefault(words, each)
        if not sentences:
            return None
        (words, best), *others = sentences.items()
        rival = max(each.log_likelihood for each in (*found, *other))
        margin = min(0.0, best.log_likelihood - rival)
        different = ((each, how) for each, how in others if not grammar.same(words, each))
        second = next(different, None)
        runner_up = None
        if second is not None:
            runner_up = RunnerUp(second[0], second[1].log_likelihood - best.log_likelihood)
        return Hypothesis(
            words=words,
            extendable=_extendable(words, grammar),
            score=margin / len(best.words),
            distance=-margin,
            runner_up=runner_up,
        )

    def _spell(self, word: str) -> tuple[str, ...] | None:
        """The fewest words of the model that are written like it; None when there are none."""
        if word not in self._pieces:
            self._pieces[word] = spell(word, self._model)
        return self._pieces[word]


def _extendable(words: Iterable[str], grammar: WordGrammar) -> bool:
    state = grammar.start
    for word in words:
        state = grammar.next_words(state)[word]
    return grammar.extendable(state)
