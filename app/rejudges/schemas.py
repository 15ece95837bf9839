"""Rejudges and what they change, as the API tells them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.rejudges.comparing import Change, Comparison, Judged, Turn
from models.gradings import State
from models.rejudges import Rejudge, RejudgeKind, RejudgeState

_CHANGE: dict[str, Any] = {
    "submission_id": 42,
    "turn": "better",
    "before": {"state": "scored", "score": 0.7857, "score_exact": "7857/10000", "private_score": None, "ranks": True},
    "after": {"state": "scored", "score": 0.7861, "score_exact": "7861/10000", "private_score": None, "ranks": True},
    "rank_before": 3,
    "rank_after": 2,
    "why": "",
}
_REJUDGE: dict[str, Any] = {
    "id": 4,
    "competition": "cmu-10605",
    "version": 3,
    "kind": "rescore",
    "state": "live",
    "reason": "Sparsity weighs more now.",
    "by": "Ada Lovelace",
    "at": "2026-11-27T10:00:00Z",
    "ended_at": "2026-11-27T11:00:00Z",
    "ended_by": "Ada Lovelace",
    "progress": {"scored": 299, "rejected": 1},
    "total": 300,
    "left": 0,
    "url": "/competitions/cmu-10605/rejudges/4",
}


class JudgedBody(BaseModel):
    """A submission under some rules. A null `state` is not known yet."""

    state: State | None
    score: float | None
    score_exact: str | None
    private_score: float | None
    ranks: bool = Field(description="Whether it meets the condition for a rank.")


class ChangeBody(BaseModel):
    """A submission before and after. Ranks are its entrant's, where it counts on the board that decides."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHANGE]})

    submission_id: int
    turn: Turn
    before: JudgedBody
    after: JudgedBody
    rank_before: int | None
    rank_after: int | None
    why: str = Field(description="Why nothing is known, or what stays as it is.")


class ComparisonBody(BaseModel):
    """What changes. `changes` holds those about which anything does, a part at a time."""

    turns: dict[Turn, int] = Field(description="How many submissions fare how.")
    rises: int = Field(description="Entrants whose rank gets better.")
    falls: int = Field(description="Entrants whose rank gets worse.")
    changes: list[ChangeBody]
    next: str | None = Field(default=None, description="The address of the next part.")


class RejudgeBody(BaseModel):
    """A rejudge, and how far it has come."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REJUDGE]})

    id: int
    competition: str
    version: int = Field(description="The version of the rules that it goes by.")
    kind: RejudgeKind
    state: RejudgeState
    reason: str
    by: str | None
    at: datetime
    ended_at: datetime | None
    ended_by: str | None
    progress: dict[State, int] = Field(description="Gradings by state.")
    total: int
    left: int = Field(description="Gradings that have not ended.")
    url: str


class RejudgeInFull(RejudgeBody):
    """A rejudge with what it changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_REJUDGE, "comparison": {"turns": {"better": 1}, "rises": 1, "falls": 0, "changes": [_CHANGE]}}
            ]
        }
    )

    comparison: ComparisonBody


class RejudgeList(BaseModel):
    """The rejudges of a competition, newest first."""

    items: list[RejudgeBody]
    next: str | None


def rejudge_body(slug: str, rejudge: Rejudge, progress: Mapping[State, int]) -> RejudgeBody:
    """A rejudge of the competition with this slug."""
    return RejudgeBody.model_validate(_rejudge(slug, rejudge, progress))


def rejudge_in_full(
    slug: str, rejudge: Rejudge, progress: Mapping[State, int], comparison: ComparisonBody
) -> RejudgeInFull:
    """The same with what it changes."""
    return RejudgeInFull.model_validate({**_rejudge(slug, rejudge, progress), "comparison": comparison})


def comparison_body(found: Comparison) -> ComparisonBody:
    """A comparison with everything that changes."""
    return ComparisonBody(
        turns=dict(found.turns), rises=found.rises, falls=found.falls, changes=[_change(each) for each in found.ones]
    )


def outcome_json(found: Comparison) -> dict[str, Any]:
    """A comparison as it is kept."""
    return comparison_body(found).model_dump(mode="json")


def outcome_body(kept: Mapping[str, Any] | None) -> ComparisonBody:
    """A comparison as it was kept; an empty one where none was."""
    return ComparisonBody.model_validate(kept or {"turns": {}, "rises": 0, "falls": 0, "changes": []})


def part_of(body: ComparisonBody, after: int | None, rows: int) -> tuple[ComparisonBody, Sequence[int]]:
    """So many changes with higher numbers than `after`, and the numbers of one more."""
    found = [each for each in body.changes if after is None or each.submission_id > after]
    return body.model_copy(update={"changes": found[:rows]}), [each.submission_id for each in found[: rows + 1]]


def _rejudge(slug: str, rejudge: Rejudge, progress: Mapping[State, int]) -> dict[str, Any]:
    return {
        "id": rejudge.id,
        "competition": slug,
        "version": rejudge.version.number,
        "kind": rejudge.kind,
        "state": rejudge.state,
        "reason": rejudge.reason,
        "by": rejudge.by and rejudge.by.name,
        "at": rejudge.at,
        "ended_at": rejudge.ended_at,
        "ended_by": rejudge.ended_by and rejudge.ended_by.name,
        "progress": dict(progress),
        "total": sum(progress.values()),
        "left": sum(count for state, count in progress.items() if not state.is_end),
        "url": f"/competitions/{slug}/rejudges/{rejudge.id}",
    }


def _change(change: Change) -> ChangeBody:
    return ChangeBody(
        submission_id=change.submission_id,
        turn=change.turn,
        before=_judged(change.before),
        after=_judged(change.after),
        rank_before=change.rank_before,
        rank_after=change.rank_after,
        why=change.why,
    )


def _judged(judged: Judged) -> JudgedBody:
    return JudgedBody(
        state=judged.state,
        score=_float(judged.score),
        score_exact=None if judged.score is None else str(judged.score),
        private_score=_float(judged.private),
        ranks=judged.meets,
    )


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
