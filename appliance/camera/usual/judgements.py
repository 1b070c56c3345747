"""What the household said of things at places: "this is normal", "always tell me"."""

from typing import Literal

import msgspec

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind

Verdict = Literal["normal", "tell"]
REACH = 0.5
"""How far beyond the box of what was judged the word holds, in widths and heights of it."""
JUDGEMENTS_LIMIT = 500
"""The oldest are forgotten beyond."""


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Holds until it is taken back."""

    number: int
    verdict: Verdict
    kind: Kind
    """OTHER stands for all kinds."""
    x: float
    y: float
    width: float
    height: float

    def holds(self, kind: Kind, x: float, y: float) -> bool:
        """For a thing of a kind that stands at a point of the picture. What is normal is so for a
        thing whose kind is not known, too."""
        if self.kind not in (kind, Kind.OTHER) and not (
            self.verdict == "normal" and kind is Kind.OTHER
        ):
            return False
        across, down = self.width * REACH, self.height * REACH
        return (
            self.x - across <= x <= self.x + self.width + across
            and self.y - down <= y <= self.y + self.height + down
        )


class Judgements:
    """Of one camera."""

    def __init__(self, said: tuple[Judgement, ...] = ()) -> None:
        self.said = list(said)

    def add(self, verdict: Verdict, kind: Kind, box: Box) -> int:
        """Gives its number."""
        number = max((each.number for each in self.said), default=0) + 1
        place = (box.x, box.y, box.width, box.height)
        self.said.append(Judgement(number, verdict, kind, *place))
        del self.said[:-JUDGEMENTS_LIMIT]
        return number

    def take_back(self, number: int) -> None:
        self.said = [each for each in self.said if each.number != number]

    def is_normal(self, kind: Kind, x: float, y: float) -> bool:
        return self._last(kind, x, y) == "normal"

    def is_told(self, kind: Kind, x: float, y: float) -> bool:
        return self._last(kind, x, y) == "tell"

    def _last(self, kind: Kind, x: float, y: float) -> Verdict | None:
        """The later word counts."""
        found = [each.verdict for each in self.said if each.holds(kind, x, y)]
        return found[-1] if found else None
