"""What a folder or zip may do to us."""

import os
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.models import unpacking
from appliance.models.errors import WrongInput
from appliance.models.unpacking import unpack


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_chosen_files_are_copied_without_the_folder_around_them(
    tmp_path: Path, target: Path
) -> None:
    files = {"ko-1/am/final.mdl": b"am", "ko-1/README": b"r", "ko-1/rescore/G.fst": b"large"}
    source = pack(tmp_path / "model.zip", {**files, "__MACOSX/ko-1/README": b"x"})
    assert unpack(source, target, ("am", "README")) == ["README", "am/final.mdl"]
    assert (target / "am" / "final.mdl").read_bytes() == b"am"
    assert not (target / "rescore").exists()


def test_a_folder_is_copied_alike(tmp_path: Path, target: Path) -> None:
    (tmp_path / "ko" / "am").mkdir(parents=True)
    (tmp_path / "ko" / "am" / "final.mdl").write_bytes(b"am")
    assert unpack(tmp_path / "ko", target, ("am",)) == ["am/final.mdl"]


@pytest.mark.parametrize("name", ["../am/x", "/am/x", "am/../../x", "am\\..\\x"])
def test_paths_that_lead_out_are_refused(tmp_path: Path, target: Path, name: str) -> None:
    source = pack(tmp_path / "model.zip", {name: b"x"})
    with pytest.raises(WrongInput, match="leads out"):
        unpack(source, target, ("am",))
    assert not list(target.iterdir())


def test_symbolic_links_are_refused(tmp_path: Path, target: Path) -> None:
    info = zipfile.ZipInfo("am/final.mdl")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    (tmp_path / "ko" / "am").mkdir(parents=True)
    (tmp_path / "ko" / "am" / "final.mdl").symlink_to("/etc/passwd")
    for source in (tmp_path / "model.zip", tmp_path / "ko"):
        with pytest.raises(WrongInput, match="symbolic link"):
            unpack(source, target, ("am",))


def test_what_is_no_file_is_refused(tmp_path: Path, target: Path) -> None:
    (tmp_path / "ko" / "am").mkdir(parents=True)
    os.mkfifo(tmp_path / "ko" / "am" / "final.mdl")
    with pytest.raises(WrongInput, match="no file"):
        unpack(tmp_path / "ko", target, ("am",))


def test_an_archive_that_swells_is_refused(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "SIZE_LIMIT_BYTES", 1_000_000)
    source = pack(tmp_path / "bomb.zip", {"am/final.mdl": bytes(2_000_000)})
    with pytest.raises(WrongInput, match="more than 1 MB"):
        unpack(source, target, ("am",))
    assert not list(target.iterdir())


def test_too_many_files_are_refused(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FILE_LIMIT", 3)
    source = pack(tmp_path / "many.zip", {f"am/{number}": b"" for number in range(5)})
    with pytest.raises(WrongInput, match="more than 3 files"):
        unpack(source, target, ("am",))


@given(damage=st.data())
def test_a_damaged_zip_is_refused_or_read(
    damage: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    source = pack(folder / "model.zip", {"am/final.mdl": b"weights" * 50, "README": b"r"})
    whole = bytearray(source.read_bytes())
    if damage.draw(st.booleans()):
        del whole[damage.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[damage.draw(st.integers(0, len(whole) - 1))] ^= damage.draw(st.integers(1, 255))
    source.write_bytes(whole)
    (folder / "target").mkdir()
    with suppress(WrongInput):
        unpack(source, folder / "target", ("am", "README"))
