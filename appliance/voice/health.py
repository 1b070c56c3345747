"""What voice finds wrong with itself, each with its mend."""

from collections.abc import Sequence

from appliance.service.health import Check, Finding
from appliance.voice.errors import VoiceError
from appliance.voice.hearing import Hearing
from appliance.voice.reach import Reach


def checks(hearing: Hearing, reach: Reach, problems: Sequence[VoiceError]) -> Sequence[Check]:
    """The checks of a running service; `problems` are those of the household's own files."""
    return (
        lambda: microphone(hearing),
        lambda: recognition(hearing),
        lambda: own_files(problems),
        lambda: device_roots(reach),
    )


def microphone(hearing: Hearing) -> list[Finding]:
    """The source of sound gives none."""
    source = hearing.microphone
    failure = source.failure if source is not None else None
    if failure is None or not hearing.wanted:
        return []
    mend = f"{failure.mend}; or set voice.microphone, empty for none"
    return [Finding("microphone", f"{failure} Commands can be typed.", mend)]


def recognition(hearing: Hearing) -> list[Finding]:
    """A model is missing or damaged."""
    if hearing.problem is None or not hearing.wanted:
        return []
    message = f"{hearing.problem} Commands can be typed, not spoken."
    return [Finding("recognition", message, hearing.problem.mend)]


def own_files(problems: Sequence[VoiceError]) -> list[Finding]:
    """Sentences or names of the household cannot be read."""
    return [
        Finding("own_files", f"{problem} They are left out.", problem.mend) for problem in problems
    ]


def device_roots(reach: Reach) -> list[Finding]:
    """Devices have announced themselves whose topics the household has not listed."""
    missing = reach.roots_missing()
    if not missing:
        return []
    return [
        Finding(
            "device_roots",
            f"Devices with topics below {', '.join(missing[:5])} cannot be commanded.",
            "add what is trusted of them to device_roots in the table [bus] of the settings",
        )
    ]
