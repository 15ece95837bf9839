"""A submission as Gradescope takes it, and the archive that makes Gradescope ask us."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit.recording import record
from app.competitions import calendar
from app.competitions.access import Entry
from app.courses import queries as courses
from app.errors import Conflict
from app.grades.points import Decided, Numbers, grade, passed
from app.grades.service import most_points, points_of
from app.gradescope.results import Graded
from app.leaderboard import columns
from app.leaderboard.ranking import Candidate
from app.leaderboard.scored import Scored
from app.submissions.schemas import visible_report
from models.accounts import Scope, User
from models.gradings import Grading, State

SCRIPT = Path(__file__).with_name("autograder.py")
SETUP = "#!/usr/bin/env bash\n# Gradescope's image has Python 3; nothing else is needed.\npython3 --version\n"
ONE = Fraction(1)
TOKEN_LIFETIME = timedelta(days=240)
"""A term, and what comes after it."""


def graded(session: Session, entry: Entry, grading: Grading, most: Fraction | None, public_url: str) -> Graded:
    """What results are made of, as whoever entered may see it. Raises Conflict where there is no result of the file."""
    number = grading.submission_id
    if not grading.state.is_end:
        raise Conflict("not-graded", f"Submission {number} is {grading.state.value}; ask again when it has ended.")
    if grading.state is State.FAILED or grading.report is None:
        raise Conflict(
            "grading-failed", f"Submission {number} could not be graded, by a fault of ours; no try is used."
        )
    report = visible_report(grading.report, shows_scores=entry.shows_scores, shows_private=False)
    assert report is not None  # noqa: S101 - there is one
    received, finished = grading.submission.received_at, grading.finished_at
    most = most or most_points(entry) or ONE
    extended = courses.extended_end(session, grading.submission.entrant_id)
    is_told = entry.shows_scores and grading.state is State.SCORED
    return Graded(
        submission_id=number,
        url=f"{public_url}/submissions/{number}",
        report=report,
        points=_points(entry, grading, most, extended) if is_told else None,
        most=most,
        students_see_scores=entry.students_see_scores,
        lower_is_better=entry.definition.grading.grading.lower_is_better,
        seconds=(finished - received).total_seconds() if finished else 0.0,
    )


def make_archive(session: Session, entry: Entry, user: User, public_url: str, most: Fraction | None) -> bytes:
    """The autograder with an API token that is made for it, and written down."""
    issued = accounts.create_token(
        session, user.id, f"Gradescope: {entry.competition.slug}", TOKEN_LIFETIME, Scope.SUBMIT
    )
    competition_id = entry.competition.id
    subject, token = f"competition:{competition_id}", issued.token.prefix
    record(session, user.id, "gradescope.make_autograder", subject, competition_id=competition_id, token=token)
    return archive(entry, issued.text, public_url, most)


def archive(entry: Entry, token: str, public_url: str, most: Fraction | None) -> bytes:
    """The autograder for an assignment of Gradescope's: `setup.sh`, `run_autograder` and what it has to know."""
    config = {
        "url": public_url,
        "competition": entry.competition.slug,
        "token": token,
        "file_names": list(entry.definition.grading.grading.file.names),
        "max_score": None if most is None else float(most),
    }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text, mode in (
            ("setup.sh", SETUP, 0o755),
            ("run_autograder", SCRIPT.read_text(encoding="utf-8"), 0o755),
            ("config.json", json.dumps(config, indent=1), 0o600),
        ):
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100000 | mode) << 16
            packed.writestr(info, text)
    return sink.getvalue()


def _points(entry: Entry, grading: Grading, most: Fraction, extended: datetime | None) -> Fraction:
    """The points by formula that this submission alone is worth; without any, full credit, or its share of it."""
    rules, numbers = points_of(entry), _numbers(entry, grading, extended)
    if any(part.formula for part in rules.parts):
        found = grade(rules, entry.definition.course.late, numbers, Decided({})).parts
        return sum((part.points for part in found if part.points is not None), Fraction(0))
    if _full_credit(grading):
        return most
    score = numbers["score"]
    is_share = not entry.definition.grading.grading.lower_is_better and 0 <= score <= 1
    return score * most if is_share else Fraction(0)


def _full_credit(grading: Grading) -> bool:
    report = grading.report or {}
    return bool((report.get("scores") or {}).get("public", report).get("full_credit"))


def _numbers(entry: Entry, grading: Grading, extended: datetime | None) -> Numbers:
    """What formulas may speak of, as far as one submission tells it: no rank, and of the private part that nothing is passed."""
    submission, course = grading.submission, entry.definition.course
    score = Fraction(grading.score_exact or 0)
    candidate = Candidate(submission.entrant_id, submission.id, score, submission.received_at)
    scored = Scored(candidate, "", grading.report or {}, grading.version_id)
    known = [value for each in course.baselines if (value := each.value("public")) is not None]
    lower = entry.definition.grading.grading.lower_is_better
    return {
        **columns.metrics(scored),
        "score": score,
        "public_score": score,
        "public_baselines": Fraction(passed(score, known, lower_is_better=lower)),
        "private_baselines": Fraction(0),
        "late_days": Fraction(calendar.late_days(course, entry.zone, submission.received_at, extended)),
    }
