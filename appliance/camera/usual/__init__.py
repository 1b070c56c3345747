"""What is usual before one camera, and how far something is from it."""
