"""Whether the box has an object detector; the room itself does not load it."""

from appliance.models.store import State, Store

DetectorFiles = tuple[tuple[str, int], ...]
"""Names of models with the time of change of their folders, in ns."""


def detector_files(store: Store) -> DetectorFiles:
    """The detectors that are there and sound; empty when there is none. Reads them."""
    return tuple(
        (entry.name, store.folder_of(entry).stat().st_mtime_ns)
        for entry in store.catalogue.of_task("object detection")
        if store.check(entry).state is State.PRESENT
    )


def problem_of(store: Store) -> tuple[str, str] | None:
    """What is wrong with the detector and its mend; None when one is there and sound. Reads it."""
    findings = [store.check(entry) for entry in store.catalogue.of_task("object detection")]
    if any(finding.state is State.PRESENT for finding in findings):
        return None
    for finding in findings:
        if finding.state is State.DAMAGED:
            return "the object detector is damaged", finding.mend
    return "the object detector is missing", "appliance models fetch"
