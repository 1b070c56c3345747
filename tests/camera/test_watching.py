"""What a child process says of the assessments of its pictures."""

import pytest

from appliance.camera.box import Box
from appliance.camera.children import protocol
from appliance.camera.children.alignment import Alignment
from appliance.camera.children.watching import Watching
from appliance.camera.seeing.assessment import Assessment, Kind, Present, Track
from appliance.camera.usual.normality import Normality
from appliance.camera.usual.watcher import Watcher

BENCH = Box(0.5, 0.5, 0.05, 0.2)
SITTING = Present(Kind.PERSON, BENCH, 1.0, 9.0)
CAT = Track(1, Kind.ANIMAL, Box(0.1, 0.8, 0.1, 0.1), 0.1, 0.0, 8.0)


class Said(Watcher):
    """Says at the end what it is told to."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(Normality())
        self._assessment = assessment

    def finish(self) -> list[Assessment]:
        return [self._assessment]


@pytest.mark.parametrize(
    ("tracks", "present", "moving", "kinds"),
    [
        ((), (SITTING,), False, ("person",)),
        ((CAT,), (SITTING,), True, ("animal", "person")),
        ((), (), False, ()),
    ],
    ids=["sits", "sits while a cat passes", "nobody"],
)
def test_whoever_is_present_is_among_the_kinds_and_does_not_move(
    tracks: tuple[Track, ...], present: tuple[Present, ...], moving: bool, kinds: tuple[str, ...]
) -> None:
    sent: list[protocol.Report] = []
    assessment = Assessment(10.0, 0.0, moving, None, None, None, tracks, present)
    Watching(Said(assessment), sent.append, Alignment(lambda: 100.0)).close()
    (seen,) = (each for each in sent if isinstance(each, protocol.Seen))
    assert (seen.moving, seen.kinds) == (moving, kinds)
