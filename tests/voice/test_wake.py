"""The wake word is heard once when it is said, and not in other speech or noise."""

import pytest

from appliance.voice.audio.sound import Samples
from appliance.voice.hearing.wake import WORDS, WakeWord, Word
from tests.voice.speech import frames, noise, say, silence


def count(word: WakeWord, *sounds: Samples) -> int:
    return sum(word.hear(frame) for frame in frames(*sounds))


@pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+m7"])
def test_the_word_is_heard_once_a_saying(voice: str) -> None:
    said = say("okay nabu", voice)
    assert count(WakeWord("okay_nabu"), silence(500), said, silence(2000), said, silence(500)) == 2


def test_another_word_is_another_model() -> None:
    alexa = say("alexa", "en-gb")
    assert count(WakeWord("alexa"), silence(500), alexa, silence(500)) == 1
    assert count(WakeWord("okay_nabu"), silence(500), alexa, silence(500)) == 0


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_setting_has_a_model(word: Word) -> None:
    assert count(WakeWord(word), silence(1000)) == 0


def test_other_speech_and_noise_wake_nobody() -> None:
    word = WakeWord("okay_nabu", "high")
    speech = say("the quick brown fox jumps over the lazy dog and nobody knew about it")
    assert count(word, silence(300), speech, noise(2000, 3000), silence(300)) == 0


def test_sensitivity_moves_the_cutoff() -> None:
    low, medium, high = (WakeWord("alexa", level).cutoff for level in ("low", "medium", "high"))
    assert 1.0 > low > medium > high > 0.5


def test_after_a_reset_the_beginning_of_a_word_is_forgotten() -> None:
    word, said = WakeWord("okay_nabu"), say("okay nabu")
    half = len(said) // 2
    heard = count(word, silence(500), said[:half])
    word.reset()
    assert heard + count(word, silence(500), said[half:], silence(500)) == 0
