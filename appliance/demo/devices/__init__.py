"""Devices that are not there, a file a kind; each speaks as common firmware of its kind does."""
