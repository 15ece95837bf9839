"""The tables of the service. Importing this package registers all of them on `Base.metadata`."""

from models.accounts import ApiToken, AuthSession, User
from models.artifacts import Artifact, ArtifactKind
from models.audit import AuditEntry
from models.base import Base
from models.competitions import Competition, CompetitionVersion
from models.courses import Course, Membership, Role
from models.datasets import Dataset
from models.entrants import Entrant, EntrantMember
from models.gradings import Grading, Lane, Phase, State
from models.networks import ReferenceNetwork
from models.points import Adjustment, AdjustmentKind, Extension, HandPoints
from models.submissions import FileRole, Submission, SubmissionFile, Via
from models.teams import TeamInvitation
from models.workers import Worker

__all__ = [
    "Adjustment",
    "AdjustmentKind",
    "ApiToken",
    "Artifact",
    "ArtifactKind",
    "AuditEntry",
    "AuthSession",
    "Base",
    "Competition",
    "CompetitionVersion",
    "Course",
    "Dataset",
    "Entrant",
    "EntrantMember",
    "Extension",
    "FileRole",
    "Grading",
    "HandPoints",
    "Lane",
    "Membership",
    "Phase",
    "ReferenceNetwork",
    "Role",
    "State",
    "Submission",
    "SubmissionFile",
    "TeamInvitation",
    "User",
    "Via",
    "Worker",
]
