"""Where a model's file comes from, one kind a file."""
