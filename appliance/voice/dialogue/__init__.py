"""What is made of a sentence: what is done, and what is said back."""
