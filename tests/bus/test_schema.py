"""The AsyncAPI document is sound, and nothing passes on the bus that it lacks."""

import ast
import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import appliance
from appliance.bus import topics as topics_module
from appliance.bus.discovery import Device
from appliance.bus.names import HOME_ASSISTANT_STATUS, PART, control_name
from appliance.bus.schema import document
from appliance.bus.topics import (
    HOUSEHOLD,
    PARTED,
    SERVICES,
    SPEAKER,
    Kind,
    controls,
    questions,
    topics,
)
from tests.broker_fixture import Broker, running
from tests.bus.samples import message_types, sample

LIMIT_S = 20.0
SOURCES = sorted(Path(appliance.__path__[0]).rglob("*.py"))
DOCUMENT = document("0.1.0")


def resolve(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def matching_channels(name: str) -> list[str]:
    return [key for key, channel in DOCUMENT["channels"].items() if _matches(channel, name)]


def _matches(channel: dict[str, Any], name: str) -> bool:
    pattern = re.escape(channel["address"])
    for parameter, facts in channel.get("parameters", {}).items():
        other = PART.pattern if parameter == "part" else "[0-9a-f]+"
        allowed = "|".join(facts["enum"]) if "enum" in facts else other
        pattern = pattern.replace(rf"\{{{parameter}\}}", f"(?:{allowed})")
    return re.fullmatch(pattern, name) is not None


def test_the_document_has_what_asyncapi_3_requires() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    for server in DOCUMENT["servers"].values():
        assert {"host", "protocol"} <= set(server)


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolve(reference)


def test_every_parameter_of_an_address_is_described_and_no_other() -> None:
    for channel in DOCUMENT["channels"].values():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(
            channel.get("parameters", {})
        )


def test_every_operation_names_an_action_a_channel_and_messages_of_that_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"]["$ref"].startswith("#/channels/")
        reply = operation.get("reply")
        if reply is not None:
            messages = {each["$ref"] for each in reply["messages"]}
            channel = reply["channel"]["$ref"]
            assert messages <= {f"{channel}/messages/{m}" for m in resolve(channel)["messages"]}


def test_identifiers_have_no_other_characters_than_the_standard_allows() -> None:
    for part in (DOCUMENT["channels"], DOCUMENT["operations"], *DOCUMENT["components"].values()):
        assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", key) for key in part)


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.path)
def test_a_topic_is_there_with_its_message_and_retain_flag(topic: topics_module.Topic[Any]) -> None:
    (key,) = matching_channels(
        f"appliance/12345678/{topic.path}".format(service="web", part="yard")
    )
    assert list(DOCUMENT["channels"][key]["messages"]) == [topic.message.__name__]
    binding = DOCUMENT["operations"][f"publish_{key}"]["bindings"]["mqtt"]
    assert binding["retain"] == (topic.kind is Kind.STATE)


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.path)
def test_a_question_is_there_with_its_answer(question: topics_module.Question[Any, Any]) -> None:
    (key,) = matching_channels(f"appliance/12345678/{question.path}")
    assert list(DOCUMENT["channels"][key]["messages"]) == [question.question.__name__]
    replies = DOCUMENT["operations"][f"answer_{key}"]["reply"]["messages"]
    assert {each["$ref"].rsplit("/", 1)[1] for each in replies} == {
        question.answer.__name__,
        "Failure",
    }


@pytest.mark.parametrize("control", controls(), ids=lambda control: control.path)
def test_a_control_is_there_as_text_that_is_received(control: topics_module.Control) -> None:
    (key,) = matching_channels(f"appliance/12345678/{control.path}")
    (message,) = DOCUMENT["channels"][key]["messages"]
    assert DOCUMENT["components"]["messages"][message]["contentType"] == "text/plain"
    assert DOCUMENT["channels"][key]["x-askers"] == [HOUSEHOLD]
    assert DOCUMENT["operations"][f"obey_{key}"]["action"] == "receive"


def test_every_message_is_on_some_topic() -> None:
    assert {kind.__name__ for kind in message_types()} <= set(DOCUMENT["components"]["messages"])


def test_a_name_that_is_not_listed_matches_nothing() -> None:
    for name in ("appliance/12345678/albums/other", "appliance/12345678/nobody/health", "x"):
        assert matching_channels(name) == []


# What follows makes sure that the program uses no other topics.


def called(tree: ast.AST) -> set[str]:
    """The last names of all that is called."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {each.attr for each in functions if isinstance(each, ast.Attribute)} | {
        each.id for each in functions if isinstance(each, ast.Name)
    }


def imported(tree: ast.AST) -> set[str]:
    """The top packages that are imported."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


every_source = pytest.mark.parametrize(
    "source", SOURCES, ids=lambda path: str(path.relative_to(appliance.__path__[0]))
)


@every_source
def test_topics_are_made_in_their_list_only(source: Path) -> None:
    """The client takes nothing but a Topic or a Question, and mypy sees to that."""
    if source.parts[-2:] != ("bus", "topics.py"):
        assert not called(ast.parse(source.read_text())) & {"Topic", "Question", "Control"}


@every_source
def test_mqtt_is_spoken_in_the_bus_room_only(source: Path) -> None:
    """The devices of the demo are on the other side: any vendor's, with any client."""
    if source.relative_to(appliance.__path__[0]).parts[0] not in {"bus", "demo"}:
        tree = ast.parse(source.read_text())
        assert not imported(tree) & {"aiomqtt", "paho"}
        assert not called(tree) & {"Parcel", "Connection"}


@pytest.mark.anyio
async def test_a_session_publishes_nothing_that_the_document_lacks(broker: Broker) -> None:
    seen: set[str] = set()
    accounts = (*SERVICES, SPEAKER)
    buses = {account: broker.bus(account, birth_delay_s=lambda: 0.0) for account in accounts}
    for question in questions():
        answer = sample(question.answer)

        async def handle(_: object, answer: Any = answer) -> Any:
            return answer

        buses[question.answerer].answer(question, handle)
    async with broker.client() as recorder:
        await recorder.subscribe("#", qos=1)
        async with running(*buses.values()):
            for service in SERVICES:
                await buses[service].publish_discovery(Device(name="x", model="x", software="0"))
            for service in PARTED:
                await buses[service].publish_discovery(
                    Device(name="x", model="x", software="0", part="front")
                )
            for topic in topics():
                for publisher in topic.publishers:
                    await buses[publisher].publish(topic, sample(topic.message))
            for question in questions():
                for asker in question.askers:
                    await buses[asker].ask(question, sample(question.question))  # type: ignore[misc]
            for control in controls():
                await recorder.publish(control_name(broker.box, control), b"ON", qos=1)
            await recorder.publish(HOME_ASSISTANT_STATUS, b"online", qos=1)
        await recorder.publish("end", b"", qos=1)
        async with asyncio.timeout(LIMIT_S):
            async for message in recorder.messages:
                if message.topic.value == "end":
                    break
                seen.add(message.topic.value)
    assert {
        name: matching_channels(name) for name in seen if len(matching_channels(name)) != 1
    } == {}
    used = {key for name in seen for key in matching_channels(name)}
    assert used == set(DOCUMENT["channels"])
