"""Home Assistant's side of a camera: what its entities show, by the rules of MQTT discovery
(https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload)."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jinja2

from appliance.bus.names import discovery_name
from tests.broker_fixture import Broker

LIMIT_S = 60.0


class HomeAssistant:
    """Shows one device."""

    def __init__(self) -> None:
        self.shown: dict[str, list[Any]] = defaultdict(list)
        """What each entity has shown, by its key, the last one last: a state, a picture, or the
        attributes of an event."""
        self._entities: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Condition()

    async def until(self, entity: str, state: Any) -> None:
        """Returns when the entity shows that; at once if it does."""
        async with self._news:
            await asyncio.wait_for(
                self._news.wait_for(lambda: self.shown[entity][-1:] == [state]), LIMIT_S
            )

    async def watch(self, broker: Broker, service: str, part: str) -> None:
        """For ever."""
        discovery = discovery_name(broker.box, service, part)
        async with broker.client() as client:
            await client.subscribe(discovery, qos=1)
            async for message in client.messages:
                payload = bytes(message.payload)
                if message.topic.value == discovery:
                    self._entities = json.loads(payload)["cmps"]
                    for topic in {_topic_of(each) for each in self._entities.values()}:
                        await client.subscribe(topic, qos=1)
                else:
                    await self._show(message.topic.value, payload)

    async def _show(self, topic: str, payload: bytes) -> None:
        async with self._news:
            for key, entity in self._entities.items():
                if _topic_of(entity) == topic:
                    self.shown[key].append(_state_of(entity, payload))
            self._news.notify_all()


def _topic_of(entity: dict[str, Any]) -> str:
    return str(entity["image_topic"] if entity["p"] == "image" else entity["state_topic"])


def _state_of(entity: dict[str, Any], payload: bytes) -> Any:
    if entity["p"] == "image":
        return payload
    value = json.loads(payload)
    if entity["p"] == "event":
        assert value["event_type"] in entity["event_types"]
        return value
    template = jinja2.Environment(autoescape=True).from_string(entity["value_template"])
    return template.render(value_json=value)


@asynccontextmanager
async def watching(broker: Broker, service: str, part: str) -> AsyncIterator[HomeAssistant]:
    """Home Assistant, while the block lasts."""
    home = HomeAssistant()
    task = asyncio.create_task(home.watch(broker, service, part))
    try:
        yield home
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
