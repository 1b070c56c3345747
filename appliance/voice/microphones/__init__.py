"""Where sound comes from: one kind of source a file, all of them 16 kHz, mono, 16 bit."""
