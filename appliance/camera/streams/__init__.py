"""What cameras send: packets, timestamps, pictures."""
