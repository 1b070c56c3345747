"""What `appliance run` lays ready for the demo, and takes away where there is none."""

import os
import shutil
import stat
import tomllib
from pathlib import Path

from appliance.service.durable import make_folder, write_file
from appliance.service.paths import Paths

PROGRAM = "espeak-ng"
"""What speaks."""
CAMERA_NAME = "Demo street"
CAMERA = """\
[camera]
recordings_gb = 1.0
[[camera.cameras]]
name = {name}
url = {url}
"""
UNITS = Path(__file__).parent
"""The folder of the unit that only the demo has."""


def set_up(paths: Paths, *, microphone: bool, clip: Path | None = None) -> bool:
    """Whether the demo will speak: where there is no microphone, and the household has chosen none,
    voice listens to a named pipe instead; after `clear`. `clip` is what a camera shows, unless the
    household has chosen its cameras. Raises OSError."""
    speaks = not (microphone or _has_chosen(paths.settings_file) or shutil.which(PROGRAM) is None)
    text = _listen_to_pipe(paths) if speaks else ""
    if clip is not None:
        text += CAMERA.format(name=_quoted(CAMERA_NAME), url=_quoted(str(clip)))
    if text:
        make_folder(paths.defaults_file.parent)
        write_file(paths.defaults_file, text.encode(), 0o644)
    return speaks


def _listen_to_pipe(paths: Paths) -> str:
    """The setting for it. Raises OSError."""
    pipe = paths.demo_microphone
    make_folder(pipe.parent)
    if not (pipe.exists() and stat.S_ISFIFO(pipe.stat().st_mode)):
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe, 0o600)
    write_file(paths.demo_unspoken, b"")
    return f"[voice]\nmicrophone = {_quoted(str(pipe))}\n"


def clear(paths: Paths) -> None:
    """Voice listens to what the settings say. Raises OSError."""
    for file in (paths.defaults_file, paths.demo_unspoken):
        file.unlink(missing_ok=True)


def _has_chosen(settings: Path) -> bool:
    """Whether the household has set a microphone; a file that cannot be read is left to the
    services, which say what is wrong with it."""
    try:
        voice = tomllib.loads(settings.read_text("utf-8")).get("voice")
    except (OSError, ValueError):
        return False
    return isinstance(voice, dict) and "microphone" in voice


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
