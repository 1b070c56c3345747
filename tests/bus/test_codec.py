"""Messages to bytes and back."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bus.codec import AVAILABILITY_LIMIT_BYTES, decode, encode, limit_bytes
from appliance.bus.errors import Malformed, TooLarge, WrongVersion
from appliance.bus.messages.albums import Identity, NamePerson, SetGrouping
from appliance.bus.messages.base import Message
from appliance.bus.messages.service import Availability, Health
from appliance.bus.topics import questions, topics
from tests.bus.samples import SAMPLES, message_types, sample

ALL_KINDS = sorted(
    {topic.message for topic in topics()}
    | {kind for question in questions() for kind in (question.question, question.answer)},
    key=lambda kind: kind.__name__,
)
every_kind = pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.__name__)
every_message = pytest.mark.parametrize(  # all but the plain text of Availability
    "kind",
    [kind for kind in ALL_KINDS if issubclass(kind, Message)],
    ids=lambda kind: kind.__name__,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message: Message | Availability) -> None:
    assert decode("topic", type(message), encode("topic", message)) == message


@pytest.mark.parametrize("kind", message_types(), ids=lambda kind: kind.__name__)
def test_every_message_has_a_sample(kind: type[Message]) -> None:
    assert any(type(each) is kind for each in SAMPLES)


@every_kind
@given(payload=st.binary(max_size=300))
def test_bytes_are_a_message_or_a_typed_error(kind: type[Message], payload: bytes) -> None:
    with suppress(Malformed, WrongVersion, TooLarge):
        assert isinstance(decode("topic", kind, payload), kind)


@every_kind
@given(value=json_values)
def test_any_json_is_a_message_or_a_typed_error(kind: type[Message], value: object) -> None:
    with suppress(Malformed, WrongVersion, TooLarge):
        assert isinstance(decode("topic", kind, msgspec.json.encode(value)), kind)


@every_message
@given(data=st.data())
def test_a_wrong_type_in_one_field_is_malformed(kind: type[Message], data: st.DataObject) -> None:
    fields = msgspec.to_builtins(sample(kind))
    name = data.draw(st.sampled_from(sorted(set(fields) - {"version"}) or ["version"]))
    fields[name] = {"not": ["that"]}
    with pytest.raises(Malformed) as raised:
        decode("topic", kind, msgspec.json.encode(fields))
    assert raised.value.topic == "topic"


@every_message
def test_a_newer_version_is_refused_even_when_its_fields_fit(kind: type[Message]) -> None:
    payload = msgspec.json.encode(msgspec.to_builtins(sample(kind)) | {"version": 2})
    with pytest.raises(WrongVersion) as raised:
        decode("topic", kind, payload)
    assert (raised.value.found, raised.value.known) == (2, 1)


def test_a_newer_version_is_named_as_such_when_its_fields_do_not_fit() -> None:
    with pytest.raises(WrongVersion):
        decode("topic", SetGrouping, b'{"version": 2, "consent": "yes"}')


def test_unknown_fields_are_ignored_within_a_version() -> None:
    assert decode("topic", SetGrouping, b'{"agreed": true, "since": 1}').agreed


@pytest.mark.parametrize("payload", [b"Online", b"online ", b"on", b"", b'"online"', b"\xff"])
def test_availability_is_one_of_two_words(payload: bytes) -> None:
    with pytest.raises(Malformed):
        decode("topic", Availability, payload)


@every_kind
def test_a_payload_above_the_limit_is_not_even_looked_at(kind: type[Message]) -> None:
    payload = b" " * (limit_bytes(kind) + 1)
    with pytest.raises(TooLarge) as raised:
        decode("topic", kind, payload)
    assert raised.value.size_bytes == raised.value.limit_bytes + 1


def test_availability_has_a_small_limit() -> None:
    assert limit_bytes(Availability) == AVAILABILITY_LIMIT_BYTES


def test_deep_nesting_is_malformed() -> None:
    with pytest.raises(Malformed, match="nested too deeply"):
        decode("topic", SetGrouping, b'{"agreed": true, "x": ' + b"[" * 60_000)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"person": 1, "name": "SECRET"}garbage',
        b'{"person": "SECRET", "name": "x"}',
        b'{"person": 1, "name": {"SECRET": 1}}',
        b'{"person": 1, "name": "' + b"SECRET" * 20 + b'"}',
        b'{"person": 1, "name": "SECRET\xff"}',
    ],
)
def test_errors_quote_nothing_of_the_payload(payload: bytes) -> None:
    with pytest.raises(Malformed) as raised:
        decode("topic", NamePerson, payload)
    assert "SECRET" not in str(raised.value)


def test_a_word_that_is_not_allowed_is_not_quoted() -> None:
    payload = msgspec.json.encode(msgspec.to_builtins(sample(Health)) | {"state": "SECRET"})
    with pytest.raises(Malformed, match=r"value not allowed at `\$\.state`"):
        decode("topic", Health, payload)


def test_a_message_that_no_reader_would_take_is_refused_where_it_is_built() -> None:
    with pytest.raises(Malformed):
        encode("topic", Identity(person=None, name=None, score=1.5))
    with pytest.raises(TooLarge):
        encode("topic", NamePerson(person=1, name="x" * 70_000))
