"""Recognisers: one engine a file."""
