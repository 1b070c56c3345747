"""What runs models, one engine a file."""
