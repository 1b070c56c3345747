"""Virtual devices obey what they announced and refuse everything else."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.demo.devices.colour_light import ColourLight
from appliance.demo.devices.cover import TRAVEL_S, Cover
from appliance.demo.devices.device import Device
from appliance.demo.devices.fan import Fan
from appliance.demo.devices.lock import Lock
from appliance.demo.devices.scene import Scene
from appliance.demo.devices.switched_light import SwitchedLight
from appliance.demo.devices.thermometer import DAY_S, Thermometer
from appliance.demo.devices.thermostat import Thermostat
from appliance.demo.errors import NotUnderstood
from appliance.demo.home import furnish

KINDS: dict[str, Callable[[], Device]] = {
    "colour": lambda: ColourLight("Lamp", "Kitchen"),
    "switched": lambda: SwitchedLight("Lamp", "Kitchen"),
    "dimmed": lambda: SwitchedLight("Lamp", "Kitchen", dimmer=True),
    "cover": lambda: Cover("Blind", "Kitchen", "blind"),
    "thermostat": lambda: Thermostat("Heating", "Kitchen"),
    "lock": lambda: Lock("Door", "Kitchen"),
    "fan": lambda: Fan("Fan", "Kitchen"),
    "thermometer": lambda: Thermometer("Thermometer", "Kitchen"),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.mark.parametrize(
    ("kind", "command", "payload", "said"),
    [
        ("switched", "set", "ON", {"state": "ON"}),
        ("dimmed", "brightness/set", "40", {"state": "ON", "brightness": "40"}),
        ("dimmed", "brightness/set", "0", {"state": "OFF", "brightness": "100"}),
        ("thermostat", "mode/set", "off", {"mode": "off"}),
        ("thermostat", "target/set", "21.5", {"target": "21.5"}),
        ("lock", "set", "UNLOCK", {"state": "UNLOCKED"}),
        ("fan", "set", "ON", {"state": "ON", "speed": "50"}),
        ("fan", "speed/set", "25", {"state": "ON", "speed": "25"}),
        ("fan", "speed/set", "0", {"state": "OFF", "speed": "50"}),
        ("cover", "set", "CLOSE", {"state": "closing", "position": "100"}),
    ],
)
def test_a_command_is_obeyed_and_told(
    kind: str, command: str, payload: str, said: dict[str, str]
) -> None:
    device = KINDS[kind]()
    device.take(command, payload)
    assert said.items() <= device.states().items()


def test_a_colour_light_takes_parts_and_tells_all() -> None:
    lamp = ColourLight("Lamp", "Kitchen")
    lamp.take("set", '{"state": "ON", "brightness": 102, "transition": 2}')
    lamp.take("set", '{"color": {"r": 255, "g": 0, "b": 0}}')
    assert json.loads(lamp.states()[""]) == {
        "state": "ON",
        "brightness": 102,
        "color_mode": "rgb",
        "color": {"r": 255, "g": 0, "b": 0},
    }


@pytest.mark.parametrize(
    ("kind", "command", "payload"),
    [
        ("colour", "set", "ON"),
        ("colour", "set", "[]"),
        ("colour", "set", "{}"),
        ("colour", "set", '{"state": "on"}'),
        ("colour", "set", '{"brightness": 256}'),
        ("colour", "set", '{"brightness": true}'),
        ("colour", "set", '{"state": "ON", "color": {"r": 1}}'),
        ("colour", "set", "[" * 500),
        ("colour", "level/set", "1"),
        ("switched", "set", "on"),
        ("switched", "brightness/set", "1"),
        ("dimmed", "brightness/set", "101"),
        ("cover", "set", "HALF"),
        ("cover", "position/set", "nan"),
        ("thermostat", "mode/set", "cool"),
        ("thermostat", "target/set", "80"),
        ("lock", "set", "OPEN"),
        ("fan", "speed/set", "fast"),
        ("thermometer", "set", "20"),
    ],
)
def test_nonsense_changes_nothing(kind: str, command: str, payload: str) -> None:
    device = KINDS[kind]()
    before = dict(device.states())
    with pytest.raises(NotUnderstood) as refused:
        device.take(command, payload)
    assert device.states() == before
    assert refused.value.mend


@every_kind
@given(command=st.sampled_from(["set", "brightness/set", "target/set", ""]), payload=st.text())
def test_any_text_is_obeyed_or_refused(kind: str, command: str, payload: str) -> None:
    device = KINDS[kind]()
    try:
        device.take(command, payload)
    except NotUnderstood as refused:
        assert refused.device == device.name  # noqa: PT017 # either is right


def test_a_blind_takes_its_time_and_stops_when_told() -> None:
    blind = Cover("Blind", "Kitchen", "blind")
    blind.take("set", "CLOSE")
    blind.pass_time(TRAVEL_S / 4)
    assert blind.states() == {"state": "closing", "position": "75"}
    blind.take("set", "STOP")
    blind.pass_time(TRAVEL_S)
    assert blind.states() == {"state": "open", "position": "75"}
    blind.take("position/set", "0")
    blind.pass_time(TRAVEL_S)
    assert blind.states() == {"state": "closed", "position": "0"}


def test_a_heated_room_warms_to_its_target_and_cools_when_off() -> None:
    heating = Thermostat("Heating", "Kitchen")
    heating.take("target/set", "22")
    for _ in range(8):
        heating.pass_time(3600)
    assert float(heating.states()["current"]) == pytest.approx(22, abs=0.1)
    heating.take("mode/set", "off")
    heating.pass_time(3600)
    assert float(heating.states()["current"]) < 22


def test_the_temperature_follows_the_day() -> None:
    thermometer = Thermometer("Thermometer", "Kitchen")
    thermometer.pass_time(DAY_S / 4)
    assert thermometer.states() == {"state": "22.0"}


def test_a_scene_sets_its_devices() -> None:
    lamp = SwitchedLight("Lamp", "Kitchen")
    scene = Scene("Evening", "Kitchen", [(lamp, "set", "ON")])
    scene.take("set", "ON")
    assert lamp.states() == {"state": "ON"}
    with pytest.raises(NotUnderstood):
        scene.take("set", "OFF")


def test_every_device_of_the_home_knows_its_state_again_after_a_power_cut() -> None:
    for device, new in zip(furnish(), furnish(), strict=True):
        for command, payload in (("set", "ON"), ("set", '{"brightness": 9}'), ("set", "UNLOCK")):
            try:
                device.take(command, payload)
            except NotUnderstood:
                continue
        new.recall(device.memory())
        assert new.states() == device.states()


@every_kind
@given(
    memory=st.dictionaries(
        st.sampled_from(
            ["on", "brightness", "position", "target", "mode", "percent", "age_s", "r"]
        ),
        st.floats() | st.text() | st.booleans(),
    )
)
def test_a_damaged_memory_does_no_harm(kind: str, memory: dict[str, float | str | bool]) -> None:
    device = KINDS[kind]()
    device.recall(memory)
    device.pass_time(1.0)
    assert all(isinstance(value, str) for value in device.states().values())
