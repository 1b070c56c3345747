"""`python -m appliance.demo` is the virtual home; with `speak`, whoever speaks to the box once."""

import importlib
import sys

PARTS = {(): "service", ("speak",): "speaker"}
"""Each has a `main`; speech needs much that the home does not."""

if __name__ == "__main__":
    part = PARTS.get(tuple(sys.argv[1:]))
    sys.exit(importlib.import_module(f"appliance.demo.{part}").main() if part else 2)
