"""What waits to be sent: the last value of every state, and the newest events up to a limit."""

import collections
from dataclasses import dataclass

EVENT_LIMIT = 512


@dataclass(frozen=True)
class Parcel:
    """A message that is ready for the wire."""

    name: str
    payload: bytes
    retain: bool


class Outbox:
    """Keeps what must survive the broker's absence (not the process's end)."""

    def __init__(self, event_limit: int = EVENT_LIMIT) -> None:
        self._states: dict[str, Parcel] = {}
        self._unsent: dict[str, None] = {}
        self._events: collections.deque[Parcel] = collections.deque()
        self._event_limit = event_limit
        self.dropped = 0
        """Events that were dropped, oldest first, since they were more than the limit."""

    def keep(self, parcel: Parcel) -> None:
        """A state is kept as the last value of its name, an event is queued."""
        if parcel.retain:
            self._states[parcel.name] = parcel
            self._unsent[parcel.name] = None
            return
        self._events.append(parcel)
        self._trim()

    def remember(self, parcel: Parcel) -> None:
        """The parcel is being sent already; a state is kept for `repeat_states`."""
        if parcel.retain:
            self._states[parcel.name] = parcel
            self._unsent.pop(parcel.name, None)

    def take(self) -> Parcel | None:
        """The next thing to send, states first; None when there is nothing."""
        if self._unsent:
            name = next(iter(self._unsent))
            del self._unsent[name]
            return self._states[name]
        return self._events.popleft() if self._events else None

    def give_back(self, parcel: Parcel) -> None:
        """Sending failed: it is next again, unless a newer value of the state has come."""
        if not parcel.retain:
            self._events.appendleft(parcel)
            self._trim()
        elif self._states.get(parcel.name) == parcel:
            self._unsent[parcel.name] = None

    def repeat_states(self) -> None:
        """Every state is to be sent again: the broker may have forgotten, or a reader started."""
        self._unsent = dict.fromkeys(self._states)

    def _trim(self) -> None:
        while len(self._events) > self._event_limit:
            self._events.popleft()
            self.dropped += 1
