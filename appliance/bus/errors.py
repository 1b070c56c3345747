"""What can go wrong on the bus. No error quotes a payload, so each may be logged."""

from typing import ClassVar

from appliance.bus.messages.base import Failure


class BusError(Exception):
    """The root of this room's errors."""

    KIND: ClassVar[str] = "bus"
    """A word for counters and logs."""
    topic: str = ""
    """The topic as spelled in topics.py; empty when there is none to name."""
    mend: str = ""
    """The command or step that mends it; empty when waiting does."""


class UnknownTopic(BusError):
    KIND = "unknown_topic"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no topic of this program.")
        self.name = name
        self.mend = "appliance schema lists every topic"


class Malformed(BusError):
    """A message that is not what its topic carries."""

    KIND = "malformed"

    def __init__(self, topic: str, problem: str) -> None:
        super().__init__(f"A message on {topic} was refused: {problem}.")
        self.topic = topic
        self.problem = problem
        self.mend = "appliance schema says what each topic carries"


class WrongVersion(BusError):
    KIND = "wrong_version"

    def __init__(self, topic: str, found: int, known: int) -> None:
        super().__init__(
            f"A message on {topic} has version {found}, this program knows version {known}."
        )
        self.topic = topic
        self.found = found
        self.known = known
        self.mend = "run the same version of the appliance everywhere"


class TooLarge(BusError):
    KIND = "too_large"

    def __init__(self, topic: str, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"A message on {topic} has {size_bytes} bytes, {limit_bytes} are allowed.")
        self.topic = topic
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
        self.mend = "send less in one message"


class Refused(BusError):
    """The other service answered a question with a failure; nothing was changed."""

    KIND = "refused"

    def __init__(self, question: str, failure: Failure) -> None:
        super().__init__(f"{question}: {failure.message}")
        self.question = question
        self.failure = failure
        self.mend = failure.mend


class NoAnswer(BusError):
    """Nobody answered in time; whether the question was carried out is unknown."""

    KIND = "no_answer"

    def __init__(self, question: str, answerer: str, limit_s: float) -> None:
        super().__init__(f"{answerer} did not answer {question} within {limit_s:g} seconds.")
        self.question = question
        self.answerer = answerer
        self.limit_s = limit_s
        self.mend = f"wait for {answerer}, or look at: appliance status"


class Offline(BusError):
    """There is no connection to the broker."""

    KIND = "offline"

    def __init__(self, reason: str) -> None:
        super().__init__(f"No connection to the message broker: {reason}.")
        self.reason = reason
        self.mend = "appliance status shows whether the broker runs"


class Forbidden(BusError):
    """A command to a topic that is no device's."""

    KIND = "forbidden"

    def __init__(self, name: str) -> None:
        super().__init__("A command was not sent: its topic cannot be that of a device.")
        self.name = name
        self.mend = "look at what announces itself with this command topic"
