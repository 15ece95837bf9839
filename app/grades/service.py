"""The grade table: computed from rows whenever it is read, so that nothing in it can be out of date."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from app.competitions import calendar
from app.competitions.access import Entry
from app.competitions.course_rules import PointsRule
from app.competitions.exact import exact
from app.competitions.reveal import Reveal
from app.grades import queries
from app.grades.points import Decided, Grade, grade, passed
from app.grades.queries import Decisions, Student
from app.leaderboard import columns
from app.leaderboard.scored import Scored
from app.leaderboard.service import deciding, standings_of
from grader.splits import Part
from models.boards import BoardMode
from models.points import Adjustment, AdjustmentKind, Extension, HandPoints

_NONE = PointsRule.model_construct(parts=(), maximum=None, bonus=None, shown=False)


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One student's line of the grade table, with what was measured and what staff decided."""

    student: Student
    grade: Grade
    numbers: Mapping[str, Fraction]
    final_id: int | None
    """The submission that counts in the end."""
    by_hand: Sequence[HandPoints] = ()
    adjustments: Sequence[Adjustment] = ()
    extension: Extension | None = None


def points_of(entry: Entry) -> PointsRule:
    """The rules of a competition's points; without any, a grade has no parts and is 0."""
    return entry.definition.course.points or _NONE


def ranks_are_told(entry: Entry, seen: Reveal) -> bool:
    """Whether a person may know what ranks decide: a board that is frozen, hidden or not out yet keeps them back."""
    return entry.is_staff or (
        entry.board_mode is BoardMode.LIVE and entry.shows_scores and (seen.may_see or not seen.has_private)
    )


def shows_points(entry: Entry, seen: Reveal) -> bool:
    """Whether a person may see their points now; points speak of ranks."""
    return entry.is_staff or (points_of(entry).shown and ranks_are_told(entry, seen))


def most_points(entry: Entry) -> Fraction | None:
    """The most points that the parts of a grade give; None where formulas leave that open."""
    rules = points_of(entry)
    if rules.maximum is not None:
        return exact(rules.maximum)
    if not rules.parts or any(part.by_hand is None for part in rules.parts):
        return None
    return sum((exact(part.by_hand or "0") for part in rules.parts), Fraction(0))


def grade_table(session: Session, entry: Entry, user_id: int | None = None) -> Sequence[GradeRow]:
    """The grades of all students of the course by name, or of one of them, as they are now."""
    return grades_of(session, entry, students_of(session, entry, user_id))


def students_of(session: Session, entry: Entry, user_id: int | None = None) -> Sequence[Student]:
    """The students of the course by name, or one of them."""
    return queries.students(session, entry.competition.course_id, entry.competition.id, user_id)


def grades_of(session: Session, entry: Entry, students: Sequence[Student]) -> Sequence[GradeRow]:
    """The grades of some students, as they are now."""
    rules = points_of(entry)
    decided = queries.decisions(session, entry.competition.id)
    entrants = {student.entrant_id for student in students if student.entrant_id is not None}
    numbers, final_ids = _measured(session, entry, decided, entrants)
    return [
        _row(entry, rules, student, numbers.get(student.entrant_id or 0, {}), final_ids, decided)
        for student in students
    ]


def _row(
    entry: Entry,
    rules: PointsRule,
    student: Student,
    numbers: Mapping[str, Fraction],
    final_ids: Mapping[int, int],
    decided: Decisions,
) -> GradeRow:
    entrant_id = student.entrant_id or 0
    by_hand, adjustments = decided.by_hand.get(entrant_id, ()), decided.adjustments.get(entrant_id, ())
    made = Decided(
        {each.part: (exact(each.points), each.note) for each in by_hand},
        [exact(each.value) for each in adjustments if each.kind is AdjustmentKind.ADD],
        [exact(each.value) for each in adjustments if each.kind is AdjustmentKind.MULTIPLY],
    )
    found = grade(rules, entry.definition.course.late, numbers, made)
    extension = decided.extensions.get(entrant_id)
    return GradeRow(student, found, numbers, final_ids.get(entrant_id), by_hand, adjustments, extension)


def _measured(
    session: Session, entry: Entry, decided: Decisions, entrants: Collection[int]
) -> tuple[Mapping[int, Mapping[str, Fraction]], Mapping[int, int]]:
    """The named numbers of those entrants that have a score, and the submission that counts in the end."""
    public, final = standings_of(session, entry), deciding(session, entry)
    last = {number: final.counted[number].scored for number in entrants if number in final.counted}
    ranks = {number: final.ladder.rank(each.candidate) for number, each in last.items()}
    numbers = {
        number: _numbers(entry, public.counted[number].scored, last.get(number), ranks.get(number), decided)
        for number in entrants
        if number in public.counted
    }
    return numbers, {entrant_id: each.candidate.submission_id for entrant_id, each in last.items()}


def _numbers(
    entry: Entry, public: Scored, final: Scored | None, rank: int | None, decided: Decisions
) -> Mapping[str, Fraction]:
    """What formulas may speak of. Without a private part, the public numbers are the private ones too."""
    course, baselines = entry.definition.course, entry.definition.course.baselines
    lower = entry.definition.grading.grading.lower_is_better
    numbers: dict[str, Fraction] = {"public_score": public.candidate.score}
    scores = {Part.PUBLIC: public.candidate.score}
    if final is not None:
        scores[Part.PRIVATE] = final.candidate.score
        numbers |= columns.metrics(final)
        numbers |= {"score": final.candidate.score, "private_score": final.candidate.score}
    for part in Part:
        known = [value for each in baselines if (value := each.value(part)) is not None]
        numbers[f"{part}_baselines"] = Fraction(passed(scores.get(part), known, lower_is_better=lower))
    if rank is not None:
        numbers["rank"] = Fraction(rank)
    until = decided.until(public.candidate.entrant_id)
    moments = [each.candidate.received_at for each in (public, final) if each is not None]
    late = max(calendar.late_days(course, entry.zone, moment, until) for moment in moments)
    return numbers | {"late_days": Fraction(late)}
