"""Messages wait in a queue that a flood cannot fill without end."""

import asyncio

import aiomqtt
import pytest

from appliance.bus.incoming import SIZE_LIMIT_BYTES, Incoming


def message(payload: bytes) -> aiomqtt.Message:
    return aiomqtt.Message("lamp", payload, 1, retain=False, mid=1, properties=None)


def test_messages_come_out_in_their_order() -> None:
    queue = Incoming()
    for payload in (b"1", b"2", b"3"):
        queue.put_nowait(message(payload))
    assert [queue.get_nowait().payload for _ in range(3)] == [b"1", b"2", b"3"]


def test_no_more_than_so_many_wait() -> None:
    queue = Incoming(maxsize=2)
    queue.put_nowait(message(b""))
    queue.put_nowait(message(b""))
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(message(b""))


def test_large_messages_wait_in_small_numbers_and_make_room_when_looked_at() -> None:
    queue, large = Incoming(), bytes(SIZE_LIMIT_BYTES // 2)
    queue.put_nowait(message(large))
    queue.put_nowait(message(large))
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(message(b"1"))
    queue.get_nowait()
    queue.put_nowait(message(b"1"))
    assert queue.qsize() == 2
