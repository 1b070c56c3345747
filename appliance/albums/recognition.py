"""Finding and grouping faces by the same embedder, as far as the household and the models allow."""

from typing import Protocol

from appliance.albums.faces import FaceFinder, FaceModels
from appliance.albums.grouping import Grouping


class Permission(Protocol):
    """What the household allowed (`Library`)."""

    def may_compare(self, *, sample: bool) -> bool: ...


class Recognition:
    """What decides whether a picture is searched for faces now.

    Use a finder inside the session of the decoder in which it was asked for: between two sessions
    the models may be unloaded.
    """

    def __init__(self, models: FaceModels, grouping: Grouping, permission: Permission) -> None:
        """`permission` knows what the household said."""
        self.models = models
        self._grouping = grouping
        self._permission = permission

    def finder(self, *, sample: bool = False) -> FaceFinder | None:
        """None before the household agreed (which a `sample` photo of the demo library need not
        wait for), while models are missing, and while known faces are read anew by a better
        embedder; photos are searched later then."""
        finder = self.embedder(sample=sample)
        return None if self._grouping.stale else finder

    def embedder(self, *, sample: bool = False) -> FaceFinder | None:
        """As `finder`, also while known faces are read anew."""
        finder = self.models.load() if self._permission.may_compare(sample=sample) else None
        if finder is not None and self._grouping.model != finder.embedder_name:
            self._grouping.open(finder.embedder_name)
        return finder
