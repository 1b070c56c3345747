"""What moves, what stands, and of which kind it is."""
