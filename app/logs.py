"""Log lines: time, level, process, then an event's name with its fields."""

import logging


def configure() -> None:
    """Sends log lines of this process to standard error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s [%(process)d] %(message)s")
    # Alembic tells each step at this level; the command says what was done.
    logging.getLogger("alembic").setLevel(logging.WARNING)
