"""What a worker takes next, by what it took before."""

import time
from dataclasses import dataclass, field

from app.queue.tickets import Ticket
from models.gradings import Lane

LIVE_IN_A_ROW = 9
"""So many live gradings a worker takes one after the other; the next is a rejudge's, where one waits."""
RUSH_CHECKS = 3
"""So many files in a row that were checked and left for later, and more are expected."""
RUSH_SECONDS = 1.0
"""How long after the last of them no evaluation is begun: it would hold this worker for seconds, and checks come first."""
LONGEST_RUSH_SECONDS = 120.0
"""After which it is no rush but how things are: evaluations take their turns again, until there was none for as long."""
TIDY_SECONDS = 600.0
"""Time between two looks at what this machine keeps for nobody."""


@dataclass(slots=True)
class Turns:
    """One worker's memory of its work. Times are of the monotonic clock, in seconds."""

    live_in_a_row: int = 0
    checks_in_a_row: int = 0
    rush_began_at: float | None = None
    rushed_at: float = field(default_factory=time.monotonic)
    worked_at: float = field(default_factory=time.monotonic)
    tidied_at: float = field(default_factory=time.monotonic)

    @property
    def shadow_first(self) -> bool:
        """Whether it is a rejudge's turn though live work waits."""
        return self.live_in_a_row >= LIVE_IN_A_ROW

    @property
    def idle_seconds(self) -> float:
        """How long ago the last file was done."""
        return time.monotonic() - self.worked_at

    @property
    def is_rush(self) -> bool:
        """Whether files come in so fast that only checks are taken now."""
        if self.rush_began_at is None or time.monotonic() - self.rush_began_at >= LONGEST_RUSH_SECONDS:
            return False
        return self.checks_in_a_row >= RUSH_CHECKS and self.idle_seconds < RUSH_SECONDS

    def lanes(self, lanes: tuple[Lane, ...]) -> tuple[Lane, ...]:
        """Of a worker's lanes those that it takes from now; a rejudge keeps its turn."""
        if not self.is_rush or Lane.EVALUATE not in lanes:
            return lanes
        return (Lane.CHECK, Lane.SHADOW) if self.shadow_first else (Lane.CHECK,)

    def note(self, ticket: Ticket | None) -> None:
        """Takes notice of what was claimed; None: there was nothing in the lanes that were asked."""
        if self.idle_seconds >= RUSH_SECONDS:
            self.checks_in_a_row = 0
        if ticket is not None:
            self.live_in_a_row = 0 if ticket.lane is Lane.SHADOW else self.live_in_a_row + 1
        elif not self.is_rush:
            self.live_in_a_row = 0

    def note_end(self, *, was_check: bool) -> None:
        """Takes notice that what was claimed is done, and whether it was a check and no more."""
        self.worked_at = time.monotonic()
        self.checks_in_a_row = self.checks_in_a_row + 1 if was_check else 0
        if self.checks_in_a_row >= RUSH_CHECKS:
            if self.rush_began_at is None or self.worked_at - self.rushed_at >= LONGEST_RUSH_SECONDS:
                self.rush_began_at = self.worked_at
            self.rushed_at = self.worked_at

    def is_time_to_tidy(self) -> bool:
        """Whether it was long ago; then it begins to count anew."""
        now = time.monotonic()
        if now - self.tidied_at < TIDY_SECONDS:
            return False
        self.tidied_at = now
        return True
