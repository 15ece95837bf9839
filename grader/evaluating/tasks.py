"""What the evaluating job may be asked for beside an evaluation."""

TIME = "time"
"""Two networks are timed in turns."""
