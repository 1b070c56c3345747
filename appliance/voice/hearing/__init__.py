"""From frames to what was said to the box."""
