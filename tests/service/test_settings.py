"""The one settings file."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bus.settings import Settings as BusSettings
from appliance.service import settings
from appliance.service.errors import WrongSetting


class Sample(settings.Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    size_mb: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    ratio: float = 0.5
    mode: Literal["quiet", "loud"] = "quiet"
    folders: list[str] = msgspec.field(default_factory=list)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "appliance.toml"


def wrong(file: Path, text: str) -> WrongSetting:
    """What is said of a file with that text."""
    file.write_text(text)
    with pytest.raises(WrongSetting) as raised:
        settings.load(file, "sample", Sample)
    return raised.value


def test_without_a_file_all_is_as_by_default(file: Path) -> None:
    assert settings.load(file, "sample", Sample) == Sample()
    assert settings.check(file) == []


def test_without_the_table_all_is_as_by_default(file: Path) -> None:
    file.write_text("[other]\nx = 1\n")
    assert settings.load(file, "sample", Sample) == Sample()


def test_what_is_set_is_read(file: Path) -> None:
    file.write_text('[sample]\nsize_mb = 3\nratio = 1\nmode = "loud"\nfolders = ["a", "b"]\n')
    expected = Sample(size_mb=3, ratio=1.0, mode="loud", folders=["a", "b"])
    assert settings.load(file, "sample", Sample) == expected


def test_other_defaults_hold_for_what_is_not_set(file: Path, tmp_path: Path) -> None:
    defaults = tmp_path / "defaults.toml"
    assert settings.load(file, "sample", Sample, defaults) == Sample()
    defaults.write_text('[sample]\nsize_mb = 5\nmode = "loud"\n')
    file.write_text("[sample]\nsize_mb = 3\n")
    assert settings.load(file, "sample", Sample, defaults) == Sample(size_mb=3, mode="loud")
    file.write_text("sample = 3\n")
    with pytest.raises(WrongSetting):
        settings.load(file, "sample", Sample, defaults)


@pytest.mark.parametrize(
    ("text", "key", "line", "allowed"),
    [
        ("[sample]\nsize_mb = 0\n", "sample.size_mb", 2, "Expected `int` >= 1"),
        ("[sample]\n\n# big\nsize_mb = 101\n", "sample.size_mb", 4, "Expected `int` <= 100"),
        ('[sample]\nsize_mb = "3"\n', "sample.size_mb", 2, "Expected `int`, got `str`"),
        ('[sample]\nmode = "shrill"\n', "sample.mode", 2, "Invalid enum value 'shrill'"),
        ("[sample]\nsize = 3\n", "sample.size", 2, "allowed: size_mb, ratio, mode, folders"),
        ("sample.size_mb = 0\n", "sample.size_mb", 1, ">= 1"),
        ('x = 1\n[ "sample" ] # ours\n"size_mb" = 0\n', "sample.size_mb", 3, ">= 1"),
        ("[sample]\nratio = 1\nfolders = [\n  1,\n  2,\n]\n", "sample.folders", 3, "`str`"),
        ("sample = 3\n", "sample", 1, "Expected `object`"),
    ],
)
def test_a_wrong_value_names_its_key_its_line_and_what_is_allowed(
    file: Path, text: str, key: str, line: int, allowed: str
) -> None:
    error = wrong(file, text)
    assert (error.key, error.line) == (key, line)
    assert allowed in str(error)
    assert f"line {line}" in str(error)
    assert str(file) in error.mend


def test_what_is_no_toml_names_its_line(file: Path) -> None:
    assert wrong(file, "[sample]\nsize_mb 3\n").line == 2


def test_what_is_no_text_is_said(file: Path) -> None:
    file.write_bytes(b"[sample]\n\xff\xfe")
    with pytest.raises(WrongSetting, match="not UTF-8"):
        settings.load(file, "sample", Sample)


names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
scalars = st.integers(0, 99).map(str) | st.sampled_from(
    ["true", '"text"', "[\n1,\n2\n]", '"""\n[a]\nb = 1\n"""', "{ c = 1 }"]
)
tables = st.dictionaries(names, st.dictionaries(names, scalars, max_size=4), max_size=4)
gaps = st.sampled_from(["", "\n", "# a remark\n", "\n\n# [sample]\n"])


@given(tables, gaps, st.data())
def test_a_key_is_found_on_the_line_where_it_is_set(
    document: dict[str, dict[str, str]], gap: str, data: st.DataObject
) -> None:
    text = ""
    places: dict[tuple[str, str | None], int] = {}
    for table, entries in document.items():
        text += f"{gap}[{table}]\n"
        places[table, None] = text.count("\n")
        for key, value in entries.items():
            text += f"{gap}{key} = {value}\n"
            places[table, key] = text.count("\n") - value.count("\n")
    for (table, key), line in places.items():
        assert settings.locate(text, table, key) == line
    absent = data.draw(names.filter(lambda name: name not in document))
    assert settings.locate(text, absent, None) is None


@given(st.text())
def test_any_text_is_settings_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(WrongSetting):
        assert settings.load(file, "sample", Sample) == Sample()


def test_every_room_s_table_is_found() -> None:
    found = settings.sections()
    assert found["bus"] is BusSettings
    assert list(found) == sorted(found)


def test_every_table_of_a_room_works_when_nothing_is_set_and_refuses_unknown_keys() -> None:
    for kind in settings.sections().values():
        kind()
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"no_such_key": 1}, kind)


def test_every_key_of_every_table_says_what_it_is_for() -> None:
    for kind in settings.sections().values():
        _, schemas = msgspec.json.schema_components([kind])
        for name, described in schemas[kind.__name__]["properties"].items():
            assert described.get("description"), (
                f"{kind.__module__}.{name}: {json.dumps(described)}"
            )


def test_check_names_an_unknown_table_and_each_wrong_one(file: Path) -> None:
    file.write_text("[buss]\nx = 1\n[bus]\nlan_port = 70000\n")
    findings = settings.check(file)
    assert [(each.key, each.line) for each in findings] == [("buss", 1), ("bus.lan_port", 4)]
    assert "bus" in findings[0].problem
