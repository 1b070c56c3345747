"""Server-sent events: browsers hear what kind of thing changed and read it again.

https://html.spec.whatwg.org/multipage/server-sent-events.html. A connection costs a coroutine and a
small dictionary: nothing is queued for it, changes between two sends are one event.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator

HEARTBEAT_S = 15.0
"""A comment this often keeps proxies and phones from closing the connection, and shows that it is
alive."""
COALESCE_S = 0.4
"""Changes within this time are sent as one."""
RECONNECT_MS = 2000
LIMIT = 64
"""Connections at a time; a browser above it gets none and reads pages as usual."""


class Hub:
    """Counts changes by kind; every follower compares with what it has seen."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S, coalesce_s: float = COALESCE_S) -> None:
        self._heartbeat_s = heartbeat_s
        self._coalesce_s = coalesce_s
        self._counts: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._closed = False
        self.followers = 0

    @property
    def version(self) -> int:
        """Grows with every change. A page that was rendered before another version was greeted
        with is not as things are."""
        return self._counts.total()

    def changed(self, kind: str) -> None:
        """To be called on the event loop."""
        self._counts[kind] += 1
        self._wake_up()

    def close(self) -> None:
        """Ends every connection, so that the server can stop."""
        self._closed = True
        self._wake_up()

    async def follow(self) -> AsyncGenerator[str, None]:
        """The text of the stream; ends when the hub is closed."""
        seen = Counter(self._counts)
        self.followers += 1
        try:
            yield f"retry: {RECONNECT_MS}\nevent: hello\ndata: {self.version}\n\n"
            while not self._closed:
                wake = self._wake
                if self._counts == seen and not await _within(wake, self._heartbeat_s):
                    yield "event: alive\ndata: 1\n\n"
                    continue
                if self._closed:
                    return
                await asyncio.sleep(self._coalesce_s)
                kinds = [kind for kind, count in self._counts.items() if count != seen[kind]]
                seen = Counter(self._counts)
                for kind in kinds:
                    yield f"event: {kind}\ndata: {seen[kind]}\n\n"
        finally:
            self.followers -= 1

    def _wake_up(self) -> None:
        self._wake.set()
        self._wake = asyncio.Event()


async def _within(event: asyncio.Event, limit_s: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), limit_s)
    except TimeoutError:
        return False
    return True
