"""How the command line says what went wrong."""

import sys


def report_error(error: Exception) -> None:
    """One line on standard error, and one with what mends it where the error knows that."""
    sys.stderr.write(f"appliance: {error}\n")
    mend = getattr(error, "mend", "")
    if mend:
        sys.stderr.write(f"  mend it by: {mend}\n")
