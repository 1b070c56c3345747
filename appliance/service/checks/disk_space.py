"""The data partition has less than 200 MB free."""

import shutil

from appliance.service.health import Facts, Finding

LOW_BYTES = 200_000_000
"""Some minutes of camera clips or fifty photos: enough time to act before writes fail."""


def check(facts: Facts) -> Finding | None:
    try:
        free_bytes = shutil.disk_usage(facts.paths.data).free
    except OSError:
        return Finding(
            rule="disk_space",
            message="The data partition cannot be read.",
            mend=f"ls {facts.paths.data}; mount {facts.paths.data}",
            severity="failed",
        )
    if free_bytes >= LOW_BYTES:
        return None
    return Finding(
        rule="disk_space",
        message=f"Only {free_bytes / 1e6:.0f} MB are free for photos and data.",
        mend=f"make room on the data partition: du -xh --max-depth=2 {facts.paths.data} | sort -h",
    )
