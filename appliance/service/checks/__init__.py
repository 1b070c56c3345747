"""One health rule a file: a docstring that the documentation repeats, and `check(facts)`."""
