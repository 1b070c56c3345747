"""How each built entry of the catalogue is made."""

from dataclasses import dataclass
from pathlib import Path

from appliance.models.build import folding, lowering, onnx_reader
from appliance.models.errors import WrongInput


@dataclass(frozen=True)
class Recipe:
    """What the conversion of one net is told."""

    integer_weights: bool
    """int8 weights with a scale a channel instead of float32."""


RECIPES = {
    # Half the time and a quarter of the size of float, the same accuracy on face pairs.
    "sface": Recipe(integer_weights=True),
    # Small already; with int8 weights its landmarks move and it is slower.
    "yunet-tflite": Recipe(integer_weights=False),
}


def build(name: str, origin: Path) -> bytes:
    """The file of a built entry; `origin` is the (verified) file it is made from.

    The same origin and the versions in requirements/build.lock give the same bytes. Raises
    SoftwareMissing, WrongInput.
    """
    try:
        recipe = RECIPES[name]
    except KeyError as error:
        raise WrongInput(name, f"cannot be built; these can: {', '.join(RECIPES)}") from error
    graph = onnx_reader.read(origin)
    folding.fold(graph)
    return lowering.lower(graph, integer_weights=recipe.integer_weights)
