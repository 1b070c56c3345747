"""A place where somebody is, or may be, though nobody moves there."""

from dataclasses import dataclass

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind, Present
from appliance.camera.seeing.following import Followed

LIVING = frozenset({Kind.PERSON, Kind.ANIMAL})
"""They come, stay and go; what else stands still is a thing."""
RENEW_S = 5.0
RENEW_LIMIT_S = 30.0
"""Who is found is looked at again after 5 s, 10 s and so on up to this."""
AGAIN_S = 3.0
"""After a look that did not find them."""
MISSES = 3
"""Looks in a row that end a presence: who bends down is missed once or twice."""
STILL_LIMIT_S = 1800.0
"""Who sits, reads or dozes stirs within half an hour; what does not only looks like somebody."""
REMEMBERED_S = 300.0
"""Some looks at everything, until a place is forgotten where nobody is told and nothing happens."""


@dataclass(frozen=True)
class Living:
    """A person or an animal that a look found."""

    kind: Kind
    box: Box
    cut: bool = False
    """It goes on outside of what was looked at."""


@dataclass(eq=False)
class Presence:
    """Told are those who were found, and came there or stirred: a hedge that is taken for a person
    is so at every look, and did neither."""

    kind: Kind
    box: Box
    came: bool
    """Somebody was followed to there; else a look at everything found them."""
    since_s: float
    last_s: float
    """When something stirred there, or a look found somebody."""
    due_s: float | None
    """When this place is looked at; None leaves it to the looks at everything."""
    stirred_s: float | None = None
    """When something moved there; None when nothing did, or what did went away."""
    seen_s: float | None = None
    """When a look found somebody; None when none has, or none does any more."""
    left_by: int | None = None
    """Whoever of those followed went away from there last."""
    _finds: int = 0
    _misses: int = 0

    def told(self, time_s: float) -> Present | None:
        """None when nobody is to be told."""
        if self.seen_s is None or self.stirred_s is None:
            return None
        if time_s - self.stirred_s >= STILL_LIMIT_S:
            return None
        return Present(self.kind, self.box, self.since_s, self.seen_s)

    @property
    def doubtful(self) -> bool:
        """Nobody was found yet, or any more, or somebody went away."""
        return self.seen_s is None or self.stirred_s is None or self._misses > 0

    def is_over(self, time_s: float) -> bool:
        gone = self.came and self.stirred_s is None and self.seen_s is None
        forgotten = time_s - self.last_s > REMEMBERED_S
        return gone or (forgotten and self.told(time_s) is None)

    def find(self, living: Living, time_s: float) -> None:
        """A look found somebody there; of who was cut the place is known no better."""
        if self.came and self.stirred_s is None:
            self.stirred_s = time_s  # who went away was another one
        self.kind = living.kind
        if not living.cut:
            self.box = living.box
        self.seen_s = self.last_s = time_s
        wait_s = min(RENEW_LIMIT_S, RENEW_S * 2.0 ** min(self._finds, 8))
        self.due_s = None if self.told(time_s) is None else time_s + wait_s
        self._finds, self._misses = self._finds + 1, 0

    def doubt(self, time_s: float) -> None:
        """A look at everything found somebody, who may just pass there: one look there tells."""
        self.due_s = self.last_s = time_s
        self._misses = MISSES - 1

    def miss(self, time_s: float) -> None:
        """A look there found nobody."""
        self._finds, self._misses = 0, self._misses + 1
        self.due_s = time_s + AGAIN_S
        if self._misses >= MISSES or self.stirred_s is None:
            # Who came, did not go and is not found may still be by a look at everything.
            self.seen_s = self.due_s = None

    def stir(self, time_s: float) -> None:
        """Something moved there and did not go away."""
        if self.told(time_s) is None:
            self.due_s, self._misses = time_s, 0
        self.stirred_s = self.last_s = time_s

    def leave(self, each: Followed, time_s: float) -> None:
        """Something moves away from there."""
        self.left_by = each.identifier
        self.stirred_s = None
        self.due_s = time_s if self.came and self.seen_s is not None else None
