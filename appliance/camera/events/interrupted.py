"""Events that a process left open when it was killed: they are over when the recording ends.

While an event goes on, its row has the end that was told last. How long it really went on is seen
on the recording, which a kill cuts off by less than two seconds; so the clip has all of it.
"""

import sqlite3
from pathlib import Path

from appliance.camera import queries
from appliance.camera.events.tracker import LONGEST_S
from appliance.camera.footage.recordings import pieces


def end_interrupted(connection: sqlite3.Connection, folder: Path) -> list[str]:
    """Ends all events that are open; their ids, the oldest first. `folder` is the camera room's.

    What is recorded anew before that counts as well, up to the longest time an event takes.
    """
    rows = connection.execute(
        "SELECT id, camera, start_ms, end_ms, snapshot FROM event WHERE open ORDER BY number"
    ).fetchall()
    for identifier, camera, start_ms, end_ms, snapshot in rows:
        ended_ms = max(end_ms, _recorded_until_ms(folder / queries.RECORDINGS / camera, start_ms))
        written = f"{queries.SNAPSHOTS}/{identifier}.jpg"  # durable before its name was noted
        if not snapshot and (folder / written).exists():
            snapshot = written
        connection.execute(
            "UPDATE event SET open = 0, end_ms = ?, snapshot = ? WHERE id = ?",
            (ended_ms, snapshot, identifier),
        )
    return [row[0] for row in rows]


def _recorded_until_ms(folder: Path, start_ms: int) -> int:
    """0 when nothing was recorded since then, or the time was unknown."""
    if not start_ms:
        return 0
    longest_ms = start_ms + round(LONGEST_S * 1000)
    ends_ms = [piece.end_ms for piece in pieces(folder, start_ms, longest_ms)]
    return min(max(ends_ms, default=0), longest_ms)
