"""What can go wrong in voice; each message names the thing and the mend."""


class VoiceError(Exception):
    """The root of this room's errors."""

    code: str = "failed"
    """A word for programs."""
    mend: str = ""
    """What to do about it; empty when there is nothing to do but wait."""


class BadTemplate(VoiceError):
    """Sentences that are not in the template format."""

    code = "bad_template"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"The sentences of {source} cannot be used: {reason}.")
        self.source = source
        self.reason = reason
        self.mend = f"correct or remove {source}; docs/voice.md says how sentences are written"


class LanguageUnknown(VoiceError):
    """Home Assistant has no sentences in the household's language."""

    code = "language"

    def __init__(self, language: str) -> None:
        super().__init__(
            f"There are no sentences in the language {language!r}; English ones are used."
        )
        self.language = language
        self.mend = "set voice.language to a language of Home Assistant's, such as en, de or ko"


class GrammarTooLarge(VoiceError):
    """Sentences whose combinations are more than the box can hold."""

    code = "grammar_too_large"

    def __init__(self, states: int) -> None:
        super().__init__(f"The sentences have more than {states} states when written out.")
        self.states = states
        self.mend = "use fewer permutations (;) and alternatives in the sentences file"


class MicrophoneFailed(VoiceError):
    """A source of sound that gives none (any more)."""

    code = "microphone"

    def __init__(self, source: str, reason: str, mend: str) -> None:
        """`source` is what the settings call it."""
        super().__init__(f"The microphone {source} gives no sound: {reason}.")
        self.source = source
        self.mend = mend


class SpeakerFailed(VoiceError):
    """What should have been said aloud was not."""

    code = "speaker"

    def __init__(self, source: str, reason: str, mend: str) -> None:
        """`source` is the speaker as the settings call it, or the program that failed."""
        super().__init__(f"Replies are not spoken by {source}: {reason}.")
        self.source = source
        self.mend = mend


class WrongRecording(VoiceError):
    """A file that is no WAV recording we can hear."""

    code = "wrong_recording"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be heard: {reason}.")
        self.name = name
        self.mend = "save it as WAV: PCM or float, 8 to 192 kHz, at most 8 channels"


class WakeWordMissing(VoiceError):
    """The model of a wake word is not installed, or damaged."""

    code = "wake_word"

    def __init__(self, word: str, reason: str) -> None:
        super().__init__(f"The wake word {word} cannot be listened for: {reason}.")
        self.word = word
        self.mend = "install pymicro-wakeword again (requirements/run.lock has its version)"


class WrongNames(VoiceError):
    """The household's file of names cannot be read."""

    code = "wrong_names"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"The names in {path} cannot be used: {reason}.")
        self.path = path
        self.mend = f"correct or remove {path}; docs/voice.md says how it is written"


class NotPossible(VoiceError):
    """A device cannot do what was asked of it, or not over the bus."""

    code = "not_possible"

    def __init__(self, name: str, reason: str) -> None:
        """`reason` is a key of the spoken texts."""
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class NotSent(VoiceError):
    """A command that did not reach the broker; it is not sent later."""

    code = "not_sent"
    mend = "appliance status shows whether the broker runs"

    def __init__(self, topic: str) -> None:
        super().__init__(f"The command for {topic} was not sent.")
        self.topic = topic
