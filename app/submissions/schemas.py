"""Submissions as the API tells them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.leaderboard.standing import Standing
from app.submissions.comparing import Comparison
from grader.splits import Part
from models.artifacts import Artifact, ArtifactKind
from models.gradings import Grading, Phase, State
from models.moderation import Disqualification
from models.submissions import FileRole, SubmissionFile

_NEWER_PARTS: dict[str, Any] = dict.fromkeys(("ranks", "series", "lineage", "compacted", "magnitudes"))
"""What reports of an earlier release lack."""
_HIDDEN_WITH_SCORES = ("splits", "scores", "score", "score_exact", "full_credit", "ranks", "series")
_IN_PARTS = ("splits", "scores")
"""What a report tells of each part of the test set, the private one too."""

_EXAMPLE: dict[str, Any] = {
    "id": 42,
    "competition": "cmu-10605",
    "entrant": "Quiet Otter 17",
    "state": "scored",
    "phase": "done",
    "received_at": "2026-11-21T14:40:00Z",
    "finished_at": "2026-11-21T14:40:01Z",
    "is_staff": False,
    "counts": True,
    "rank": 1,
    "reason": None,
    "position": None,
    "expected_seconds": None,
    "score": 0.7857,
    "private_score": 0.7812,
    "disqualified": "The code was somebody else's.",
    "is_chosen": False,
    "is_reference": False,
    "reference": {
        "submission_id": 40,
        "accuracy_drop": 0.0042,
        "flops_saved": 0.7433,
        "parameters_saved": 0.9012,
        "time_ratio": {"median": 0.41, "low": 0.4, "high": 0.43, "rounds": 31, "examples": 256},
    },
    "files": [
        {
            "id": 57,
            "role": "weights",
            "name": "my_model_weights.h5",
            "bytes": 2375928,
            "sha256": "9f" * 32,
            "url": "/submissions/42/files/57",
        }
    ],
    "compacted": [
        {
            "kind": "onnx",
            "name": "compacted-42.onnx",
            "bytes": 371928,
            "sha256": "ab" * 32,
            "url": "/submissions/42/compacted/onnx",
        }
    ],
    "report": {"status": "scored", "score_exact": "7857/10000", "full_credit": True},
}


class FileBody(BaseModel):
    """A file of a submission: the upload, or an attachment out of the archive that was uploaded."""

    id: int
    role: FileRole
    name: str = Field(examples=["my_model_weights.h5"])
    bytes: int
    sha256: str
    url: str = Field(examples=["/submissions/42/files/57"])


class CompactedBody(BaseModel):
    """The network without the channels and neurons that do nothing, in one format."""

    kind: ArtifactKind
    name: str
    bytes: int
    sha256: str
    url: str = Field(examples=["/submissions/42/compacted/onnx"])


class ReferenceBody(BaseModel):
    """A submission against its entrant's dense reference. Shares are of the reference's; null is not known or not shown."""

    submission_id: int
    accuracy_drop: float | None = Field(description="Accuracy of the reference minus that of this one, from -1 to 1.")
    flops_saved: float | None = Field(description="Share of the reference's effective FLOPs, at most 1.")
    parameters_saved: float | None = Field(description="Share of the parameters that the reference needs, at most 1.")
    time_ratio: dict[str, Any] | None = Field(
        description="Time of this network divided by the reference's: median and quartiles of paired rounds."
    )


class AcceptedBody(BaseModel):
    """A submission in the queue. Ask `url` for its state."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 42, "state": "queued", "url": "/submissions/42"}]})

    id: int
    state: State
    url: str = Field(examples=["/submissions/42"])


