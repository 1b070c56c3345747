"""Sound as the room passes it on, and WAV files of it."""
