"""The demo library: photos that were fetched before, dropped into the inbox once in a box's
life."""

from appliance.service import durable
from appliance.service.paths import Paths

MARKER = "demo-library"
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def lay_out(paths: Paths) -> int:
    """Copies the demo photos into the inbox as a household would; how many, 0 when it was done
    before.

    A photo that is there already (power went half-way) is written again; albums takes equals once.
    """
    marker = paths.state / MARKER
    if marker.exists() or not paths.demo.is_dir():
        return 0
    photos = sorted(p for p in paths.demo.rglob("*") if p.suffix.lower() in PICTURES)
    if not photos:
        return 0
    for folder in (paths.inbox, paths.state):
        durable.make_folder(folder)
    for photo in photos:
        name = "-".join(photo.relative_to(paths.demo).parts)
        durable.write_file(paths.inbox / name, photo.read_bytes())
    durable.write_file(marker, b"")
    return len(photos)
