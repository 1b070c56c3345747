"""The camera room as a process of its own, with a camera that has learned the street."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from appliance.camera import queries
from tests.broker_fixture import Broker, running
from tests.camera.page import Page
from tests.camera.process import CameraProcess


@asynccontextmanager
async def street_process(
    broker: Broker, settings: str, learned: bytes
) -> AsyncIterator[tuple[CameraProcess, Page]]:
    """The started service and the page that hears it; the camera's name is `Street`."""
    folder = broker.paths.camera / queries.LEARNED
    folder.mkdir(parents=True)
    (folder / "street.bin").write_bytes(learned)
    process, bus = CameraProcess(broker, settings), broker.bus("web")
    page = Page(bus)
    try:
        async with running(bus):
            process.start()
            yield process, page
    finally:
        process.end()
