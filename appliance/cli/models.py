"""`appliance models`: what models there are, and bringing, checking, building and removing them."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from appliance.cli import speech_models
from appliance.models import catalogue, selection
from appliance.models.build import recipes
from appliance.models.catalogue import Entry
from appliance.models.errors import (
    FolderUnusable,
    ModelDamaged,
    ModelMissing,
    WrongInput,
)
from appliance.models.sources.source import Progress as Report
from appliance.models.store import Finding, State, Store, fetch_photo, has_photo
from appliance.service.paths import Paths

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
WIDTH = 120
"""Columns of a table that goes into a pipe or file."""


def register(subcommands: Subcommands) -> None:
    """Adds the verb and its own verbs."""
    parser = subcommands.add_parser("models", help="list, fetch, verify, add, remove, build models")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verb = _verb(verbs, "list", _list, "the catalogue, and what of it is on this box")
    verb.add_argument("--json", action="store_true", help="print one JSON array")
    verb = _verb(verbs, "fetch", _fetch, "bring models; without names what the services need")
    verb.add_argument("names", nargs="*", metavar="NAME")
    verb.add_argument(
        "--demo", action="store_true", help="bring the photos of the demo library, too"
    )
    verb = _verb(verbs, "verify", _verify, "read every file and compare its SHA-256")
    verb.add_argument("names", nargs="*", metavar="NAME")
    verb.add_argument("--json", action="store_true", help="print one JSON array")
    verb = _verb(verbs, "add", _add, "take a file or a Vosk model that you bring")
    verb.add_argument(
        "file",
        type=Path,
        nargs="?",
        help="a file, or the folder or zip of a Vosk model; with --language alone that language's "
        "small model is fetched from alphacephei.com",
    )
    verb.add_argument("--language", help="of a Vosk model: a code such as ko, or its English name")
    verb.add_argument(
        "--like",
        metavar="NAME",
        help="the model that a file unknown to the catalogue stands in for",
    )
    verb.add_argument("--name", help="what to call such a file")
    verb = _verb(verbs, "remove", _remove, "delete a model's files")
    verb.add_argument("names", nargs="+", metavar="NAME")
    verb = _verb(verbs, "build", _build, "make better files from published ones")
    verb.add_argument("names", nargs="*", metavar="NAME")


def _verb(
    verbs: Subcommands,
    name: str,
    function: Callable[[argparse.Namespace, Store], int],
    summary: str,
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=summary, description=summary)
    parser.set_defaults(run=run, verb=function)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """0 when all went well. Raises ModelError."""
    verb: Callable[[argparse.Namespace, Store], int] = arguments.verb
    try:
        return verb(arguments, Store(Paths.from_environment().models))
    except PermissionError as error:
        raise FolderUnusable(Path(error.filename or "."), error.strerror or "") from error


def _list(arguments: argparse.Namespace, store: Store) -> int:
    rows = [_facts(store, entry) for entry in store.catalogue.entries]
    if arguments.json:
        _print_json(rows)
        return 0
    table = Table("name", "task", "here", "MB", "licence", "in images", "from", box=None)
    for entry, row in zip(store.catalogue.entries, rows, strict=True):
        table.add_row(
            entry.name,
            entry.task,
            "yes" if row["present"] else "no",
            f"{entry.size_bytes / 1e6:.1f}",
            entry.licence,
            "yes" if entry.redistributable else "no",
            entry.files[0].source.describe().split(",")[0],
        )
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
    return 0


def _facts(store: Store, entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "task": entry.task,
        "present": store.has(entry),
        "size_bytes": entry.size_bytes,
        "licence": entry.licence,
        "provenance": entry.provenance,
        "training_data": entry.training_data,
        "redistributable": entry.redistributable,
        "needed_by": list(entry.needed_by),
        "source": [file.source.describe() for file in entry.files],
        "mend": "" if store.has(entry) else entry.mend,
    }


def _fetch(arguments: argparse.Namespace, store: Store) -> int:
    entries = [store.catalogue.get(name) for name in arguments.names]
    with store.writing():
        for entry in entries or store.catalogue.needed():
            if store.verify(entry).state is State.PRESENT:
                _say(f"{entry.name}: already here")
                continue
            with _bar(entry.name) as progress:
                store.fetch(entry, progress)
        if arguments.demo:
            _fetch_photos(Paths.from_environment().demo)
    return 0


def _fetch_photos(folder: Path) -> None:
    photos = [photo for photo in catalogue.load_demo() if not has_photo(photo, folder)]
    for photo in photos:
        with _bar(photo.file.name) as progress:
            fetch_photo(photo, folder, progress)
    if not photos:
        _say("demo photos: already here")


def _verify(arguments: argparse.Namespace, store: Store) -> int:
    names = arguments.names
    entries = [store.catalogue.get(name) for name in names] or store.catalogue.entries
    with store.writing():
        findings = [store.verify(entry) for entry in entries]
    if arguments.json:
        _print_json(
            [{"name": item.entry.name, "state": item.state, "mend": item.mend} for item in findings]
        )
    else:
        for finding in findings:
            mend = f"  {finding.mend}" if finding.mend else ""
            _say(f"{finding.entry.name:<16} {finding.state}{mend}")
    return int(any(_is_wrong(finding, bool(names)) for finding in findings))


def _is_wrong(finding: Finding, asked_for: bool) -> bool:
    """A model that nobody needs or asked for may be missing."""
    if finding.state is State.MISSING:
        return asked_for or bool(finding.entry.needed_by)
    return finding.state is State.DAMAGED


def _add(arguments: argparse.Namespace, store: Store) -> int:
    if speech_models.is_meant(arguments.file, arguments.language):
        with store.writing(), _archive_bar(arguments) as progress:
            lines = speech_models.add(
                store, arguments.file, arguments.language, arguments.name, progress
            )
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 0
    if arguments.file is None:
        raise WrongInput("appliance models add", "needs a file, or --language for a Vosk model")
    like = store.catalogue.get(arguments.like) if arguments.like else None
    if like is not None and store.find(arguments.file) is None:
        _try_as(like, arguments.file)
    with store.writing():
        entry = store.add(arguments.file, like, arguments.name)
    _say(f"{entry.name}: added, for {entry.task}")
    return 0


def _try_as(like: Entry, file: Path) -> None:
    """Loads a file as if it were that model's. Raises WrongInput."""
    try:
        selection.load(like, file)
    except ModelDamaged as error:
        raise WrongInput(str(file), f"is no model like {like.name}: {error.problem}") from error


