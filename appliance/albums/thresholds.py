"""How alike faces must be to be one person: a table of data, one section an embedder."""

import tomllib
from importlib.resources import files

import msgspec

from appliance.albums.errors import AlbumsError

Cosine = float
"""-1 to 1."""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Average linkage (the mean cosine similarity of all pairs) from which clusters are one person.

    The mean of many pairs scatters less than one pair does, so the threshold for clusters of m
    and n faces is merge + (join - merge) (1/m + 1/n) / 2.
    """

    join: Cosine
    """For two single faces."""
    merge: Cosine
    """For two large clusters."""
    suggest: Cosine
    """From here on the household is asked."""
    minimum_quality: float
    """A face below it (0-1) never starts a person, and joins one at `low_quality_join` only."""
    low_quality_join: Cosine
    source: str
    """What the figures were fitted on, and what they gave on other people."""


class NoThresholds(AlbumsError):
    """An embedder for which nobody has measured how alike one person's faces are."""

    code = "no_thresholds"
    mend = "appliance models fetch"

    def __init__(self, embedder: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"Faces cannot be grouped by {embedder}: thresholds are known for {', '.join(known)}."
        )
        self.embedder = embedder
        self.known = known


def thresholds_for(embedder: str) -> Thresholds:
    """The figures for a catalogue name such as `mobilefacenet`. Raises NoThresholds."""
    text = files("appliance.albums").joinpath("thresholds.toml").read_text()
    table = msgspec.convert(tomllib.loads(text), dict[str, Thresholds])
    if embedder not in table:
        raise NoThresholds(embedder, tuple(sorted(table)))
    return table[embedder]
