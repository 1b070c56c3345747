"""What albums finds wrong with itself, each with its mend."""

from collections.abc import Sequence

from appliance.albums.albums import Albums
from appliance.albums.inbox import Inbox
from appliance.albums.work import Work
from appliance.service.health import Check, Finding
from appliance.service.repair import damaged_copies


def checks(albums: Albums, work: Work, inbox: Inbox) -> Sequence[Check]:
    """The checks of a running service."""
    return (
        lambda: face_models(albums),
        lambda: import_space(work),
        lambda: inbox_files(work),
        lambda: inbox_watch(inbox),
        lambda: database_rebuilt(albums),
    )


def face_models(albums: Albums) -> list[Finding]:
    """Faces may be compared, and a model is missing or damaged."""
    problem = albums.recognition.models.problem
    if problem is None or not albums.library.may_compare(sample=True):
        return []
    message = f"{problem} Photos are imported; faces are found once it is there."
    return [Finding("face_models", message, problem.mend)]


def import_space(work: Work) -> list[Finding]:
    """The import waits until there is space again."""
    if not work.disk_full:
        return []
    return [
        Finding(
            "import_space",
            "The disk is full: new photos wait where they are, nothing is lost.",
            "delete what you no longer need, or lower albums.free_space_mb in the settings",
        )
    ]


def inbox_files(work: Work) -> list[Finding]:
    """Files in the inbox that the service may not read or move."""
    count = len(work.untouchable)
    if count == 0:
        return []
    return [
        Finding(
            "inbox_files",
            f"{count} files in the inbox cannot be read or moved.",
            "chmod -R g+rwX on the inbox folder",
        )
    ]


def inbox_watch(inbox: Inbox) -> list[Finding]:
    """The kernel has no watch left for the inbox."""
    if not inbox.blind:
        return []
    return [
        Finding(
            "inbox_watch",
            "The kernel cannot watch the whole inbox; new photos are seen every 10 seconds.",
            "remove empty folders from the inbox, or: "
            "sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=512",
        )
    ]


def database_rebuilt(albums: Albums) -> list[Finding]:
    """The database was damaged once, and what was set aside is still there."""
    path = albums.database.path
    if not damaged_copies(path):
        return []
    return [
        Finding(
            "database_rebuilt",
            "The list of photos and people was damaged, as by a failing disk, and was rebuilt from "
            "what could be read. No photo is lost, a name may be. The damaged file is kept.",
            f"look whether the disk fails (dmesg); when all names are there: rm {path}.damaged-*",
        )
    ]
