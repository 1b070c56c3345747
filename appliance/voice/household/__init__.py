"""The household's devices, and the way to them."""
