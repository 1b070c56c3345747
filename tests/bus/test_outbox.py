"""What waits for the broker."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.bus.outbox import Outbox, Parcel

parcels = st.builds(
    Parcel, st.sampled_from(["a", "b", "c"]), st.binary(min_size=1, max_size=2), st.booleans()
)


def drain(outbox: Outbox) -> list[Parcel]:
    taken = []
    while (parcel := outbox.take()) is not None:
        taken.append(parcel)
    return taken


@given(st.lists(parcels))
def test_each_state_waits_once_with_its_last_value(kept: list[Parcel]) -> None:
    outbox = Outbox()
    for parcel in kept:
        outbox.keep(parcel)
    last = {parcel.name: parcel for parcel in kept if parcel.retain}
    states = [parcel for parcel in drain(outbox) if parcel.retain]
    assert {parcel.name: parcel for parcel in states} == last
    assert len(states) == len(last)


@given(st.lists(parcels), st.integers(min_value=1, max_value=5))
def test_the_newest_events_wait_in_order_and_the_dropped_are_counted(
    kept: list[Parcel], limit: int
) -> None:
    outbox = Outbox(event_limit=limit)
    for parcel in kept:
        outbox.keep(parcel)
    events = [parcel for parcel in kept if not parcel.retain]
    assert [parcel for parcel in drain(outbox) if not parcel.retain] == events[-limit:]
    assert outbox.dropped == max(0, len(events) - limit)


def test_an_event_that_could_not_be_sent_is_next_again() -> None:
    outbox = Outbox()
    first, second = Parcel("a", b"1", retain=False), Parcel("a", b"2", retain=False)
    outbox.keep(first)
    outbox.keep(second)
    assert outbox.take() == first
    outbox.give_back(first)
    assert drain(outbox) == [first, second]


def test_an_old_value_that_could_not_be_sent_does_not_replace_a_newer_one() -> None:
    outbox = Outbox()
    old, new = Parcel("a", b"old", retain=True), Parcel("a", b"new", retain=True)
    outbox.keep(old)
    assert outbox.take() == old
    outbox.keep(new)
    outbox.give_back(old)
    assert drain(outbox) == [new]


def test_states_that_were_sent_can_be_repeated() -> None:
    outbox = Outbox()
    state, sent_at_once = Parcel("a", b"1", retain=True), Parcel("b", b"2", retain=True)
    outbox.keep(state)
    outbox.remember(sent_at_once)
    drain(outbox)
    outbox.repeat_states()
    assert drain(outbox) == [state, sent_at_once]
