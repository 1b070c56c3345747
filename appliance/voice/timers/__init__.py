"""Kitchen timers."""
