"""What voice finds wrong with itself, each with its mend."""

from collections.abc import Sequence

from appliance.service.health import Check, Finding
from appliance.voice.dialogue.mouth import Mouth
from appliance.voice.errors import LanguageUnknown, VoiceError
from appliance.voice.hearing.hearing import Hearing
from appliance.voice.household.reach import Reach
from appliance.voice.training.log import TrainingLog


def checks(
    hearing: Hearing,
    mouth: Mouth,
    reach: Reach,
    training: TrainingLog,
    problems: Sequence[VoiceError],
) -> Sequence[Check]:
    """The checks of a running service; `problems` are those of the household's own files."""
    return (
        lambda: microphone(hearing),
        lambda: recognition(hearing),
        lambda: speaker(mouth),
        lambda: own_files(problems),
        lambda: language(problems),
        lambda: words(hearing),
        lambda: device_roots(reach),
        lambda: training_log(training),
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


def speaker(mouth: Mouth) -> list[Finding]:
    """The last reply could not be said aloud."""
    if mouth.failure is None:
        return []
    mend = mouth.failure.mend or "set voice.speaker, empty for none"
    return [Finding("speaker", f"{mouth.failure} They are shown.", mend)]


def training_log(training: TrainingLog) -> list[Finding]:
    """The household wants recordings, and the disk does not take them."""
    if not training.failure:
        return []
    message = f"What is said cannot be kept for training: {training.failure}."
    return [Finding("training_log", message, "make room, or set voice.training_log to false")]


def own_files(problems: Sequence[VoiceError]) -> list[Finding]:
    """Sentences or names of the household cannot be read."""
    return [
        Finding("own_files", f"{problem} They are left out.", problem.mend)
        for problem in problems
        if not isinstance(problem, LanguageUnknown)
    ]


def language(problems: Sequence[VoiceError]) -> list[Finding]:
    """Nobody has sentences in the household's language."""
    return [
        Finding("language", str(problem), problem.mend)
        for problem in problems
        if isinstance(problem, LanguageUnknown)
    ]


def words(hearing: Hearing) -> list[Finding]:
    """Words of names or sentences that the recogniser's model does not have."""
    unknown = hearing.unknown_words
    if not unknown:
        return []
    listed = ", ".join(sorted(unknown)[:WORDS_SHOWN]) + (", ..." * (len(unknown) > WORDS_SHOWN))
    return [
        Finding(
            "words",
            f"The recogniser cannot hear {len(unknown)} words: {listed}.",
            "give what has such a name another one in names.yaml (aliases); docs/voice.md",
        )
    ]


WORDS_SHOWN = 10


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
