"""The analysis of one camera, with what it has learned and the models that are on the box."""

import logging
from pathlib import Path

from appliance.camera.errors import LearnedDamaged
from appliance.camera.seeing.objects import Looker
from appliance.camera.usual.analysis import Analysis
from appliance.camera.usual.hours import HourOf, unknown_hour
from appliance.camera.usual.learned import unpack
from appliance.camera.usual.watcher import Watcher
from appliance.models.errors import ModelError
from appliance.models.selection import object_detector
from appliance.models.store import Store
from appliance.models.tasks.object_detection import ObjectDetector

log = logging.getLogger(__name__)


def open_detector(models: Path) -> ObjectDetector | None:
    """None, which is logged, where the folder of models has no detector that can be used."""
    try:
        return object_detector(Store(models))
    except ModelError as error:
        log.warning("%s Mend: %s", error, error.mend)
        return None


def open_analysis(
    learned: bytes,
    false_alarms_per_day: float,
    detector: ObjectDetector | None,
    hour_of: HourOf = unknown_hour,
) -> Analysis:
    """`learned` is what `Analysis.state` gave, or empty; a damaged one is an empty one. Without a
    detector everything is found that needs no kind."""
    try:
        normality = unpack(learned, false_alarms_per_day)
    except LearnedDamaged as error:
        log.warning("%s", error)
        normality = unpack(b"", false_alarms_per_day)
    looker = None if detector is None else Looker(detector)
    return Watcher(normality, looker, hour_of=hour_of)
