"""The list of topics and how they are spelled."""

import pytest

from appliance.bus.errors import UnknownTopic
from appliance.bus.names import Directory, question_name, topic_name
from appliance.bus.topics import (
    ALBUMS_STATE,
    AVAILABILITY,
    CAMERA_STATE,
    SERVICES,
    SPEAKER,
    questions,
    topics,
)


def test_names_are_unique() -> None:
    names = [
        topic_name("box", topic, publisher) for topic in topics() for publisher in topic.publishers
    ]
    names += [question_name("box", question) for question in questions()]
    assert len(names) == len(set(names))


def test_only_services_publish_and_answer_and_the_command_line_may_ask() -> None:
    for topic in topics():
        assert {*topic.publishers, *topic.subscribers} <= set(SERVICES)
    for question in questions():
        assert question.answerer in SERVICES
        assert {*question.askers} <= {*SERVICES, SPEAKER}


def test_a_topic_of_one_publisher_lies_below_its_name_or_has_a_place_for_it() -> None:
    for topic in topics():
        first = topic.path.split("/", 1)[0]
        assert first in {"{service}", "settings", *topic.publishers}
        assert first == "{service}" or len(topic.publishers) == 1


def test_a_name_is_found_with_its_publisher() -> None:
    directory = Directory.of("12345678")
    assert directory.find("appliance/12345678/web/availability") == (AVAILABILITY, "web")
    assert directory.find("appliance/12345678/albums/state") == (ALBUMS_STATE, "albums")
    assert directory.find("appliance/12345678/camera/yard/state") == (CAMERA_STATE, "camera")


@pytest.mark.parametrize(
    "name",
    [
        "appliance/12345678/nobody/availability",
        "appliance/87654321/web/availability",
        "appliance/12345678/albums/state/",
        "albums/state",
        "appliance/12345678/camera/+/state",
        "appliance/12345678/camera/Yard/state",
        "appliance/12345678/+/state",
        "",
    ],
)
def test_another_name_is_unknown(name: str) -> None:
    with pytest.raises(UnknownTopic) as raised:
        Directory.of("12345678").find(name)
    assert raised.value.name == name
