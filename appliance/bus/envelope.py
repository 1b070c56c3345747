"""What goes with a question and its answer beside the JSON: MQTT 5 properties.

See sections 3.3.2.3 and 4.10 of the standard.
"""

import math
from dataclasses import dataclass

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

DEADLINE = "deadline"
"""User property of a question: seconds on the box's monotonic clock, after which nobody waits.
The broker's expiry counts whole seconds and sees not what lies in a stopped process's queue"""
OUTCOME = "outcome"
"""User property of an answer: `answer` or `failure`, which says what the JSON is."""


@dataclass(frozen=True)
class QuestionEnvelope:
    response_topic: str
    correlation: bytes
    deadline_s: float | None
    """On the monotonic clock; None where the asker set none."""


@dataclass(frozen=True)
class AnswerEnvelope:
    correlation: bytes
    failed: bool


def question_properties(
    response_topic: str, correlation: bytes, limit_s: float, now_s: float
) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ResponseTopic = response_topic
    properties.CorrelationData = correlation
    properties.MessageExpiryInterval = max(1, math.ceil(limit_s))
    properties.UserProperty = [(DEADLINE, f"{now_s + limit_s:.6f}")]
    return properties


def answer_properties(correlation: bytes, *, failed: bool) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.CorrelationData = correlation
    properties.UserProperty = [(OUTCOME, "failure" if failed else "answer")]
    return properties


def read_question(properties: Properties | None) -> QuestionEnvelope | None:
    """None when it does not say where the answer goes, or its deadline is no number."""
    response_topic = getattr(properties, "ResponseTopic", None)
    correlation = getattr(properties, "CorrelationData", None)
    if not isinstance(response_topic, str) or not isinstance(correlation, bytes):
        return None
    text = _user_property(properties, DEADLINE)
    try:
        deadline_s = float(text) if text is not None else None
    except ValueError:
        return None
    if deadline_s is not None and not math.isfinite(deadline_s):
        return None
    return QuestionEnvelope(response_topic, correlation, deadline_s)


def read_answer(properties: Properties | None) -> AnswerEnvelope | None:
    """None when it is no answer."""
    correlation = getattr(properties, "CorrelationData", None)
    outcome = _user_property(properties, OUTCOME)
    if not isinstance(correlation, bytes) or outcome not in {"answer", "failure"}:
        return None
    return AnswerEnvelope(correlation, failed=outcome == "failure")


def _user_property(properties: Properties | None, key: str) -> str | None:
    pairs: list[tuple[str, str]] = getattr(properties, "UserProperty", [])
    return next((value for name, value in pairs if name == key), None)
