"""What watches a camera, made from what it had learned: for the child process."""

from appliance.camera.normality import Normality
from appliance.camera.protocol import Start
from appliance.camera.watcher import Watcher


def load(start: Start) -> Watcher:
    """What was learned before is not taken up yet: `start.learned` waits for it."""
    return Watcher(Normality(false_alarms_per_day=start.false_alarms_per_day))
