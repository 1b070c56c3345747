"""A browser's connection: HTTP by uvicorn and h11, with an end to those that ask for nothing.

uvicorn waits without end for the head of a request, so a few hundred connections that send a byte
now and then would keep everybody else out ("slowloris").
"""

import asyncio
from collections import Counter

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

IDLE_S = 30.0
"""A connection without a new request ends after this time, at the latest after twice of it."""
CONNECTIONS = 256
"""At a time; who asks for something above it is told to come back (503)."""
CONNECTIONS_PER_PEER = 100
"""Of one address; a browser opens six, and one for the events of each tab."""

_peers: Counter[str] = Counter()


class Connection(H11Protocol):
    idle_s = IDLE_S

    _peer = ""
    _last: RequestResponseCycle | None = None
    _look_again: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        _peers[self._peer] += 1
        if _peers[self._peer] > CONNECTIONS_PER_PEER:
            transport.abort()
            return
        self._look_again = self.loop.call_later(self.idle_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._look_again is not None:
            self._look_again.cancel()
        _peers[self._peer] -= 1
        if not _peers[self._peer]:
            del _peers[self._peer]

    def _look(self) -> None:
        """Ends the connection when no request is under way, nor was begun since the last look."""
        under_way = self.cycle is not None and not self.cycle.response_complete
        if not under_way and self.cycle is self._last:
            self.transport.abort()
            return
        self._last = self.cycle
        self._look_again = self.loop.call_later(self.idle_s, self._look)
