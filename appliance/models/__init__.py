"""Models: what there are, where they come from, the files on this box, and running them."""
