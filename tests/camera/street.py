"""A street for cameras that show a file: people cross it from left to right, and then somebody
comes the other way.

What the camera has learned comes from the same analysis that runs in its process, which has seen
the street for some minutes before the test begins.
"""

from collections.abc import Iterator
from pathlib import Path

from appliance.camera.children.opening import open_analysis
from appliance.camera.streams.decoding import read_file
from appliance.models.tasks.object_detection import ObjectDetector
from tests.camera.scenes import Image, Thing, encode, paint, walker, walkers

LEARNED_S = 200
PAUSE_S = 5.0
COMES_AT_S, PX_S = 2, 40.0
LOOP_S = 18
"""So long that what happens in one round is over before the next one."""
BENCH = Thing(lambda _: (60, 70), width=20, height=20, seed=21)


def film_usual_life(path: Path) -> Path:
    return encode(path, paint(LEARNED_S, [BENCH, *walkers(LEARNED_S, pause_s=PAUSE_S)]))


def film_against(path: Path) -> Path:
    """Nobody is there when it begins and ends, so it can go on for ever."""
    return encode(path, _loop([walker(COMES_AT_S, 135, PX_S, back=True, seed=3)]))


def film_nobody(path: Path) -> Path:
    return encode(path, _loop([]))


def learn(film: Path, detector: ObjectDetector | None) -> bytes:
    """What a camera has learned that has seen that film."""
    analysis = open_analysis(b"", 1.0, detector)
    for picture in read_file(film):
        analysis.add(picture)
    analysis.finish()
    return analysis.state()


def _loop(things: list[Thing]) -> Iterator[Image]:
    return paint(LOOP_S, [BENCH, *things])
