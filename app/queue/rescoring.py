"""A grading of a rejudge that is scored from what the grading that counts has kept, without evaluating."""

from dataclasses import replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from app.competitions.stored import Rules
from app.queue import results
from app.queue.equality import equality_key
from app.queue.tickets import Result, Ticket
from grader import rescoring
from grader.rescoring import Classes, NotKept, Rescored
from models.gradings import Grading, State
from models.rejudges import Rejudge, RejudgeKind


def kept(session: Session, ticket: Ticket) -> Grading | None:
    """The grading that counts for a ticket's submission, where the ticket's rejudge asks for scores alone and it has one."""
    rejudge = session.get(Rejudge, ticket.rejudge_id)
    if rejudge is None or rejudge.kind is not RejudgeKind.RESCORE:
        return None
    counts = (
        select(Grading)
        .where(Grading.submission_id == ticket.submission_id, Grading.is_live)
        .where(Grading.state.in_((State.SCORED, State.REJECTED)), Grading.report.is_not(None))
        .options(undefer(Grading.predictions), selectinload(Grading.artifacts))
    )
    return session.scalars(counts).one_or_none()


def result(known: Grading, old: Rules, new: Rules, key: str) -> Result | None:
    """The result of a kept grading under other rules; None where only an evaluation can tell.

    Raises FormulaError where a formula has no value for it.
    """
    if known.report is None or old.dataset_digest != new.dataset_digest:
        return None
    if rescoring.obstacle(old.definition, new.definition):
        return None
    # Another grader's result is carried on; a new submission of the same file is evaluated by the present one.
    of_this_grader = known.equality_key == equality_key(known.file_sha256, old, None)
    if known.state is State.REJECTED:
        return replace(results.copied(known, new.definition.slug, key), equality_key=key if of_this_grader else None)
    try:
        found = rescoring.rescore(
            known.report, lambda: classes_of(known.predictions), new.definition, lambda: new.test_set().labels
        )
    except NotKept:
        return None
    return _result(known, found, key if of_this_grader else None)


def classes_of(predictions: bytes | None) -> Classes | None:
    """Predicted classes as they were stored."""
    return None if predictions is None else np.frombuffer(predictions, "<i4").astype(np.int32)


def _result(known: Grading, found: Rescored, key: str | None) -> Result:
    public, private = found.public, found.private
    return Result(
        state=State.SCORED,
        report=found.report,
        equality_key=key,
        score=float(public.score),
        score_exact=str(public.score),
        ranks=public.ranks,
        private_score=float(private.score) if private else None,
        private_score_exact=str(private.score) if private else None,
        private_ranks=private.ranks if private else None,
        predictions=known.predictions,
        copied_from_id=known.id,
    )
