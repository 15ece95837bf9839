"""Lines for whoever watches a run, or reads its log."""

import sys


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def bars() -> int:
    """Keras' verbosity: progress bars on a terminal, and none in a log."""
    return 1 if sys.stdout.isatty() else 0
