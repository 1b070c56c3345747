"""How the bus meets the household's own network; nothing here needs to be set."""

from typing import Annotated

import msgspec

SECTION = "bus"

# A host's name or IPv4 address: nothing else that Mosquitto's file gives a meaning.
_HOST = r"^[A-Za-z0-9._-]*$"
_LINE = r"^[^\x00-\x1f\x7f]*$"
# A file beside the settings file: whoever may change settings must not have the broker's unit,
# which prepares as root, read any file of the box to another broker.
_FILE = r"^[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$|^$"

Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[bus]`."""

    household_host: Annotated[
        str,
        msgspec.Meta(
            pattern=_HOST,
            max_length=253,
            description="Name or address of the household's own MQTT broker, which Home Assistant "
            "uses; empty when there is none.",
        ),
    ] = ""
    household_port: Annotated[Port, msgspec.Meta(description="Its port; often 8883 with TLS.")] = (
        1883
    )
    household_username: Annotated[
        str,
        msgspec.Meta(pattern=_LINE, max_length=200, description="The account to use there."),
    ] = ""
    household_password_file: Annotated[
        str,
        msgspec.Meta(
            pattern=_FILE,
            description="File with that account's password, in the folder of the settings file.",
        ),
    ] = ""
    household_tls: Annotated[bool, msgspec.Meta(description="Encrypt the way there.")] = False
    household_ca_file: Annotated[
        str,
        msgspec.Meta(
            pattern=_FILE,
            description="Certificate of the authority that signed the broker's, in the same "
            "folder; empty for the authorities that the system knows.",
        ),
    ] = ""
    lan_listener: Annotated[
        bool,
        msgspec.Meta(
            description="Let Home Assistant reach our broker over the local network, with TLS and "
            "a password, when the household has no broker."
        ),
    ] = False
    lan_port: Annotated[Port, msgspec.Meta(description="The port for that.")] = 8883
