"""When an utterance ends; sound and sentences follow a script, 32 ms a step."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.voice.audio.sound import Samples
from appliance.voice.hearing.endpointing import End, Endpointing, Patience, Utterance
from appliance.voice.language.acceptor import WordGrammar
from appliance.voice.recognisers.recogniser import Hypothesis, RunnerUp
from appliance.voice.recognisers.rejection import Rejection

CHUNK = 512
CHUNK_MS = 32
LOUD, QUIET = 8000, 10
SOFT = 900
"""Less than the detector takes for speech, and no silence."""
RULE = Rejection(farthest=5.0, least_score=-1.0, least_lead=2.0)
PATIENCE = Patience()


class LoudnessDetector:
    """Speech is what is loud."""

    def chunk_samples(self) -> int:
        return CHUNK

    def process_chunk(self, audio: bytes) -> float:
        return float(np.frombuffer(audio, np.int16).max() > 1000)

    def reset(self) -> None:
        """Remembers nothing."""


class ScriptedRecogniser:
    """Hears one sentence whatever is said."""

    name = "scripted"

    def __init__(self, sentence: Hypothesis | None) -> None:
        self.sentence = sentence
        self.guesses = 0
        self.heard = 0

    def spells(self, word: str) -> bool:
        return True

    def use(self, grammar: WordGrammar) -> None:
        """Knows its sentence already."""

    def hear(self, frame: Samples) -> None:
        self.heard += len(frame)

    def guess(self) -> Hypothesis | None:
        self.guesses += 1
        return self.sentence

    def finish(self) -> Hypothesis | None:
        return self.guess()

    def reset(self) -> None:
        self.heard = 0


class SurerRecogniser(ScriptedRecogniser):
    """At its second look the sentence has ended for certain."""

    def guess(self) -> Hypothesis | None:
        heard = super().guess()
        return heard if heard is None or self.guesses == 1 else replace(heard, ending=0.0)


def sentence(
    *, extendable: bool, score: float = -0.1, ending: float = 0.0, lead: float | None = None
) -> Hypothesis:
    runner_up = None if lead is None else RunnerUp(("make", "tea"), -lead)
    return Hypothesis(("make", "coffee"), extendable, score, -score, ending, runner_up=runner_up)


def sound(level: int, duration_ms: int) -> Samples:
    return np.full(duration_ms * 16, level, np.int16)


def hear(recogniser: ScriptedRecogniser, *parts: Samples) -> list[tuple[float, Utterance]]:
    """Utterances with the milliseconds after which each ended."""
    endpointing = Endpointing(LoudnessDetector(), recogniser, RULE)
    whole = np.concatenate(parts)
    found = []
    for start in range(0, len(whole), CHUNK):
        utterance = endpointing.hear(whole[start : start + CHUNK])
        if utterance is not None:
            found.append(((start + CHUNK) / 16, utterance))
    return found


BEFORE, SPEECH, AFTER = sound(QUIET, 640), sound(LOUD, 960), sound(QUIET, 1600)
SPEECH_ENDS_MS = 1600
NOISE_BEFORE, NOISE_AFTER = sound(SOFT, 640), sound(SOFT, 1600)


STEP_MS = CHUNK_MS
"""Sound comes in chunks here, so that things happen at most one later."""


def within_a_step(at_ms: float, wanted_ms: float) -> bool:
    return 0 <= at_ms - SPEECH_ENDS_MS - wanted_ms < STEP_MS


def test_a_sentence_that_cannot_go_on_ends_at_once() -> None:
    [(at_ms, utterance)] = hear(
        ScriptedRecogniser(sentence(extendable=False)), BEFORE, SPEECH, AFTER
    )
    assert utterance.end is End.COMPLETE
    assert within_a_step(at_ms, PATIENCE.settle_ms)


def test_in_noise_it_is_decoded_again_before_it_is_acted_on() -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=False))
    [(at_ms, utterance)] = hear(recogniser, NOISE_BEFORE, SPEECH, NOISE_AFTER)
    assert (utterance.end, recogniser.guesses) == (End.COMPLETE, 2)
    assert within_a_step(at_ms, PATIENCE.sure_ms)


def test_a_sentence_that_can_go_on_waits_for_the_silence_of_the_setting() -> None:
    [(at_ms, utterance)] = hear(
        ScriptedRecogniser(sentence(extendable=True)), BEFORE, SPEECH, AFTER
    )
    assert utterance.end is End.SILENCE
    assert within_a_step(at_ms, PATIENCE.hold_ms)


def test_it_says_how_long_it_waited() -> None:
    [(_, utterance)] = hear(ScriptedRecogniser(sentence(extendable=True)), BEFORE, SPEECH, AFTER)
    assert 0 <= utterance.waited_ms - PATIENCE.hold_ms < STEP_MS


def test_a_sentence_that_sounds_unfinished_is_waited_for_longer() -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=True, ending=-2.0))
    pause = sound(QUIET, PATIENCE.doubtful_hold_ms - CHUNK_MS)
    [(at_ms, utterance)] = hear(recogniser, BEFORE, SPEECH, pause, SPEECH, AFTER)
    assert utterance.end is End.SILENCE
    assert at_ms - SPEECH_ENDS_MS > PATIENCE.doubtful_hold_ms + SPEECH.size / 16


def test_a_sentence_that_sounds_finished_once_more_silence_was_heard_is_not_waited_for_longer() -> (
    None
):
    recogniser = SurerRecogniser(sentence(extendable=True, ending=-2.0))
    [(at_ms, _)] = hear(recogniser, BEFORE, SPEECH, AFTER)
    assert within_a_step(at_ms, PATIENCE.hold_ms)


def test_a_sentence_that_nothing_can_lengthen_but_sounds_unfinished_is_not_acted_on_at_once() -> (
    None
):
    """Somebody may be going on with words that are in no sentence."""
    recogniser = ScriptedRecogniser(sentence(extendable=False, ending=-2.0))
    [(at_ms, utterance)] = hear(recogniser, BEFORE, SPEECH, AFTER)
    assert utterance.end is End.SILENCE
    assert within_a_step(at_ms, PATIENCE.doubtful_hold_ms)


def test_a_pause_within_a_sentence_does_not_end_it() -> None:
    pause = sound(QUIET, PATIENCE.hold_ms - CHUNK_MS)
    found = hear(
        ScriptedRecogniser(sentence(extendable=True)), BEFORE, SPEECH, pause, SPEECH, AFTER
    )
    assert len(found) == 1


def test_waiting_in_a_quiet_room_decodes_once() -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=True))
    hear(recogniser, BEFORE, SPEECH, AFTER)
    assert recogniser.guesses == 1


def test_what_is_said_after_a_pause_is_decoded_anew() -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=True))
    hear(recogniser, BEFORE, SPEECH, sound(QUIET, 320), SPEECH, AFTER)
    assert recogniser.guesses == 2


def test_a_sound_that_the_detector_does_not_take_for_speech_is_decoded_too() -> None:
    """It may be the last consonant: what was decoded before it is no longer all that was said."""
    recogniser = ScriptedRecogniser(sentence(extendable=True))
    hear(recogniser, BEFORE, SPEECH, sound(QUIET, 96), sound(SOFT, 32), AFTER)
    assert recogniser.guesses > 1


@pytest.mark.parametrize("extendable", [True, False])
def test_of_two_close_readings_neither_is_acted_on(extendable: bool) -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=extendable, lead=1.0))
    [(_, utterance)] = hear(recogniser, BEFORE, SPEECH, AFTER)
    assert utterance.end is End.DOUBTFUL


def test_a_clear_lead_is_acted_on() -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=False, lead=3.0))
    [(_, utterance)] = hear(recogniser, BEFORE, SPEECH, AFTER)
    assert utterance.end is End.COMPLETE


@pytest.mark.parametrize("heard", [None, sentence(extendable=False, score=-3.0)])
def test_what_is_no_sentence_is_looked_at_again_and_rejected(heard: Hypothesis | None) -> None:
    recogniser = ScriptedRecogniser(heard)
    [(at_ms, utterance)] = hear(recogniser, BEFORE, SPEECH, AFTER)
    assert (utterance.end, utterance.hypothesis, recogniser.guesses) == (End.REJECTED, heard, 3)
    assert within_a_step(at_ms, PATIENCE.end_ms)


def test_endless_shouting_is_rejected_once_and_then_not_listened_to() -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=False))
    found = hear(recogniser, BEFORE, sound(LOUD, 60_000), AFTER)
    assert [utterance.end for _, utterance in found] == [End.REJECTED]
    assert recogniser.guesses == 0


def test_after_shouting_and_a_silence_a_command_is_heard() -> None:
    recogniser = ScriptedRecogniser(sentence(extendable=False))
    found = hear(recogniser, BEFORE, sound(LOUD, 20_000), AFTER, SPEECH, AFTER)
    assert [utterance.end for _, utterance in found] == [End.REJECTED, End.COMPLETE]


def test_what_was_said_before_speech_was_noticed_is_heard_too() -> None:
    recogniser = ScriptedRecogniser(None)
    endpointing = Endpointing(LoudnessDetector(), recogniser, RULE)
    endpointing.hear(np.concatenate([BEFORE, SPEECH]))
    assert recogniser.heard == (960 + PATIENCE.before_ms - CHUNK_MS) * 16


def test_reset_forgets_an_utterance() -> None:
    endpointing = Endpointing(
        LoudnessDetector(), ScriptedRecogniser(sentence(extendable=False)), RULE
    )
    endpointing.hear(np.concatenate([BEFORE, SPEECH]))
    endpointing.reset()
    assert not endpointing.speaking
    assert endpointing.hear(AFTER) is None
