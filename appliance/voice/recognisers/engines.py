"""The recognisers there are, by name, each opened with its model and its own thresholds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.models import vosk_models
from appliance.models.catalogue import Entry
from appliance.models.errors import ModelMissing, UnknownModel, WrongInput
from appliance.models.runtimes.vosk import VoskModel, read_vocabulary
from appliance.models.store import Store
from appliance.voice.recognisers.moonshine import DECODER, ENCODER, TOKENS, Moonshine
from appliance.voice.recognisers.recogniser import Recogniser
from appliance.voice.recognisers.rejection import MOONSHINE, Rejection
from appliance.voice.recognisers.vosk import REJECTION, Vosk

AUTO, DEFAULT, VOSK = "auto", "moonshine", "vosk"
RECOGNISERS = (AUTO, DEFAULT, VOSK)
"""Names in the settings and on the command line."""
ENGLISH = "en"
MOONSHINE_MODEL = "moonshine-tiny-en"

HOPELESS = 1.5
"""Times the distance up to which a sentence is accepted: the best beginning may still be overtaken
by one that is nearer."""


@dataclass(frozen=True)
class Engine:
    """A recogniser that is ready for a grammar."""

    recogniser: Recogniser
    rejection: Rejection


def open_engine(store: Store, name: str = AUTO, language: str = ENGLISH, model: str = "") -> Engine:
    """Loads it: Moonshine in some 0.3 s, Vosk in one to eight. `model` is a catalogue entry for
    Vosk, empty for the first of the language.

    `auto` is Vosk wherever a Vosk model of the language is installed, else Moonshine, which hears
    English. Raises UnknownModel, ModelMissing, ModelDamaged, SoftwareMissing, WrongInput.
    """
    if name not in RECOGNISERS:
        raise UnknownModel(name, RECOGNISERS)
    entry = _select(store, name, language, model)
    open_it: Callable[[Entry, Path], Engine] = _open_vosk if _is_vosk(entry) else _open_moonshine
    store.path(entry.name)  # compares the SHA-256 of every file
    return open_it(entry, store.folder_of(entry))


def _select(store: Store, name: str, language: str, model: str) -> Entry:
    if model:
        entry = store.catalogue.get(model)
        if not _is_vosk(entry):
            raise WrongInput(model, "is no Vosk model")
        return entry
    spoken = _base(language)
    if name != DEFAULT:
        for entry in store.catalogue.of_task("speech recognition"):
            known = _is_vosk(entry) and _base(entry.language) == spoken
            if known and store.folder_of(entry).exists():
                return entry
    if name != VOSK and spoken == ENGLISH:
        return store.catalogue.get(MOONSHINE_MODEL)
    if name == DEFAULT:
        raise WrongInput(DEFAULT, f"hears English, not {language!r}; set voice.recogniser to auto")
    raise ModelMissing(f"of Vosk for the language {language}", vosk_models.mend(language))


def _open_moonshine(entry: Entry, folder: Path) -> Engine:
    recogniser = Moonshine(
        DEFAULT,
        folder / ENCODER,
        folder / DECODER,
        folder / TOKENS,
        farthest=HOPELESS * MOONSHINE.farthest,
    )
    return Engine(recogniser, MOONSHINE)


def _open_vosk(entry: Entry, folder: Path) -> Engine:
    vocabulary = read_vocabulary(entry.name, folder, entry.mend)
    model = VoskModel(entry.name, folder, entry.mend)
    return Engine(Vosk(VOSK, model, vocabulary), REJECTION)


def _is_vosk(entry: Entry) -> bool:
    return entry.runtime == "vosk"


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
