"""Where things lie on the box."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import appliance

BOX_DATA = Path("/data")
BOX_RUNTIME = Path("/run/appliance")
DEMO_SWITCH = "APPLIANCE_DEMO"
"""In the environment that `appliance run --demo` gives to the units: the demo is on."""


def find_checkout(package: Path) -> Path | None:
    """The checkout whose `appliance/` folder this is; None for an installed program."""
    folder = package.parent
    return (
        folder if (folder / "systemd").is_dir() and (folder / "pyproject.toml").is_file() else None
    )


CHECKOUT = find_checkout(Path(appliance.__file__).parent)


@dataclass(frozen=True)
class Paths:
    """The data partition and the runtime folder; each folder below has exactly one writer."""

    data: Path
    """All that outlives a reboot: `APPLIANCE_DATA`, else `data/` of the checkout that runs, else
    `/data`."""
    runtime: Path
    """Sockets, ports and state that a reboot may clear: `APPLIANCE_RUNTIME`, else `/run/appliance`
    where the data are `/data`, else `run/` below the data."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, checkout: Path | None = CHECKOUT
    ) -> "Paths":
        data = BOX_DATA if checkout is None else checkout / "data"
        if "APPLIANCE_DATA" in environment:
            data = Path(environment["APPLIANCE_DATA"])
        runtime = BOX_RUNTIME if data == BOX_DATA else data / "run"
        if "APPLIANCE_RUNTIME" in environment:
            runtime = Path(environment["APPLIANCE_RUNTIME"])
        return cls(data.absolute(), runtime.absolute())

    @property
    def config(self) -> Path:
        """The settings file and secrets (0600)."""
        return self.data / "config"

    @property
    def settings_file(self) -> Path:
        return self.config / "appliance.toml"

    @property
    def defaults_file(self) -> Path:
        """What holds instead of a setting's default where the household has set nothing, in the
        form of the settings file; written by who starts the services, absent on a box."""
        return self.runtime / "defaults.toml"

    @property
    def library(self) -> Path:
        """The household's original photos, never altered in place; written by albums."""
        return self.data / "library"

    @property
    def albums(self) -> Path:
        """What albums derives: database, thumbnails, previews, quarantine."""
        return self.data / "albums"

    @property
    def voice(self) -> Path:
        """What voice keeps: whether it is muted, timers, own sentences, recordings."""
        return self.data / "voice"

    @property
    def camera(self) -> Path:
        """What the camera room keeps: recordings, events with clips and snapshots, what each camera
        has learned."""
        return self.data / "camera"

    @property
    def camera_pictures(self) -> Path:
        """What each camera showed last, `<camera>.jpg`: about one a second while somebody looks, so
        it is nothing for the data partition. Written by camera, read by the page."""
        return self.runtime / "camera"

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
        """Photos of the demo library as fetched."""
        return self.data / "demo"

    @property
    def demo_clip(self) -> Path:
        """What the demo's camera shows, once it is drawn."""
        return self.demo / "street.mp4"

    @property
    def demo_spool(self) -> Path:
        """Copies of them on their way into the library; albums takes them from it."""
        return self.data / "spool" / "demo"

    @property
    def demo_microphone(self) -> Path:
        """The named pipe that the demo speaks into."""
        return self.runtime / "demo" / "microphone"

    @property
    def demo_unspoken(self) -> Path:
        """There while the demo has not spoken yet since `appliance run`."""
        return self.runtime / "demo" / "unspoken"

    @property
    def virtual_home(self) -> Path:
        """What the demo's virtual devices remember."""
        return self.state / "virtual-home.json"

    @property
    def state(self) -> Path:
        """Small state of the services: box id, broker's store, credentials of the bus."""
        return self.data / "state"
