"""What models do, one task a file: a protocol and its backends."""
