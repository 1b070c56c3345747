"""Finding and grouping faces by the same embedder, as far as the household and the models allow."""

from collections.abc import Callable

from appliance.albums.faces import FaceFinder, FaceModels
from appliance.albums.grouping import Grouping


class Recognition:  # the models are used inside a session of the decoder only
    """What decides whether a picture is searched for faces now."""

    def __init__(self, models: FaceModels, grouping: Grouping, agreed: Callable[[], bool]) -> None:
        """`agreed` says whether the household agreed to grouping."""
        self.models = models
        self._grouping = grouping
        self._agreed = agreed

    def finder(self) -> FaceFinder | None:
        """None before the household agreed, while models are missing, and while known faces are
        read anew by a better embedder; photos are searched later then."""
        finder = self.embedder()
        return None if self._grouping.stale else finder

    def embedder(self) -> FaceFinder | None:
        """As `finder`, also while known faces are read anew."""
        finder = self.models.load() if self._agreed() else None
        if finder is not None and self._grouping.model != finder.embedder_name:
            self._grouping.open(finder.embedder_name)
        return finder
