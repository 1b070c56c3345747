"""What has come in and waits to be looked at.

A broker hands over all that it has kept as soon as somebody subscribes: a household of 10,000
devices has some 30,000 announcements, states and availabilities. A flood beyond is dropped.
"""

import asyncio

import aiomqtt

COUNT_LIMIT = 60_000
SIZE_LIMIT_BYTES = 24_000_000
"""Of payloads."""


class Incoming(asyncio.Queue[aiomqtt.Message]):
    """Takes no more while so many, or so large, messages wait. In the loop."""

    def __init__(self, maxsize: int = COUNT_LIMIT) -> None:
        super().__init__(maxsize)
        self._size_bytes = 0

    def full(self) -> bool:
        return super().full() or self._size_bytes >= SIZE_LIMIT_BYTES

    def _put(self, item: aiomqtt.Message) -> None:
        self._size_bytes += _size_bytes(item.payload)
        super()._put(item)

    def _get(self) -> aiomqtt.Message:
        message = super()._get()
        self._size_bytes -= _size_bytes(message.payload)
        return message


def _size_bytes(payload: object) -> int:
    return len(payload) if isinstance(payload, bytes | bytearray | str) else 0
