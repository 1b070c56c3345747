"""A process that writes events and announces each when it is durable, until it is killed.

python -m tests.camera.announcer FOLDER

It says `begin` before it opens the database. Minutes are written beside, as the room does, so that
a kill meets the log, its checkpoints, and the opening of what the kill before has left.
"""

import itertools
import sys
import threading
from pathlib import Path

from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import Event, new_id

PHASES = (("open", 0.6), ("update", 0.8), ("close", 0.8))


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def write_minutes(journal: Journal) -> None:
    for minute in itertools.count():
        journal.add_minutes(
            {("yard", number * 60_000): (0.5, 1.0, 0.0) for number in range(minute, minute + 60)}
        )


def main() -> None:
    say("begin")
    journal = Journal(Path(sys.argv[1]))
    threading.Thread(target=write_minutes, args=[journal], daemon=True).start()
    for number in itertools.count(1):
        identifier = new_id()
        for phase, score in PHASES:
            event = Event(identifier, 0.0, 1.0, score, "person", "speed", "Fast.", None)
            is_open = phase != "close"
            journal.write(event, "yard", "Yard", number, number + 1, is_open=is_open)
            say(phase, identifier)


main()
