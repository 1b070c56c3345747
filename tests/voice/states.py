"""How the devices of the house are."""

STATES = {
    "kitchen_lamp/state": '{"state":"ON","brightness":128}',
    "kitchen_lamp/online": "online",
    "counter/state": "OFF",
    "bedside/state": "OFF",
    "desk_lamp/state": "ON",
    "reading_light/state": "OFF",
    "coffee_machine/state": "1",
    "radio/state": "OFF",
    "radio/online": "offline",
    "blind/state": "open",
    "garage_door/state": "closed",
    "front_door/state": "LOCKED",
    "heating/state": "heat",
    "heating/current": "19.5",
    "humidity/state": "48",
    "ceiling_fan/state": "OFF",
}
