"""`appliance models add` for Vosk models: unpacked, tried, described, and only then taken."""

import re
import shutil
import zipfile
from pathlib import Path

from appliance.models import vosk_models
from appliance.models.catalogue import user_name
from appliance.models.errors import FetchFailed, WrongInput
from appliance.models.sources.https import HttpsFile
from appliance.models.sources.source import Progress, SourceFailed
from appliance.models.store import Store, disk_error
from appliance.models.unpacking import unpack
from appliance.models.vosk_models import OfficialModel
from appliance.service import settings as service_settings
from appliance.service.paths import Paths
from appliance.voice.dialogue.sentences import Sentences
from appliance.voice.errors import VoiceError
from appliance.voice.household.household import Household, read_names
from appliance.voice.language.templates import ListValue
from appliance.voice.settings import SECTION, Settings

NAMED = re.compile(r"vosk-model-(?:small-)?([a-z]{2})\b")
"""How its makers name a model; some codes are of the country."""
CODES = {"cn": "zh", "vn": "vi", "kz": "kk", "ua": "uk"}


def is_meant(source: Path | None, language: str | None) -> bool:
    """Whether what is to be added is a model of Vosk's."""
    if language:
        return True
    return source is not None and (source.is_dir() or zipfile.is_zipfile(source))


def add(
    store: Store,
    source: Path | None,
    language: str | None,
    name: str | None,
    progress: Progress,
    official: OfficialModel | None = None,
) -> list[str]:
    """What was found, in lines for a person. Nothing has changed when it raises ModelError.

    Without a `source` the official model of the language is fetched (`official` for tests).
    """
    if source is None:
        official = official or vosk_models.find_official(language or "")
        source, code = _fetch(store, official, progress), official.language
    else:
        if not source.exists():
            raise WrongInput(str(source), "there is no such file or folder")
        official, code = None, _code(source, language)
    wanted = name or user_name(official.name if official else source.resolve().stem)
    staged = store.staging(user_name(wanted) or "vosk")
    try:
        names = unpack(source, staged, vosk_models.PARTS)
        entry = vosk_models.make_entry(staged, names, name=wanted, language=code, origin=official)
        words = household_words(code)
        trial = vosk_models.try_model(entry.name, staged, words, "bring another copy of it")
        store.adopt(entry, staged)
    except OSError as error:
        raise disk_error(error, wanted, staged, 0, "appliance models add") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        if official is not None:
            source.unlink(missing_ok=True)
    lines = [f"{entry.name}: added, a Vosk model for {code}"]
    lines += [f"  {line}" for line in vosk_models.describe(trial, len(words))]
    return lines + [f"  {line}" for line in _use_it(code)]


def household_words(language: str) -> frozenset[str]:
    """Every word of the sentences of a language, with the names of the household's own file; none
    when there are no sentences. Names that devices announce are known to the running service,
    which tells those that cannot be heard in its health."""
    folder = Paths.from_environment().voice
    own = folder / "sentences.yaml"
    try:
        names = read_names(folder / "names.yaml")
        sentences = Sentences(language, [own] if own.exists() else [])
    except VoiceError:
        return frozenset()
    lists = Household(names).lists()
    spoken = dict.fromkeys(
        (*names.aliases, *(text for each in names.aliases.values() for text in each))
    )
    lists["name"] = [ListValue(text, text, {"domain": "light"}) for text in spoken]
    grammars = sentences.compile(lists)
    return grammars.spoken.vocabulary | grammars.answers.vocabulary


def _fetch(store: Store, official: OfficialModel, progress: Progress) -> Path:
    """The archive; an interrupted fetch goes on. Raises FetchFailed, NoSpace."""
    part = store.archive(official.name)
    again = f"appliance models add --language {official.language}"
    try:
        HttpsFile(official.address).fetch(part, progress)
    except SourceFailed as error:
        raise FetchFailed(
            official.name, error.problem, f"check the network, then: {again}"
        ) from error
    except OSError as error:
        part.unlink(missing_ok=True)
        raise disk_error(error, official.name, part.parent, 0, again) from error
    if not zipfile.is_zipfile(part):
        part.unlink()
        raise FetchFailed(official.name, f"{official.address} gave no zip file", f"later: {again}")
    return part


def _code(source: Path, language: str | None) -> str:
    """The ISO code of what was said, or of the name. Raises WrongInput."""
    if language:
        if re.match(vosk_models.LANGUAGE, language):
            return language
        return vosk_models.find_official(language).language
    found = NAMED.search(source.resolve().name)
    if found is None:
        raise WrongInput(str(source), "does not say its language; add --language CODE")
    return CODES.get(found[1], found[1])


def _use_it(code: str) -> list[str]:
    """What has to be set before it is used."""
    settings = service_settings.load(Paths.from_environment().settings_file, SECTION, Settings)
    file = Paths.from_environment().settings_file
    lines = []
    if settings.language.partition("-")[0] != code.partition("-")[0]:
        lines.append(f'to use it, write language = "{code}" in the table [voice] of {file}')
    if settings.recogniser == "moonshine":
        lines.append(f'to use it, write recogniser = "auto" in the table [voice] of {file}')
    return lines or ["in use from the next start: appliance restart voice"]
