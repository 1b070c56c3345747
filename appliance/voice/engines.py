"""The recognisers there are, by name, each opened with its model and its own thresholds."""

from dataclasses import dataclass

from appliance.models.errors import ModelMissing, UnknownModel
from appliance.models.store import Store
from appliance.voice.recogniser import Recogniser
from appliance.voice.recognisers.moonshine import DECODER, ENCODER, TOKENS, Moonshine
from appliance.voice.rejection import MOONSHINE, Rejection

DEFAULT = "moonshine"
MODELS = {DEFAULT: "moonshine-tiny-en"}
"""Name in the settings and on the command line -> catalogue entry."""


@dataclass(frozen=True)
class Engine:
    """A recogniser that is ready for a grammar."""

    recogniser: Recogniser
    rejection: Rejection


def open_engine(store: Store, name: str = DEFAULT) -> Engine:
    """Loads it (some 0.3 s). Raises UnknownModel, ModelMissing, ModelDamaged, SoftwareMissing."""
    if name not in MODELS:
        raise UnknownModel(name, tuple(MODELS))
    model = MODELS[name]
    folder = store.path(model).parent
    for file in (ENCODER, DECODER, TOKENS):
        if not (folder / file).is_file():
            raise ModelMissing(model, store.catalogue.get(model).mend)
    recogniser = Moonshine(name, folder / ENCODER, folder / DECODER, folder / TOKENS)
    return Engine(recogniser, MOONSHINE)
