"""Where speech goes, and what makes it."""
