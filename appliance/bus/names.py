"""How topics are spelled on the wire: `appliance/<box id>/<path>`, and Home Assistant's two.

"Name" is what a message is published to, "filter" is what is subscribed to (MQTT 5, section 4.7).
"""

import re
from dataclasses import dataclass
from typing import Any

from appliance.bus.errors import UnknownTopic
from appliance.bus.topics import Control, Question, Topic, questions, topics

HOME_ASSISTANT_STATUS = "homeassistant/status"
"""Home Assistant says `online` here when it has started (its "birth message")."""

DISCOVERY_PREFIX = "homeassistant"
DISCOVERY = f"{DISCOVERY_PREFIX}/+/+/config", f"{DISCOVERY_PREFIX}/+/+/+/config"
"""Where devices of any vendor announce themselves to Home Assistant (its MQTT discovery)."""
COMMANDED = (
    *("alarm_control_panel", "button", "climate", "cover", "fan", "humidifier", "light", "lock"),
    *("media_player", "number", "scene", "select", "sensor", "binary_sensor", "switch", "vacuum"),
    *("valve", "water_heater"),
)
"""Kinds of entities that the household may announce on our broker, one a message. Not whole devices
(`homeassistant/device/...`): our services announce theirs there, and nobody shall in their name."""

PART = re.compile(r"[a-z0-9_]{1,40}")
"""How the key of a part is spelled."""

AnyTopic = Topic[Any]
AnyQuestion = Question[Any, Any]


def root(box: str) -> str:
    return f"appliance/{box}"


ANY = "+"
"""What stands for one level of a name in a filter."""


def topic_name(box: str, topic: AnyTopic, publisher: str, part: str = ANY) -> str:
    """A name, or a filter where the topic has parts and none is named."""
    path = topic.path.replace("{service}", publisher).replace("{part}", part)
    return f"{root(box)}/{path}"


def part_of(topic: AnyTopic, name: str) -> str:
    """The part that a name of such a topic speaks of."""
    above = topic.path.split("/").index("{part}")
    return name.split("/")[len(root("").split("/")) + above]


def topic_filter(box: str, topic: AnyTopic) -> str:
    return topic_name(box, topic, ANY)


def question_name(box: str, question: AnyQuestion) -> str:
    return f"{root(box)}/{question.path}"


def control_name(box: str, control: Control) -> str:
    return f"{root(box)}/{control.path}"


def answers_name(box: str, asker: str, suffix: str) -> str:
    """Where answers to `asker` go; `suffix` is random for a process, or `#` for a filter."""
    return f"{root(box)}/{asker}/answers/{suffix}"


def discovery_name(box: str, service: str, part: str = "") -> str:
    """Where the device of a service, or of one of its parts, is announced to Home Assistant."""
    below = f"/{part}" if part else ""
    return f"homeassistant/device/{box}_{service}{below}/config"


def is_our_device(box: str, name: str) -> bool:
    """Whether one of our own devices is announced there."""
    return name.startswith(f"homeassistant/device/{box}_")


@dataclass(frozen=True)
class Directory:
    """What each name on the wire means, for one box."""

    published: dict[str, tuple[AnyTopic, str]]
    """Topic and publisher by name; of a topic with parts, by its filter."""
    asked: dict[str, AnyQuestion]

    @classmethod
    def of(cls, box: str) -> "Directory":
        published = {
            topic_name(box, topic, publisher): (topic, publisher)
            for topic in topics()
            for publisher in topic.publishers
        }
        return cls(published, {question_name(box, question): question for question in questions()})

    def find(self, name: str) -> tuple[AnyTopic, str]:
        """The topic of that name and who publishes it. Raises UnknownTopic."""
        found = None if ANY in name else self.published.get(name)
        if found is None:
            levels = name.split("/")
            for place in range(len(levels)):
                part = levels[place]
                wide = "/".join([*levels[:place], ANY, *levels[place + 1 :]])
                if PART.fullmatch(part) and wide in self.published:
                    return self.published[wide]
            raise UnknownTopic(name)
        return found
