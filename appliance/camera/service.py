"""The camera process: a child process a stream; here are events, recordings' keeping and words."""

from collections.abc import Sequence

from appliance.camera.health import checks
from appliance.camera.settings import SECTION, Settings
from appliance.service.health import Check
from appliance.service.process import Context


class CameraService:
    """The service."""

    name = "camera"
    budget_mb = 350.0

    def __init__(self) -> None:
        self._settings: Settings | None = None

    async def start(self, context: Context) -> None:
        self._settings = context.settings(SECTION, Settings)

    async def stop(self) -> None:
        pass

    def checks(self) -> Sequence[Check]:
        return checks()
