"""The configuration of our own Mosquitto (mosquitto.conf(5)), as text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.bus.codec import limit_bytes
from appliance.bus.discovery import SIZE_LIMIT_BYTES
from appliance.bus.names import (
    ANY,
    COMMANDED,
    DISCOVERY_PREFIX,
    HOME_ASSISTANT_STATUS,
    control_name,
    discovery_name,
    topic_filter,
)
from appliance.bus.topics import PARTED, SERVICES, controls, questions, topics

AUTOSAVE_S = 300
QUEUED_MESSAGES = 1_000
PACKET_HEAD_BYTES = 1_024
"""Room for a topic's name and properties beside the payload."""
SYSTEM_AUTHORITIES = Path("/etc/ssl/certs")


@dataclass(frozen=True)
class Files:
    passwords: Path
    access_list: Path
    store: Path
    """The folder for retained messages; on the box it lies in memory, so that flash is spared:
    services publish their states again whenever they connect."""


@dataclass(frozen=True)
class Household:
    """The household's own broker."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: Path | None = None
    """None: the authorities that the system knows."""


@dataclass(frozen=True)
class LanListener:
    port: int
    certificate: Path
    key: Path


def configuration(
    box: str,
    port: int,
    files: Files,
    *,
    user: str | None = None,
    household: Household | None = None,
    lan: LanListener | None = None,
    device_roots: Sequence[str] = (),
) -> str:
    """The whole file. `user` is whom Mosquitto becomes when root starts it."""
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous false",
        f"password_file {files.passwords}",
        f"acl_file {files.access_list}",
        "persistence true",
        f"persistence_location {files.store}/",
        f"autosave_interval {AUTOSAVE_S}",
        f"max_packet_size {payload_limit_bytes() + PACKET_HEAD_BYTES}",
        f"max_queued_messages {QUEUED_MESSAGES}",
        "max_inflight_messages 20",
        "max_keepalive 600",
        "set_tcp_nodelay true",
        "connection_messages false",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_timestamp false",
    ]
    if user is not None:
        lines.append(f"user {user}")
    if lan is not None:
        lines += _lan_lines(lan)
    if household is not None:
        lines += _bridge_lines(box, household, device_roots)
    return "\n".join(lines) + "\n"


def payload_limit_bytes() -> int:
    """The largest payload that any topic allows; smaller limits are each topic's own."""
    kinds = [topic.message for topic in topics()]
    asked = [kind for question in questions() for kind in (question.question, question.answer)]
    return max(SIZE_LIMIT_BYTES, *(limit_bytes(kind) for kind in (*kinds, *asked)))


def _lan_lines(lan: LanListener) -> list[str]:
    return [
        f"listener {lan.port}",
        f"certfile {lan.certificate}",
        f"keyfile {lan.key}",
        "tls_version tlsv1.2",
    ]


def _bridge_lines(box: str, household: Household, device_roots: Sequence[str]) -> list[str]:
    """What goes out is what Home Assistant reads; its birth message and the controls of our devices
    come in, and the household's devices go both ways, so that they can be commanded.

    Questions and answers stay where they are: crops of faces must not leave the box, and whoever
    has an account on the household's broker must not speak for our services.
    """
    outgoing = sorted(
        [topic_filter(box, topic) for topic in topics()]
        + [discovery_name(box, service) for service in SERVICES]
        + [discovery_name(box, service, ANY) for service in PARTED]
    )
    lines = [
        "connection household",
        f"address {household.host}:{household.port}",
        f"remote_clientid appliance-{box}",
        "cleansession true",
        "notifications false",
        "try_private true",
        "keepalive_interval 30",
        "restart_timeout 1 30",
        *(f"topic {name} out 1" for name in outgoing),
        f"topic {HOME_ASSISTANT_STATUS} in 1",
        *(f"topic {control_name(box, control)} in 1" for control in controls()),
        *(f"topic {DISCOVERY_PREFIX}/{kind}/# in 1" for kind in COMMANDED),
        *(f"topic {name}/# both 1" for name in device_roots),
    ]
    if household.username:
        lines += [
            f"remote_username {household.username}",
            f"remote_password {household.password}",
        ]
    if household.tls:
        authorities = (
            f"bridge_cafile {household.ca_file}"
            if household.ca_file
            else f"bridge_capath {SYSTEM_AUTHORITIES}"
        )
        lines += [authorities, "bridge_tls_version tlsv1.2"]
    return lines
