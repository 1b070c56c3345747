"""What is kept of what was said, while the household wants it."""