def _remove(arguments: argparse.Namespace, store: Store) -> int:
    entries = [store.catalogue.get(name) for name in arguments.names]
    with store.writing():
        for entry in entries:
            freed = store.remove(entry)
            _say(f"{entry.name}: removed, {freed / 1e6:.1f} MB free")
    return 0


def _build(arguments: argparse.Namespace, store: Store) -> int:
    names = arguments.names or list(recipes.RECIPES)
    with store.writing():
        for name in names:
            entry = store.catalogue.get(name)
            if entry.origin is None:
                raise WrongInput(
                    name, f"is not a built model; these are: {', '.join(recipes.RECIPES)}"
                )
            start = time.perf_counter()
            path = store.install(
                entry, entry.files[0], recipes.build(name, _origin(store, entry.origin))
            )
            _say(f"{name}: built in {time.perf_counter() - start:.1f} s ({path})")
    return 0


def _origin(store: Store, name: str) -> Path:
    """The verified file that a model is built from; fetched when it is not here."""
    entry = store.catalogue.get(name)
    if store.verify(entry).state is not State.PRESENT:
        with _bar(name) as progress:
            store.fetch(entry, progress)
    try:
        return store.path(name)
    except ModelMissing as error:
        raise WrongInput(name, "vanished while it was read") from error


def _archive_bar(arguments: argparse.Namespace) -> AbstractContextManager[Report]:
    """Nothing is fetched of what is brought."""
    if arguments.file is not None:
        return nullcontext(lambda _done, _total: None)
    return _bar(arguments.language)


@contextmanager
def _bar(name: str) -> Iterator[Report]:
    """A progress bar on a terminal, a line when it is done elsewhere."""
    console = Console(stderr=True)
    start = time.perf_counter()
    if not console.is_terminal:
        size_bytes = 0

        def count(done_bytes: int, total_bytes: int | None) -> None:
            nonlocal size_bytes
            size_bytes = done_bytes

        yield count
        seconds = time.perf_counter() - start
        _say(f"{name}: fetched, {size_bytes / 1e6:.1f} MB in {seconds:.1f} s")
        return
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        task = bars.add_task(name, total=None)

        def move(done_bytes: int, total_bytes: int | None) -> None:
            bars.update(task, completed=done_bytes, total=total_bytes)

        yield move


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