class SubmissionBody(BaseModel):
    """A submission and the grading that counts for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    competition: str
    entrant: str = Field(description="The name on the board.")
    state: State
    phase: Phase
    received_at: datetime
    finished_at: datetime | None
    is_staff: bool = Field(description="Staff's own submissions never rank.")
    counts: bool | None = Field(description="Whether this is the one that ranks at present; null in lists.")
    rank: int | None = Field(description="Its rank at present; null where it does not count, and in lists.")
    reason: str | None = Field(
        description="Why it has no rank, in numbers; null where it has one, and in lists.",
        examples=["accuracy 0.8532; needs accuracy > 0.87"],
    )
    position: int | None = Field(description="How many gradings wait ahead; null unless queued.")
    expected_seconds: float | None = Field(
        default=None, description="Until it is graded, by measured times; null where nobody can tell."
    )
    score: float | None = Field(description="Null where there is no score, or none to show.")
    private_score: float | None = Field(
        description="On the private part of the test set; null where there is none, and until it is shown."
    )
    disqualified: str | None = Field(
        default=None, description="Why it counts nowhere, in the staff's words; null where it may count, and in lists."
    )
    is_chosen: bool = Field(description="Whether its entrant chose it for the private board.")
    is_reference: bool = Field(description="Whether its entrant's other submissions are compared with it.")
    reference: ReferenceBody | None = Field(description="What was saved against the reference; null in lists.")
    files: list[FileBody]
    compacted: list[CompactedBody] = Field(
        description="What can be downloaded of the compacted network; empty in lists."
    )
    report: dict[str, Any] | None = Field(description="What grading found out; null until it has.")


class SubmissionList(BaseModel):
    """Submissions, newest first. `next` is the address of the next part."""

    items: list[SubmissionBody]
    next: str | None


def visible_report(
    report: Mapping[str, Any] | None, *, shows_scores: bool, shows_private: bool
) -> dict[str, Any] | None:
    """The report as this reader may see it. Of the private part nothing is told before its time."""
    if report is None:
        return None
    whole = {**_NEWER_PARTS, "scores": {}, **report}
    if not shows_private:
        public = {key: {name: each for name, each in whole[key].items() if name != Part.PRIVATE} for key in _IN_PARTS}
        whole |= public
    return {key: None if key in _HIDDEN_WITH_SCORES and not shows_scores else value for key, value in whole.items()}


def submission_body(
    grading: Grading,
    *,
    shows_scores: bool,
    standing: Standing | None = None,
    position: int | None = None,
    expected: float | None = None,
    compared: Comparison | None = None,
    in_full: bool = True,
    shows_private: bool = False,
    held: Disqualification | None = None,
) -> SubmissionBody:
    """A submission with its live grading; the report only `in_full`."""
    may_see = {"shows_scores": shows_scores, "shows_private": shows_private}
    submission = grading.submission
    return SubmissionBody(
        id=submission.id,
        competition=submission.competition.slug,
        entrant=submission.entrant.alias,
        state=grading.state,
        phase=grading.phase,
        received_at=submission.received_at,
        finished_at=grading.finished_at,
        is_staff=submission.is_staff,
        counts=standing and standing.counts,
        rank=standing and standing.rank,
        reason=standing and standing.reason,
        position=position,
        expected_seconds=expected and round(expected, 1),
        score=grading.score if shows_scores else None,
        private_score=grading.private_score if shows_scores and shows_private else None,
        disqualified=held and held.reason,
        is_chosen=submission.is_chosen,
        is_reference=submission.is_reference,
        reference=compared and _reference(compared),
        files=[_file(file) for file in submission.files],
        compacted=[_compacted(submission.id, made) for made in grading.artifacts] if in_full else [],
        report=visible_report(grading.report, **may_see) if in_full else None,
    )


def _file(file: SubmissionFile) -> FileBody:
    url = f"/submissions/{file.submission_id}/files/{file.id}"
    return FileBody(id=file.id, role=file.role, name=file.name, bytes=file.bytes, sha256=file.sha256, url=url)


def _compacted(submission_id: int, made: Artifact) -> CompactedBody:
    url = f"/submissions/{submission_id}/compacted/{made.kind.value}"
    return CompactedBody(kind=made.kind, name=made.name, bytes=made.bytes, sha256=made.sha256, url=url)


def _reference(compared: Comparison) -> ReferenceBody:
    return ReferenceBody(
        submission_id=compared.reference_id,
        accuracy_drop=compared.accuracy_drop,
        flops_saved=compared.flops_saved,
        parameters_saved=compared.parameters_saved,
        time_ratio=dict(compared.time_ratio) if compared.time_ratio else None,
    )
