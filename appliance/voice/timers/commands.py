"""Sentences about timers."""

from collections.abc import Callable, Mapping

from appliance.voice.language.grammar import Parse
from appliance.voice.language.replies import Replies
from appliance.voice.timers.timers import Timers

UNITS_S = {"hours": 3600, "minutes": 60, "seconds": 1}


Outcome = tuple[bool, str]
"""Whether it was done, and the sentence to say."""


def carry_out(parse: Parse, timers: Timers, replies: Replies) -> Outcome:
    """Starts, stops or asks."""
    return TIMER_COMMANDS[parse.intent](parse, timers, replies)


def _length_s(parse: Parse) -> float:
    return sum(float(parse.slots.get(unit, 0)) * size_s for unit, size_s in UNITS_S.items())


def _start(parse: Parse, timers: Timers, replies: Replies) -> Outcome:
    length_s = _length_s(parse)
    if not timers.start(length_s):
        return False, replies.say("timer_refused")
    return True, replies.say("timer_started", length=replies.length(length_s))


def _left(key: str, timers: Timers, replies: Replies) -> Outcome:
    left_s = timers.left_s()
    if left_s is None:
        return False, replies.say("timer_none")
    return True, replies.say(key, length=replies.length(left_s))


def _change(parse: Parse, timers: Timers, replies: Replies) -> Outcome:
    sign = 1 if parse.intent == "HassIncreaseTimer" else -1
    timers.change(sign * _length_s(parse))
    return _left("timer_changed", timers, replies)


def _cancel(_: Parse, timers: Timers, replies: Replies) -> Outcome:
    done = timers.cancel()
    return done, replies.say("timer_cancelled" if done else "timer_none")


def _cancel_all(_: Parse, timers: Timers, replies: Replies) -> Outcome:
    cancelled = timers.cancel()
    while timers.cancel():
        pass
    return cancelled, replies.say("timer_cancelled" if cancelled else "timer_none")


def _pause(_: Parse, timers: Timers, replies: Replies) -> Outcome:
    if not timers.pause():
        return False, replies.say("timer_none")
    return _left("timer_paused", timers, replies)


def _resume(_: Parse, timers: Timers, replies: Replies) -> Outcome:
    if not timers.resume():
        return False, replies.say("timer_none")
    return _left("timer_resumed", timers, replies)


def _status(_: Parse, timers: Timers, replies: Replies) -> Outcome:
    return _left("timer_left", timers, replies)


TIMER_COMMANDS: Mapping[str, Callable[[Parse, Timers, Replies], Outcome]] = {
    "HassStartTimer": _start,
    "HassCancelTimer": _cancel,
    "HassCancelAllTimers": _cancel_all,
    "HassPauseTimer": _pause,
    "HassUnpauseTimer": _resume,
    "HassIncreaseTimer": _change,
    "HassDecreaseTimer": _change,
    "HassTimerStatus": _status,
}
