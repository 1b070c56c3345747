"""Text becomes speech: espeak-ng (Debian's package; https://github.com/espeak-ng/espeak-ng), a
process of its own for each sentence."""

import unicodedata
from collections.abc import Sequence

from appliance.voice.audio.recording import parse_recording
from appliance.voice.audio.sound import Samples
from appliance.voice.errors import SpeakerFailed, WrongRecording
from appliance.voice.speakers.program import ProgramFailed, run_program

PROGRAM = "espeak-ng"
LIMIT_S = 5.0
TEXT_LIMIT = 300
WORDS_PER_MINUTE = 165


class Synthesis:
    """One voice."""

    def __init__(self, language: str = "en", program: Sequence[str] = (PROGRAM,)) -> None:
        self._arguments = (
            *(*program, "-v", language, "-s", str(WORDS_PER_MINUTE)),
            *("-b", "1", "--stdin", "--stdout"),  # UTF-8 in, WAV out; no markup without -m
        )

    async def synthesize(self, text: str) -> Samples:
        """The text as it is said. Raises SpeakerFailed."""
        try:
            wav = await run_program(self._arguments, speakable(text).encode(), LIMIT_S)
            return parse_recording(wav, PROGRAM).samples
        except ProgramFailed as failure:
            mend = f"apt install {PROGRAM}" if failure.missing else ""
            raise SpeakerFailed(failure.program, failure.reason, mend) from failure
        except WrongRecording as error:
            raise SpeakerFailed(PROGRAM, "it has spoken nothing", "") from error


def speakable(text: str) -> str:
    """One line without what espeak-ng takes for phonemes ("[["): names are anybody's."""
    plain = "".join(
        " " if unicodedata.category(each)[0] in "CZ" or each in "[]" else each for each in text
    )
    return plain[:TEXT_LIMIT]
