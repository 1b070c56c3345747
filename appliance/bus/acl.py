"""Who may read and write what: Mosquitto's access list (mosquitto.conf(5)), from topics.py.

Crops of faces and names of people pass in questions and answers: only those two services read them.
"""

from collections.abc import Sequence

from appliance.bus.names import (
    ANY,
    COMMANDED,
    DISCOVERY_PREFIX,
    HOME_ASSISTANT_STATUS,
    AnyTopic,
    answers_name,
    control_name,
    discovery_name,
    question_name,
    topic_name,
)
from appliance.bus.topics import (
    CONTROLLERS,
    DEMO,
    HOUSEHOLD,
    OBSERVER,
    PARTED,
    SERVICES,
    SPEAKER,
    controls,
    questions,
    topics,
)

DEMO_ROOT = "virtual"
"""Where the demo's devices have their topics."""


def access_list(box: str, device_roots: Sequence[str] = (), *, demo: bool = False) -> str:
    """The whole file. Whoever is not in it reads and writes nothing.

    `device_roots` are the beginnings of the topics of the household's devices. With `demo`, virtual
    devices have an account too.
    """
    devices = [f"readwrite {root}/#" for root in device_roots]
    accounts = {service: _service(box, service) for service in SERVICES}
    accounts[OBSERVER] = _reader(box)
    accounts[SPEAKER] = _asker(box, SPEAKER)
    accounts[HOUSEHOLD] = _household(box) + devices
    if demo:
        accounts[DEMO] = _virtual_devices()
    for service in CONTROLLERS:
        accounts[service] += [f"read {DISCOVERY_PREFIX}/#", *devices]
    return "\n".join(
        "\n".join([f"user {account}", *(f"topic {rule}" for rule in rules), ""])
        for account, rules in accounts.items()
    )


def _service(box: str, service: str) -> list[str]:
    rules = [f"read {HOME_ASSISTANT_STATUS}", f"write {discovery_name(box, service)}"]
    if service in PARTED:
        rules.append(f"write {discovery_name(box, service, ANY)}")
    for topic in topics():
        if service in topic.publishers:
            rules.append(f"write {topic_name(box, topic, service)}")
        if service in topic.subscribers:
            rules += _read(box, topic)
    for question in questions():
        if service in question.askers:
            rules.append(f"write {question_name(box, question)}")
        if service == question.answerer:
            rules.append(f"read {question_name(box, question)}")
            rules += [f"write {answers_name(box, asker, '#')}" for asker in question.askers]
    rules += [f"read {control_name(box, each)}" for each in controls() if each.service == service]
    rules.append(f"read {answers_name(box, service, '#')}")
    return sorted(set(rules))


def _asker(box: str, account: str) -> list[str]:
    asked = [f"write {question_name(box, each)}" for each in questions() if account in each.askers]
    return [*sorted(asked), f"read {answers_name(box, account, '#')}"]


def _read(box: str, topic: AnyTopic) -> list[str]:
    return [f"read {topic_name(box, topic, publisher)}" for publisher in topic.publishers]


def _reader(box: str) -> list[str]:
    rules = [rule for topic in topics() for rule in _read(box, topic)]
    return sorted({*rules, "read homeassistant/#"})


def _virtual_devices() -> list[str]:
    announcements = [f"write {DISCOVERY_PREFIX}/{kind}/{DEMO_ROOT}/+/config" for kind in COMMANDED]
    return [*announcements, f"read {HOME_ASSISTANT_STATUS}", f"readwrite {DEMO_ROOT}/#"]


def _household(box: str) -> list[str]:
    announcements = [
        f"write {DISCOVERY_PREFIX}/{kind}/{levels}/config"
        for kind in COMMANDED
        for levels in ("+", "+/+")
    ]
    set_by_hand = [f"write {control_name(box, control)}" for control in controls()]
    return [*_reader(box), f"write {HOME_ASSISTANT_STATUS}", *announcements, *set_by_hand]
