"""What every service says of itself."""

import enum
from typing import Annotated, Literal

import msgspec

from appliance.bus.messages.base import Message


class Availability(enum.Enum):
    """Plain text, not JSON: Home Assistant and any other reader of the bus take it as it is."""

    ONLINE = "online"
    OFFLINE = "offline"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a service is not at its best."""

    rule: str
    """The rule's name: `disk_space`, `models`, ..."""
    message: str
    """A sentence for people."""
    mend: str
    """The command or step that mends it."""
    severity: Literal["degraded", "failed"] = "degraded"


class Health(Message, frozen=True, kw_only=True):
    """How a service is; published when it changes and once a minute."""

    state: Literal["ok", "degraded", "failed"]
    reasons: list[Reason] = []
    pid: int
    software: str
    """The version of the program."""
    pss_mb: Annotated[float, msgspec.Meta(ge=0)]
    """Proportional set size of the process and its children, megabytes (10^6 bytes)."""
    budget_mb: Annotated[float, msgspec.Meta(ge=0)] = 0
    """What they may use; 0 from a version that did not say."""
    started_at: str
    """When the process started, ISO 8601 in UTC; empty while the time is unknown."""


class SettingsChanged(Message, frozen=True, kw_only=True):
    """The settings file was changed; a service whose table is named starts again to read it."""

    sections: list[str]
