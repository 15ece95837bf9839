"""The tables of the service. Importing this package registers all of them on `Base.metadata`."""

from models.accounts import ApiToken, AuthSession, Scope, User
from models.artifacts import Artifact, ArtifactKind
from models.audit import AuditEntry
from models.base import Base
from models.boards import Announcement, Baseline, BoardMode, BoardState, FrozenRow
from models.competitions import Competition, CompetitionVersion
from models.courses import Course, Membership, Role
from models.datasets import Dataset
from models.entrants import Entrant, EntrantMember
from models.finalists import CodeUpload, FinalistReview
from models.gradings import Grading, Lane, Phase, State
from models.joining import AccountLink, Identity, JoinCode, LinkKind
from models.moderation import Disqualification, Note
from models.networks import ReferenceNetwork
from models.points import Adjustment, AdjustmentKind, Extension, HandPoints
from models.rejudges import Rejudge, RejudgeKind, RejudgeState
from models.rosters import RosterImport
from models.standings import Standing, StandingBook, StandingMark
from models.submissions import FileRole, Submission, SubmissionFile, Via
from models.teams import TeamInvitation
from models.workers import Worker

__all__ = [
    "AccountLink",
    "Adjustment",
    "AdjustmentKind",
    "Announcement",
    "ApiToken",
    "Artifact",
    "ArtifactKind",
    "AuditEntry",
    "AuthSession",
    "Base",
    "Baseline",
    "BoardMode",
    "BoardState",
    "CodeUpload",
    "Competition",
    "CompetitionVersion",
    "Course",
    "Dataset",
    "Disqualification",
    "Entrant",
    "EntrantMember",
    "Extension",
    "FileRole",
    "FinalistReview",
    "FrozenRow",
    "Grading",
    "HandPoints",
    "Identity",
    "JoinCode",
    "Lane",
    "LinkKind",
    "Membership",
    "Note",
    "Phase",
    "ReferenceNetwork",
    "Rejudge",
    "RejudgeKind",
    "RejudgeState",
    "Role",
    "RosterImport",
    "Scope",
    "Standing",
    "StandingBook",
    "StandingMark",
    "State",
    "Submission",
    "SubmissionFile",
    "TeamInvitation",
    "User",
    "Via",
    "Worker",
]
