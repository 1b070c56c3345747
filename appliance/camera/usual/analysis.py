"""One camera's pictures in, assessments out: motion, objects and normality put together."""

from typing import Protocol

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Assessment, Kind
from appliance.camera.streams.pictures import Picture

LOOK_AHEAD_S = 1.0
"""How long after a picture its assessment may come."""


class Analysis(Protocol):
    """Sees one camera. Not for two threads at once; takes its time from the pictures alone."""

    def add(self, picture: Picture) -> list[Assessment]:
        """Takes the next picture; gives the assessments that became ready, in order, one for each
        picture in the end. A time that goes back or jumps ahead begins a new stretch."""

    def finish(self) -> list[Assessment]:
        """The assessments that are still due, as at the end of a stream. Goes on afterwards."""

    def accept(self, kind: Kind, box: Box) -> int:
        """ "This is normal": things like that at that place alarm no more. Gives a number that
        `take_back` takes."""

    def watch(self, kind: Kind, box: Box) -> int:
        """ "Always tell me": every such thing at that place alarms. Gives a number, too."""

    def take_back(self, number: int) -> None:
        """Undoes an `accept` or a `watch`; unknown numbers are ignored."""

    def state(self) -> bytes:
        """What it has learned, versioned; small enough to be written every minute."""

    def drawing(self) -> bytes:
        """What of it can be drawn (`drawing.draw`); empty before anything was learned."""
