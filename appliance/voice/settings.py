"""The voice table of the settings file."""

from typing import Annotated, Literal

import msgspec

from appliance.service.settings import Section

SECTION = "voice"
_LINE = r"^[^\x00-\x1f\x7f]*$"


class Settings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    microphone: Annotated[
        str,
        msgspec.Meta(
            pattern=_LINE,
            max_length=400,
            description="The sound card's name as `arecord -L` lists it, or the path of a named "
            "pipe or WAV file; empty for none, so that commands are only typed.",
        ),
    ] = "default"
    language: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$",
            max_length=20,
            description="What the household speaks, such as en or ko. Home Assistant's sentences "
            "of that language are used; what has no translation is said in English.",
        ),
    ] = "en"
    recogniser: Annotated[
        Literal["auto", "moonshine", "vosk"],
        msgspec.Meta(
            description="What understands speech. auto is Vosk wherever a Vosk model of the "
            "language is installed, else Moonshine, which hears English only.",
        ),
    ] = "auto"
    wake_word: Annotated[
        Literal["okay_nabu", "hey_jarvis", "alexa", "hey_mycroft", "none"],
        msgspec.Meta(
            description="What opens the ear. With none, only a push on the page does.",
        ),
    ] = "okay_nabu"
    wake_sensitivity: Annotated[
        Literal["low", "medium", "high"],
        msgspec.Meta(
            description="high hears the wake word more easily, also where nobody said it."
        ),
    ] = "medium"
    speaker: Annotated[
        str,
        msgspec.Meta(
            pattern=_LINE,
            max_length=400,
            description="The sound card's name as `aplay -L` lists it, for replies and timers; "
            "empty for none, so that they are only shown.",
        ),
    ] = "default"
    spoken_replies: Annotated[
        Literal["all", "questions", "none"],
        msgspec.Meta(
            description="What is said aloud to who has spoken: all replies; only questions and "
            "answers, so that what is done is not also said; or nothing, timers included."
        ),
    ] = "all"
    training_log: Annotated[
        bool,
        msgspec.Meta(
            description="Keep a recording of each command with what was understood. Off keeps "
            "nothing more; what was kept stays until it is deleted or 30 days old."
        ),
    ] = False
    longest_wait_ms: Annotated[
        int,
        msgspec.Meta(
            ge=160,
            le=1500,
            description="How long silence must last after a sentence that could go on before it "
            "is carried out, in milliseconds. What cannot go on is carried out at once.",
        ),
    ] = 440
