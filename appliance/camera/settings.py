"""The camera table of the settings file."""

import re
import unicodedata
from typing import Annotated

import msgspec

from appliance.service.settings import Section

SECTION = "camera"
CAMERAS_LIMIT = 16
_LINE = r"^[^\x00-\x1f\x7f]*$"
_SOURCE = r"^(rtsps?://[^\x00-\x20\x7f]+|/[^\x00-\x1f\x7f]+)$"
Source = Annotated[str, msgspec.Meta(pattern=_SOURCE, max_length=1000)]


class Camera(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera of the household: an entry of `cameras`."""

    name: Annotated[
        str,
        msgspec.Meta(
            pattern=_LINE,
            min_length=1,
            max_length=60,
            description="What the household calls it.",
        ),
    ]
    url: Annotated[
        Source,
        msgspec.Meta(
            description="What is recorded: `rtsp://user:password@address/path` (or rtsps), a "
            "device such as /dev/video0, or the path of a file, which is played as if it were "
            "live."
        ),
    ]
    sub_url: Annotated[
        Source | None,
        msgspec.Meta(
            description="The camera's smaller stream, which costs far less to watch; without it "
            "`url` is watched."
        ),
    ] = None
    armed: Annotated[
        bool,
        msgspec.Meta(description="Whether it tells what is unusual until somebody disarms it."),
    ] = True
    false_alarms_per_day: Annotated[
        float,
        msgspec.Meta(
            ge=0.01,
            le=100,
            description="How many alarms a day may turn out to be nothing: more of them miss less.",
        ),
    ] = 1.0

    def __post_init__(self) -> None:
        """Raises ValueError for a name without letters."""
        if not self.key:
            raise ValueError("a camera's name has at least one letter or digit")

    @property
    def key(self) -> str:
        """The name as topics and folders spell it: `Front door` is `front_door`."""
        return key_of(self.name)


class Settings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    cameras: Annotated[
        list[Camera],
        msgspec.Meta(
            max_length=CAMERAS_LIMIT,
            description="The household's cameras, a table each: `name`, `url`, and if wanted "
            "`sub_url` (a smaller stream to watch), `armed` and `false_alarms_per_day`.",
        ),
    ] = []  # noqa: RUF012 # msgspec copies it for each struct
    retention_days: Annotated[
        int, msgspec.Meta(ge=1, le=365, description="Days that recordings are kept at most.")
    ] = 14
    event_retention_days: Annotated[
        int,
        msgspec.Meta(ge=1, le=3650, description="Days that events with their clips are kept."),
    ] = 90
    recordings_gb: Annotated[
        float,
        msgspec.Meta(
            ge=0.1,
            le=100_000,
            description="What recordings and clips of all cameras may take, in gigabytes. The "
            "dullest go first.",
        ),
    ] = 16.0
    record: Annotated[
        bool,
        msgspec.Meta(
            description="Keep all that the cameras show. Without it only clips of events are kept."
        ),
    ] = True

    def __post_init__(self) -> None:
        """Raises ValueError for two cameras that topics could not tell apart."""
        keys = [camera.key for camera in self.cameras]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"two cameras would be called {', '.join(twice)}")


def key_of(name: str) -> str:
    """Lower case letters and digits of a name with `_` between, 40 at most; may be empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_")
