"""The settings of the page: table `[web]`."""

from typing import Annotated, Literal

import msgspec

from appliance.service.settings import Section

SECTION = "web"

HostName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]


class Settings(Section, frozen=True, kw_only=True):
    listen: Annotated[
        Literal["loopback", "lan"],
        msgspec.Meta(
            description="Who can open the page: only this machine, or every device at home. "
            "`lan` needs a password first; without one the page stays on this machine."
        ),
    ] = "loopback"
    port: Annotated[
        int,
        msgspec.Meta(
            ge=1024,
            le=65500,
            description="The port of the page. When it is taken, the next free one is used.",
        ),
    ] = 8480
    host_names: Annotated[
        list[HostName],
        msgspec.Meta(
            description="More names by which browsers reach this box. Requests for names that "
            "are not known are refused, so that a foreign website cannot reach the page."
        ),
    ] = []  # noqa: RUF012 # msgspec copies it
    theme: Annotated[
        Literal["auto", "light", "dark"],
        msgspec.Meta(description="Colours of the page: as the device asks for, light, or dark."),
    ] = "auto"
    session_days: Annotated[
        int,
        msgspec.Meta(ge=1, le=365, description="Days after which a device logs in again."),
    ] = 30
    upload_limit_mb: Annotated[
        int,
        msgspec.Meta(ge=1, le=4096, description="The largest file that can be uploaded, in MB."),
    ] = 200
    upload_reserve_mb: Annotated[
        int,
        msgspec.Meta(
            ge=50,
            le=100_000,
            description="Space in MB that uploads leave free on the disk, so that the box can "
            "go on working.",
        ),
    ] = 500
