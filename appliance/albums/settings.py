"""The albums table of the settings file."""

from typing import Annotated

import msgspec

from appliance.service.settings import Section

SECTION = "albums"


class Settings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    unknown_face_days: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=36500,
            description="Days after which a face that has no name loses its picture and what it "
            "could be recognised by; 0 keeps both. Photos are never deleted.",
        ),
    ] = 730
    face_threads: Annotated[
        int,
        msgspec.Meta(ge=1, le=8, description="Processor threads for recognising a face."),
    ] = 2
    thumbnail_px: Annotated[
        int,
        msgspec.Meta(
            ge=160, le=640, description="Longest side of a thumbnail made from now on, in pixels."
        ),
    ] = 320
    thumbnail_quality: Annotated[
        int,
        msgspec.Meta(ge=40, le=95, description="WebP quality of thumbnails made from now on."),
    ] = 72
    preview_px: Annotated[
        int,
        msgspec.Meta(
            ge=720,
            le=1600,
            description="Longest side of the picture shown on the whole screen, in pixels.",
        ),
    ] = 1440
    free_space_mb: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=100_000,
            description="Space that the import leaves free on the disk, in megabytes.",
        ),
    ] = 100
    decode_limit_s: Annotated[
        int,
        msgspec.Meta(ge=5, le=300, description="Longest time that opening one picture may take."),
    ] = 30
