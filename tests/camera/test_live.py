"""What a camera's sensors say of what is seen, and how lively its minutes are."""

from dataclasses import dataclass

import pytest

from appliance.camera.children import protocol
from appliance.camera.live import MOTION_S, Live
from appliance.camera.settings import Camera

MINUTE_MS = 60_000


@dataclass
class Hand:
    """A clock that is set by hand."""

    time_s: float = 100.0

    def __call__(self) -> float:
        return self.time_s


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def live(hand: Hand) -> Live:
    def ignore(*_: object) -> None:
        """Nobody listens."""

    camera = Camera(name="Yard", url="rtsp://camera/main")
    live = Live(camera, True, hand, ignore, ignore, ignore, ignore)
    live.tick(5 * MINUTE_MS)
    return live


def see(live: Live, hand: Hand, seconds: int, *kinds: str, moving: bool) -> None:
    for _ in range(seconds):
        hand.time_s += 1
        live.hear(
            protocol.Seen(
                at_s=hand.time_s,
                score=0.0,
                moving=moving,
                kinds=kinds,
                kind="",
                place=None,
                cause="",
                sentence="",
            )
        )


def test_somebody_who_sits_still_is_a_person_without_motion(live: Live, hand: Hand) -> None:
    see(live, hand, 5, "person", moving=True)
    assert (live.person, live.motion) == (True, True)
    see(live, hand, 60, "person", moving=False)
    assert (live.person, live.motion) == (True, False)


def test_the_person_sensor_goes_off_seconds_after_the_last_sign(live: Live, hand: Hand) -> None:
    see(live, hand, 5, "person", moving=False)
    see(live, hand, int(MOTION_S), moving=False)
    assert live.person is False


def test_an_animal_at_rest_is_no_person(live: Live, hand: Hand) -> None:
    see(live, hand, 5, "animal", moving=False)
    assert live.person is False


def test_a_minute_counts_movement_and_presence_apart(live: Live, hand: Hand) -> None:
    see(live, hand, 11, "person", moving=True)
    see(live, hand, 20, "person", moving=False)
    see(live, hand, 20, moving=False)
    assert live.minutes == {("yard", 5 * MINUTE_MS): (0.0, 10.0, 20.0)}


def test_a_minute_of_nobody_and_nothing_is_none(live: Live, hand: Hand) -> None:
    see(live, hand, 20, moving=False)
    assert live.minutes == {}
