"""Where an event was, from its first moment to its last: a few boxes along its way.

One box around all of it would cover what lies beside a slanting way, too.
"""

from appliance.camera.box import Box

WAY_LIMIT = 16
"""Boxes at most."""

Way = tuple[Box, ...]


def lengthen(way: Way, box: Box) -> Way:
    """The way goes on to that box. What is longer than `WAY_LIMIT` gets coarser where that adds the
    least."""
    if way and around(way[-1], box) == way[-1]:
        return way
    way = (*way, box)
    if len(way) <= WAY_LIMIT:
        return way
    index = min(range(len(way) - 1), key=lambda at: _added(way[at], way[at + 1]))
    return (*way[:index], around(way[index], way[index + 1]), *way[index + 2 :])


def around(one: Box, other: Box) -> Box:
    """The smallest box that holds both."""
    left, top = min(one.x, other.x), min(one.y, other.y)
    right = max(one.x + one.width, other.x + other.width)
    bottom = max(one.y + one.height, other.y + other.height)
    # A box that holds the other one stays the same, to the last digit.
    width = one.width if (left, right) == (one.x, one.x + one.width) else right - left
    height = one.height if (top, bottom) == (one.y, one.y + one.height) else bottom - top
    return Box(left, top, width, height)


def _added(one: Box, other: Box) -> float:
    """What their common box covers more than they do."""
    both = around(one, other)
    return both.width * both.height - one.width * one.height - other.width * other.height
