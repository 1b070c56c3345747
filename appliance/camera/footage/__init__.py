"""What is kept: recordings, and clips cut from them."""
