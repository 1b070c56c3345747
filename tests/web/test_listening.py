"""The sockets of the page."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from appliance.web.errors import NoPort
from appliance.web.listening import listen


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def opened(sockets: ExitStack, found: list[socket.socket]) -> list[socket.socket]:
    return [sockets.enter_context(closing(each)) for each in found]


def test_by_default_only_this_machine_is_listened_to(sockets: ExitStack) -> None:
    found = opened(sockets, listen(0, lan=False))
    assert {each.getsockname()[0] for each in found} <= {"127.0.0.1", "::1"}
    assert len({each.getsockname()[1] for each in found}) == 1


def test_on_the_lan_every_address_is_listened_to(sockets: ExitStack) -> None:
    found = opened(sockets, listen(0, lan=True))
    assert {each.getsockname()[0] for each in found} <= {"0.0.0.0", "::"}


def test_a_taken_port_gives_way_to_the_next_free_one(sockets: ExitStack) -> None:
    taken = opened(sockets, listen(0, lan=False))[0].getsockname()[1]
    found = opened(sockets, listen(taken, lan=False))
    assert taken < found[0].getsockname()[1] <= taken + 20


def test_without_a_free_port_it_says_so(sockets: ExitStack) -> None:
    taken = opened(sockets, listen(0, lan=False))[0].getsockname()[1]
    with pytest.raises(NoPort) as none:
        listen(taken, lan=False, count=1)
    assert "web.port" in none.value.mend
