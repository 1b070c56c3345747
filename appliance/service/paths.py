"""Where things lie on the box."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The data partition and the runtime folder; each folder below has exactly one writer."""

    data: Path
    """All that outlives a reboot: `/data` on the box, `APPLIANCE_DATA` elsewhere."""
    runtime: Path
    """Sockets, ports and state that a reboot may clear: `/run/appliance` on the box,
    `APPLIANCE_RUNTIME` elsewhere (`run/` below the data when only that is set)."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Paths":
        data = Path(environment.get("APPLIANCE_DATA", "/data")).absolute()
        default_runtime = data / "run" if "APPLIANCE_DATA" in environment else "/run/appliance"
        return cls(data, Path(environment.get("APPLIANCE_RUNTIME", default_runtime)).absolute())

    @property
    def config(self) -> Path:
        """The settings file and secrets (0600)."""
        return self.data / "config"

    @property
    def settings_file(self) -> Path:
        return self.config / "appliance.toml"

    @property
    def library(self) -> Path:
        """The household's original photos, never altered in place; written by albums."""
        return self.data / "library"

    @property
    def albums(self) -> Path:
        """What albums derives: database, thumbnails, previews, quarantine."""
        return self.data / "albums"

    @property
    def inbox(self) -> Path:
        """The folder the household drops photos into; albums takes them from it."""
        return self.data / "inbox"

    @property
    def uploads(self) -> Path:
        """The spool of the page: on the file system of `library`, so that albums takes files by
        rename."""
        return self.data / "spool" / "uploads"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def demo(self) -> Path:
        """Photos of the demo library as fetched, before they are copied into the inbox."""
        return self.data / "demo"

    @property
    def state(self) -> Path:
        """Small state of the services: box id, broker's store, credentials of the bus."""
        return self.data / "state"
