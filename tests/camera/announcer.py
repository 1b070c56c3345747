"""A process that writes events and announces each when it is durable, until it is killed.

python -m tests.camera.announcer FOLDER
"""

import itertools
import sys
from pathlib import Path

from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import Event, new_id


def main() -> None:
    journal = Journal(Path(sys.argv[1]))
    for number in itertools.count(1):
        identifier = new_id()
        for is_open in (True, False):
            event = Event(identifier, 0.0, 1.0, 0.9, "person", "speed", "Fast.", None)
            journal.write(event, "yard", "Yard", number, number + 1, is_open=is_open)
            word = "open" if is_open else "close"
            sys.stdout.write(f"{word} {identifier}\n")
            sys.stdout.flush()


main()
