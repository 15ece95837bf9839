"""What may be wrong with a backup, or with the place that it is to go to."""


class MovingError(Exception):
    """Something that a person can mend, in one sentence."""


class Damaged(MovingError):
    """The backup is not what was written, or is of another release."""
