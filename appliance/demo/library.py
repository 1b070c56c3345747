"""The demo library: photos that were fetched before, handed to albums once in a box's life.

They come by a spool of their own, so that albums can tell them from the household's: faces on
published sample pictures are compared without being asked for, the household's never are.
"""

from appliance.service import durable
from appliance.service.paths import Paths

MARKER = "demo-library"
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def lay_out(paths: Paths) -> int:
    """Copies the demo photos into their spool; how many, 0 when it was done before.

    A photo that is there already (power went half-way) is written again; albums takes equals once.
    """
    marker = paths.state / MARKER
    if marker.exists() or not paths.demo.is_dir():
        return 0
    photos = sorted(p for p in paths.demo.rglob("*") if p.suffix.lower() in PICTURES)
    if not photos:
        return 0
    for folder in (paths.demo_spool, paths.state):
        durable.make_folder(folder)
    for photo in photos:
        name = "-".join(photo.relative_to(paths.demo).parts)
        durable.write_file(paths.demo_spool / name, photo.read_bytes())
    durable.write_file(marker, b"")
    return len(photos)
