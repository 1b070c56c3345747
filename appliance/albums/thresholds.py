"""How alike faces must be to be one person: a table of data, one section an embedder."""

import tomllib
from importlib.resources import files

import msgspec

Cosine = float
"""-1 to 1."""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Average linkage (the mean cosine similarity of all pairs) above which clusters are one
    person.
    """

    join: Cosine
    """When one of the two is a single face."""
    merge: Cosine
    """When both have several faces: the mean of many pairs scatters less."""
    suggest: Cosine
    """From here on the household is asked."""
    minimum_quality: float
    """A face below it (0-1) never starts a person and joins one at `low_quality_join` only: blurred
    faces of different people resemble each other."""
    low_quality_join: Cosine
    source: str
    """What the figures were fitted on."""


class NoThresholds(LookupError):
    """An embedder that grouping has no figures for; `embedder` and `known` say which."""

    def __init__(self, embedder: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"Faces cannot be grouped by {embedder}: thresholds are known for {', '.join(known)}."
        )
        self.embedder = embedder
        self.known = known
        self.mend = "appliance models fetch"


def thresholds_for(embedder: str) -> Thresholds:
    """The figures for a catalogue name such as `mobilefacenet`. Raises NoThresholds."""
    text = files("appliance.albums").joinpath("thresholds.toml").read_text()
    table = msgspec.convert(tomllib.loads(text), dict[str, Thresholds])
    if embedder not in table:
        raise NoThresholds(embedder, tuple(sorted(table)))
    return table[embedder]
