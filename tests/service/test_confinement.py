"""A process that has given up files and network has them no more."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, socket
from pathlib import Path
from appliance.service.confinement import keep_files
folder = Path(sys.argv[1])
if not keep_files([folder / "readable"], [folder / "writable", folder / "missing"]):
    print("not possible")
    sys.exit()
def can(what):
    try:
        what()
    except OSError:
        return False
    return True
(folder / "writable" / "below").mkdir()
print(
    can((folder / "readable" / "one").read_bytes),
    can(lambda: (folder / "readable" / "one").write_bytes(b"x")),
    can((folder / "secret").read_bytes),
    can(lambda: (folder / "writable" / "below" / "two").write_bytes(b"x")),
    can((folder / "writable" / "below" / "two").unlink),
    can(lambda: socket.create_server(("127.0.0.1", 0)).close()),
)
"""


def test_what_is_not_named_cannot_be_opened(tmp_path: Path) -> None:
    for name in ("readable", "writable"):
        (tmp_path / name).mkdir()
    (tmp_path / "readable" / "one").write_bytes(b"1")
    (tmp_path / "secret").write_bytes(b"2")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.stderr == ""
    if done.stdout == "not possible\n":
        pytest.skip("this kernel has no Landlock")
    assert done.stdout == "True False False True False True\n"
