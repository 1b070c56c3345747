"""Vosk models: those at the official address, what is in a folder, and a trial of it."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from appliance.models.catalogue import Entry, ModelFile, Source, user_name
from appliance.models.errors import InvalidCatalogue, ModelDamaged, WrongInput
from appliance.models.runtimes.vosk import STATIC_GRAPH, check_files
from appliance.models.sources.archived import ArchivedFile
from appliance.models.sources.user import UserFile
from appliance.models.store import digest

LIST = Path(__file__).with_name("vosk.toml")
ADDRESS = "https://alphacephei.com/vosk/models/"
PARTS = ("am", "conf", "graph", "ivector", "README")
"""What of a folder is a model; larger ones have more, which a grammar does not use."""
TRIAL_LIMIT_S = 300
SAMPLE_RATE_HZ = 16_000
"""What Kaldi assumes when a configuration does not say."""
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"


class OfficialModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A small model of its makers'."""

    language: Annotated[str, msgspec.Meta(pattern=LANGUAGE)]
    title: str
    """The language in English."""
    name: str

    @property
    def address(self) -> str:
        return f"{ADDRESS}{self.name}.zip"


class _ListFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: tuple[OfficialModel, ...]


@dataclass(frozen=True)
class Trial:
    """What was found in a model that runs."""

    size_bytes: int
    sample_rate_hz: int
    has_unknown: bool
    """Whether a sound that is no word of the model's can come out as [unk]."""
    words: int
    """In its vocabulary."""
    missing: tuple[str, ...]
    """Of the words that were asked for, those that it cannot hear."""


def official_models() -> tuple[OfficialModel, ...]:
    """Raises InvalidCatalogue."""
    try:
        return msgspec.convert(tomllib.loads(LIST.read_text("utf-8")), _ListFile).model
    except (OSError, ValueError) as error:
        raise InvalidCatalogue(LIST, str(error)) from error


def find_official(language: str) -> OfficialModel:
    """By code or English name. Raises WrongInput."""
    wanted = language.strip().lower()
    for model in official_models():
        if wanted in (model.language, model.title.lower()):
            return model
    known = ", ".join(f"{model.language} ({model.title})" for model in official_models())
    raise WrongInput(
        language,
        f"there is no small Vosk model of this language that we know an address of; known: {known}."
        " Any other can be brought: appliance models add FOLDER_OR_ZIP --language CODE",
    )


def mend(language: str) -> str:
    """The command that brings a model of a language."""
    known = any(model.language == language for model in official_models())
    what = "" if known else "FOLDER_OR_ZIP "
    return f"appliance models add {what}--language {language}"


def make_entry(
    staged: Path, names: Iterable[str], *, name: str, language: str, origin: OfficialModel | None
) -> Entry:
    """The entry of what was unpacked, with the SHA-256 of each file. Raises WrongInput."""
    source: Source = UserFile() if origin is None else ArchivedFile(origin.address)
    files = []
    for each in names:
        sha256, size_bytes = digest(staged / each)
        if size_bytes:
            files.append(ModelFile(each, sha256, size_bytes, source))
    entry = Entry(
        name=user_name(name),
        task="speech recognition",
        runtime="vosk",
        language=language,
        files=tuple(files),
        licence="unknown" if origin is None else "as its makers state at the address",
        provenance="brought by the user" if origin is None else f"{origin.address}, unaltered",
        training_data="unknown",
        redistributable=False,
        input=f"16 bit mono, {sample_rate_hz(staged)} Hz",
        output="words under a grammar",
    )
    try:
        return msgspec.convert(msgspec.to_builtins(entry), Entry)
    except msgspec.ValidationError as error:
        raise WrongInput(name, f"cannot be a model's entry ({error})") from error


def sample_rate_hz(folder: Path) -> int:
    """As the model's features say. Raises WrongInput."""
    try:
        for line in (folder / "conf" / "mfcc.conf").read_text("utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "--sample-frequency":
                return int(float(value.split("#")[0]))
    except (OSError, ValueError) as error:
        raise WrongInput(folder.name, f"conf/mfcc.conf cannot be read ({error})") from error
    return SAMPLE_RATE_HZ


def try_model(name: str, folder: Path, words: Iterable[str], mend: str) -> Trial:
    """Loads a model in a process of its own, which a damaged one may end. Raises ModelDamaged,
    WrongInput (it can take no grammar), SoftwareMissing."""
    check_files(name, folder, mend)
    command = [sys.executable, "-m", "appliance.models.vosk_trial", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            input=json.dumps(sorted(words)).encode(),
            capture_output=True,
            timeout=TRIAL_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelDamaged(name, f"not loaded after {TRIAL_LIMIT_S} s", mend) from error
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        reason = " ".join(last)[:300] or f"the trial ended with {done.returncode}"
        raise ModelDamaged(name, f"Vosk cannot load it: {reason}", mend) from error
    if "problem" in found:
        raise ModelDamaged(name, found["problem"], mend)
    return Trial(
        size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        sample_rate_hz=sample_rate_hz(folder),
        has_unknown=found["unknown"],
        words=found["words"],
        missing=tuple(found["missing"]),
    )


def describe(trial: Trial, asked: int, shown: int = 20) -> list[str]:
    """Sentences for a person."""
    lines = [
        f"{trial.size_bytes / 1e6:.0f} MB, {trial.sample_rate_hz} Hz, {trial.words} words",
        f"grammar at run time: yes (no {STATIC_GRAPH})",
        "[unk] for sounds that are no word: "
        + ("yes" if trial.has_unknown else "no; other speech is told by comparison alone"),
    ]
    if not trial.missing:
        return [*lines, f"words of our sentences: all {asked} known"]
    names = ", ".join(trial.missing[:shown]) + (", ..." if len(trial.missing) > shown else "")
    return [*lines, f"words of our sentences: {len(trial.missing)} of {asked} unknown: {names}"]
