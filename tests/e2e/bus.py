"""The bus as an onlooker sees it, with a client that is not ours."""

import threading
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from appliance.service.broker import locate
from appliance.service.paths import Paths


def retained(
    data: Path, pattern: str, *, count: int, limit_s: float = 10, reader: str = "observer"
) -> dict[str, bytes]:
    """The retained messages on the topics that match: at least `count`, or what came in time.
    `reader` is the account that looks."""
    address, account = locate(Paths(data, data / "run"), reader)
    found: dict[str, bytes] = {}
    enough = threading.Event()

    def take(client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        if message.retain:
            found[message.topic] = bytes(message.payload)
        if len(found) >= count:
            enough.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(account.service, account.password)
    client.on_message = take
    client.connect(address.host, address.port)
    client.subscribe(pattern, qos=1)
    client.loop_start()
    enough.wait(limit_s)
    client.disconnect()
    client.loop_stop()
    return found
