"""The box itself: health of the services, and the models."""

from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from appliance.web import formatting
from appliance.web.parts import parts_of
from appliance.web.status import ServiceStatus
from appliance.web.views.common import show


@dataclass(frozen=True)
class Row:
    service: ServiceStatus
    since: str
    """How long it has been running; '' when that is not known."""


async def health(request: Request) -> Response:
    parts = parts_of(request)
    rows = []
    for service in parts.status.services():
        started = service.health.started_at if service.health else ""
        since = formatting.ago(parts.texts, started, parts.clock.now()) if started else ""
        rows.append(Row(service, since))
    return show(
        request,
        "health.html",
        "/health",
        rows=rows,
        connected=parts.status.connected,
        address=parts.listening(),
        total_mb=sum(row.service.health.pss_mb for row in rows if row.service.health),
    )


@dataclass(frozen=True)
class ModelCard:
    """A model as it is shown."""

    name: str
    task: str
    state: str
    """`present`, `missing` or `damaged`."""
    mend: str
    """The command that brings it; '' when it is there."""
    needed: bool
    """Whether a service does not work without it, or one as good."""
    size_bytes: int
    licence: str
    provenance: str
    training_data: str
    redistributable: bool
    accuracy: list[str]
    """`metric value (data)`."""


async def models(request: Request) -> Response:
    parts = parts_of(request)
    cards = await anyio.to_thread.run_sync(_cards, parts.paths.models)
    return show(
        request,
        "models.html",
        "/models",
        cards=cards,
        size=lambda size_bytes: formatting.size(parts.texts, size_bytes),
    )


def _cards(folder: Path) -> list[ModelCard]:
    """What the catalogue says and whether the files are there; their bytes are not read, and
    nothing is written: `appliance models verify` does that."""
    from appliance.models.store import DAMAGED_SUFFIX, Store  # not at start

    store = Store(folder)
    cards = []
    for entry in store.catalogue.entries:
        damaged = any(
            (store.folder_of(entry) / (file.name + DAMAGED_SUFFIX)).exists() for file in entry.files
        )
        present = store.has(entry)
        cards.append(
            ModelCard(
                name=entry.name,
                task=entry.task,
                state="present" if present else "damaged" if damaged else "missing",
                mend="" if present else entry.mend,
                needed=bool(entry.needed_by),
                size_bytes=entry.size_bytes,
                licence=entry.licence,
                provenance=entry.provenance,
                training_data=entry.training_data,
                redistributable=entry.redistributable,
                accuracy=[f"{one.metric} {one.value:g} ({one.data})" for one in entry.accuracy],
            )
        )
    return cards
