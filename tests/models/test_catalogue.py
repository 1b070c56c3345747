"""The catalogue is data that is checked when it is read."""

from pathlib import Path

import pytest

from appliance.models import catalogue
from appliance.models.build.recipes import RECIPES
from appliance.models.errors import InvalidCatalogue, UnknownModel

VALID = """
[[model]]
name = "a"
task = "face detection"
runtime = "opencv"
licence = "MIT"
provenance = "here"
training_data = "none"
redistributable = true
input = "x"
output = "y"
[[model.files]]
name = "a.onnx"
sha256 = "{sha}"
size_bytes = 3
source = {{ type = "https", address = "https://example.org/a.onnx" }}
""".format(sha="0" * 64)


def load(tmp_path: Path, text: str) -> catalogue.Catalogue:
    path = tmp_path / "catalogue.toml"
    path.write_text(text)
    return catalogue.load(path)


def test_our_catalogue_is_valid() -> None:
    assert catalogue.load().entries


def test_albums_can_work_with_what_is_fetched_for_it() -> None:
    assert {entry.task for entry in catalogue.load().needed(["albums"])} == {
        "face detection",
        "face embedding",
    }


def test_what_a_service_needs_is_never_something_to_build() -> None:
    assert not [entry.name for entry in catalogue.load().needed() if entry.origin]


def test_every_built_entry_has_a_recipe() -> None:
    built = {entry.name for entry in catalogue.load().entries if entry.origin}
    assert built == set(RECIPES)


def test_every_entry_is_described_in_the_documentation() -> None:
    text = Path("docs/models.md").read_text()
    assert not [entry.name for entry in catalogue.load().entries if f"`{entry.name}`" not in text]


def test_a_built_entry_is_mended_by_building() -> None:
    assert catalogue.load().get("sface").mend == "appliance models build sface"


def test_a_fetched_entry_is_mended_by_fetching() -> None:
    assert catalogue.load().get("yunet").mend == "appliance models fetch yunet"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownModel, match="yunet"):
        catalogue.load().get("yunit")


def test_the_demo_has_photos_with_and_without_people() -> None:
    names = [photo.file.name for photo in catalogue.load_demo()]
    assert len(names) == len(set(names)) >= 8


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"MIT"', '"MIT"\nlicense = "MIT"', "license"),
        ('"face detection"', '"cooking"', "task"),
        ("size_bytes = 3", "size_bytes = 0", "size_bytes"),
        ("0" * 64, "0" * 63, "sha256"),
        ('"a.onnx"', '"../a.onnx"', "files"),
        ("https://example", "http://example", "address"),
        ('name = "a"', "name = ", "line"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(InvalidCatalogue, match=problem):
        load(tmp_path, VALID.replace(old, new, 1))


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidCatalogue, match="two models are called a"):
        load(tmp_path, VALID + VALID)


def test_a_model_built_from_nothing_known_is_refused(tmp_path: Path) -> None:
    source = '{ type = "https", address = "https://example.org/a.onnx" }'
    text = VALID.replace(source, '{ type = "built", origin = "b" }')
    with pytest.raises(InvalidCatalogue, match="unknown b"):
        load(tmp_path, text)


def test_the_better_model_of_a_task_comes_first(tmp_path: Path) -> None:
    better = VALID.replace('name = "a"', 'name = "b"\nrank = 2', 1)
    names = [entry.name for entry in load(tmp_path, VALID + better).of_task("face detection")]
    assert names == ["b", "a"]


def test_no_registry_is_named_in_the_room() -> None:
    files = [*Path("appliance/models").rglob("*.py"), *Path("appliance/models").glob("*.toml")]
    spelled = [str(path) for path in files if "://" in path.read_text().replace("(https://|", "")]
    # Vosk's makers serve their models at an address of their own.
    assert [path for path in spelled if Path(path).name not in ("https.py", "vosk_models.py")] == []
