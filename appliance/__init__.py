"""The userland of an embedded AI appliance: supervised services that talk over MQTT."""

__version__ = "0.1.0"
