"""Recognisers: one engine a file, and what they share."""
