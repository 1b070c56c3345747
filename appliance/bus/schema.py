"""The bus as an AsyncAPI 3.0 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0).

The application that it describes is the whole box: what a service publishes is sent, what a service
answers is received. Who does so is in `x-publishers`, `x-subscribers`, `x-answerer` and `x-askers`.
"""

import inspect
from typing import Any

import msgspec

from appliance.bus import codec, discovery, envelope
from appliance.bus.connection import QOS
from appliance.bus.messages.base import Failure, Message
from appliance.bus.messages.camera import Picture
from appliance.bus.messages.service import Availability
from appliance.bus.names import (
    HOME_ASSISTANT_STATUS,
    PART,
    AnyQuestion,
    AnyTopic,
    answers_name,
    control_name,
    discovery_name,
    question_name,
    root,
)
from appliance.bus.topics import (
    HOUSEHOLD,
    SERVICES,
    SPEAKER,
    Control,
    Kind,
    controls,
    questions,
    topics,
)

BINDING = "0.2.0"
ANSWERS = "answers"

Document = dict[str, Any]


def document(software: str) -> Document:
    """Every topic that a service of this version publishes or reads. `software` is the version."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "appliance",
            "version": software,
            "license": {"name": "Apache-2.0"},
            "description": "Messages are JSON unless their content type says otherwise, QoS 1. "
            "`box` is the box id.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "127.0.0.1:{port}",
                "protocol": "mqtt",
                "protocolVersion": "5",
                "variables": {
                    "port": {"description": "In address.json beside the broker's files."}
                },
                "security": [{"type": "userPassword"}],
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _identifier(path: str) -> str:
    return path.replace("{service}", "service").replace("{part}", "part").replace("/", "_")


def _text_name(control: Control) -> str:
    """`voice/mute/set` -> `VoiceMuteSet`."""
    return "".join(part.capitalize() for part in control.path.split("/"))


def _answers() -> list[type[Message]]:
    kinds = {question.answer: None for question in questions()}
    return [*kinds, Failure]


def _reference(*path: str) -> Document:
    return {"$ref": "#/" + "/".join(path)}


def _channel(address: str, *messages: str, description: str = "") -> Document:
    parameters: Document = {"box": {"description": "The box id: eight hexadecimal digits."}}
    if "{service}" in address:
        parameters["service"] = {"description": "The publisher.", "enum": list(SERVICES)}
    if "{part}" in address:
        parameters["part"] = {"description": f"One of several, such as a camera: {PART.pattern}."}
    if "{asker}" in address:
        parameters["asker"] = {"description": "Who asked.", "enum": [*SERVICES, SPEAKER]}
        parameters["session"] = {"description": "Random for each process."}
    channel: Document = {
        "address": address,
        "messages": {name: _reference("components", "messages", name) for name in messages},
    }
    if description:
        channel["description"] = description
    if "{" in address:
        channel["parameters"] = parameters
    return channel


def _channels() -> Document:
    channels: Document = {}
    for topic in topics():
        channels[_identifier(topic.path)] = _channel(
            f"{root('{box}')}/{topic.path}",
            topic.message.__name__,
        ) | {
            "x-publishers": list(topic.publishers),
            "x-subscribers": list(topic.subscribers),
            "x-size-limit-bytes": codec.limit_bytes(topic.message),
        }
    for question in questions():
        channels[_identifier(question.path)] = _channel(
            question_name("{box}", question),
            question.question.__name__,
        ) | {
            "x-answerer": question.answerer,
            "x-askers": list(question.askers),
            "x-size-limit-bytes": codec.limit_bytes(question.question),
        }
    for control in controls():
        channels[_identifier(control.path)] = _channel(
            control_name("{box}", control), _text_name(control), description=control.summary
        ) | {
            "x-answerer": control.service,
            "x-askers": [HOUSEHOLD],
            "x-size-limit-bytes": control.limit_bytes,
        }
    channels[ANSWERS] = _channel(
        answers_name("{box}", "{asker}", "{session}"),
        *(kind.__name__ for kind in _answers()),
        description="Where answers go; only the asker reads it.",
    )
    channels["home_assistant_discovery"] = _channel(
        discovery_name("{box}", "{service}"), "HomeAssistantDevice"
    )
    channels["home_assistant_discovery_of_a_part"] = _channel(
        discovery_name("{box}", "{service}", "{part}"), "HomeAssistantDevice"
    )
    channels["home_assistant_status"] = _channel(HOME_ASSISTANT_STATUS, "HomeAssistantStatus")
    return channels


def _operations() -> Document:
    operations = {f"publish_{_identifier(t.path)}": _publication(t) for t in topics()}
    operations |= {f"answer_{_identifier(q.path)}": _request(q) for q in questions()}
    for control in controls():
        name = _identifier(control.path)
        operations[f"obey_{name}"] = _operation("receive", name, retain=False)
    operations["publish_home_assistant_discovery"] = _operation(
        "send", "home_assistant_discovery", retain=True
    )
    operations["publish_home_assistant_discovery_of_a_part"] = _operation(
        "send", "home_assistant_discovery_of_a_part", retain=True
    )
    operations["receive_home_assistant_status"] = _operation(
        "receive", "home_assistant_status", retain=False
    )
    return operations


def _operation(action: str, channel: str, *, retain: bool) -> Document:
    binding: Document = {"qos": QOS, "bindingVersion": BINDING}
    if action == "send":
        binding["retain"] = retain
    return {
        "action": action,
        "channel": _reference("channels", channel),
        "bindings": {"mqtt": binding},
    }


def _publication(topic: AnyTopic) -> Document:
    return _operation("send", _identifier(topic.path), retain=topic.kind is Kind.STATE)


def _request(question: AnyQuestion) -> Document:
    answers = (question.answer.__name__, Failure.__name__)
    return _operation("receive", _identifier(question.path), retain=False) | {
        "reply": {
            "channel": _reference("channels", ANSWERS),
            "messages": [_reference("channels", ANSWERS, "messages", name) for name in answers],
        }
    }


def _messages() -> Document:
    messages = {kind.__name__: _message(kind) for kind in _kinds()}
    for question in questions():
        messages[question.question.__name__] |= _request_extras()
    for kind in _answers():
        messages[kind.__name__] |= _answer_extras()
    for control in controls():
        messages[_text_name(control)] = {
            "summary": control.summary,
            "contentType": "text/plain",
            "payload": {"type": "string", "minLength": 1},
        }
    messages["HomeAssistantDevice"] = {
        "summary": "A service as a device of Home Assistant; empty when it is gone.",
        "payload": _reference("components", "schemas", "HomeAssistantDevice"),
    }
    messages["HomeAssistantStatus"] = {
        "summary": "Home Assistant has started, or stops.",
        "contentType": "text/plain",
        "payload": {"type": "string", "enum": ["offline", "online"]},
    }
    return messages


def _kinds() -> list[type[Message | Availability | Picture]]:
    kinds: dict[type[Message | Availability | Picture], None] = {t.message: None for t in topics()}
    kinds |= {question.question: None for question in questions()}
    kinds |= dict.fromkeys(_answers())
    return list(kinds)


def _message(kind: type[Message | Availability | Picture]) -> Document:
    message: Document = {"payload": _reference("components", "schemas", kind.__name__)}
    if kind.__dict__.get("__doc__"):
        message["summary"] = inspect.cleandoc(kind.__dict__["__doc__"])
    if issubclass(kind, Availability):
        message["contentType"] = "text/plain"
    if issubclass(kind, Picture):
        message["contentType"] = "image/jpeg"
    return message


def _request_extras() -> Document:
    return {
        "headers": _headers(envelope.DEADLINE, "Seconds on the monotonic clock of the box."),
        "bindings": {
            "mqtt": {
                "responseTopic": answers_name("{box}", "{asker}", "{session}"),
                "correlationData": {"type": "string", "contentEncoding": "binary"},
                "bindingVersion": BINDING,
            }
        },
    }


def _answer_extras() -> Document:
    return {"headers": _headers(envelope.OUTCOME, "`answer`, or `failure` when it is a Failure.")}


def _headers(name: str, description: str) -> Document:
    """MQTT 5 user properties."""
    properties = {name: {"type": "string", "description": description}}
    return {"type": "object", "properties": properties}


def _schemas() -> Document:
    _, schemas = msgspec.json.schema_components(
        _kinds(), ref_template="#/components/schemas/{name}"
    )
    for kind in _kinds():
        if issubclass(kind, Message):
            schemas[kind.__name__]["properties"]["version"]["const"] = kind.VERSION
    schemas[Availability.__name__]["type"] = "string"
    schemas[Picture.__name__] = {"type": "string", "format": "binary"}
    schemas["HomeAssistantDevice"] = {
        "type": "object",
        "required": ["dev", "o", "cmps"],
        "properties": {
            "dev": {"type": "object", "required": ["ids", "name"]},
            "o": {"type": "object", "required": ["name"]},
            "cmps": {
                "type": "object",
                "additionalProperties": {"type": "object", "required": ["p"]},
            },
            "availability": {"type": "array", "items": {"type": "object"}},
            "qos": {"const": discovery.QOS},
        },
    }
    return schemas
