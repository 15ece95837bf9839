"""What a grading adds to a submission's files: attachments out of its archive, and the compacted network.

The bytes are in the store by then; these functions write rows in the transaction that ends the grading.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage import Stored
from app.submissions.erased import forget_late
from models.artifacts import Artifact, ArtifactKind
from models.gradings import Grading
from models.submissions import FileRole, SubmissionFile


def attach(session: Session, submission_id: int, name: str, stored: Stored) -> None:
    """Notes an attachment. A regrading finds the same ones, which are noted once: the upload never changes."""
    known = select(SubmissionFile.id).where(
        SubmissionFile.submission_id == submission_id,
        SubmissionFile.role == FileRole.ATTACHMENT,
        SubmissionFile.name == name,
    )
    if session.execute(known).first() is None:
        file = SubmissionFile(role=FileRole.ATTACHMENT, name=name, sha256=stored.sha256, bytes=stored.bytes)
        file.submission_id = submission_id
        session.add(file)


def keep(session: Session, grading_id: int, kind: ArtifactKind, name: str, stored: Stored) -> None:
    """Notes a file that the grading made."""
    session.add(Artifact(grading_id=grading_id, kind=kind, name=name, sha256=stored.sha256, bytes=stored.bytes))


def copy(session: Session, equal: Grading, grading_id: int, submission_id: int) -> None:
    """Notes what an equal grading has made for the grading that copies it: the same bytes under the same names.

    None for somebody who was erased meanwhile.
    """
    if forget_late(session, grading_id, submission_id):
        return
    for made in equal.artifacts:
        keep(session, grading_id, made.kind, made.name, Stored(made.sha256, made.bytes))
    attachments = select(SubmissionFile).where(
        SubmissionFile.submission_id == equal.submission_id, SubmissionFile.role == FileRole.ATTACHMENT
    )
    for file in session.scalars(attachments).all():
        attach(session, submission_id, file.name, Stored(file.sha256, file.bytes))
