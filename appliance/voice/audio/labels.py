"""What a table of labelled recordings says, and the recordings themselves."""

import csv
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.models.errors import SoftwareMissing, WrongInput
from appliance.voice.audio.recording import parse_recording, read_recording
from appliance.voice.audio.sound import Samples
from appliance.voice.errors import WrongRecording

COLUMNS = ("file", "intent", "slots")
NO_COMMAND = "none"
DECODE_LIMIT_S = 60


@dataclass(frozen=True)
class Label:
    """A recording and what must come of it."""

    path: Path
    intent: str
    """NO_COMMAND for speech that asks for nothing."""
    slots: Mapping[str, str]

    @property
    def command(self) -> bool:
        return self.intent != NO_COMMAND


def read_labels(table: Path, folder: Path) -> list[Label]:
    """The rows of a tab-separated table with the columns file, intent, slots (a JSON object);
    files are below `folder`. Raises WrongInput."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise WrongInput(str(table), f"the first line lacks the columns {missing}")
            return [_label(table, number, row, folder) for number, row in enumerate(reader, 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongInput(str(table), f"cannot be read as a table ({error})") from error


def _label(table: Path, line: int, row: Mapping[str, str | None], folder: Path) -> Label:
    try:
        slots = json.loads(row["slots"] or "")
    except json.JSONDecodeError:
        slots = None
    if not row["file"] or not row["intent"] or not isinstance(slots, dict):
        raise WrongInput(str(table), f"line {line} is not: file, intent, JSON object of slots")
    texts = {str(name): str(text) for name, text in slots.items()}
    return Label(folder / row["file"], row["intent"], texts)


def read_speech(path: Path) -> Samples:
    """A WAV file, or a FLAC file where the program flac is installed.

    Raises WrongInput, SoftwareMissing.
    """
    try:
        if path.suffix.lower() != ".flac":
            return read_recording(path).samples
        command = ["flac", "--decode", "--stdout", "--silent", str(path.absolute())]
        decoded = subprocess.run(  # noqa: S603 - a fixed program
            command, capture_output=True, check=True, timeout=DECODE_LIMIT_S
        )
        return parse_recording(decoded.stdout, path.name).samples
    except WrongRecording as error:
        raise WrongInput(str(path), str(error)) from error
    except FileNotFoundError as error:
        raise SoftwareMissing("flac", "apt-get install flac, or give WAV files") from error
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise WrongInput(str(path), "is not there or is no FLAC file") from error
