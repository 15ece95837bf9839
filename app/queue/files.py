"""Files that a grading leaves: attachments out of an archive, and the smaller network for download."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.queue.tickets import Ticket
from app.storage import Store, Stored
from app.submissions import products
from app.submissions.erased import forget_late
from grader import shrinking
from grader.checked import Checked
from grader.report import Report
from models.artifacts import ArtifactKind


@dataclass(frozen=True, slots=True)
class Files:
    """What is in the store by now: attachments by name, and artifacts by kind."""

    attachments: Sequence[tuple[str, Stored]]
    artifacts: Sequence[tuple[str, Stored]]


def keep_files(store: Store, checked: Checked, report: Report) -> Files:
    """Puts them into the store. Raises AppError 507 where the disk is full."""
    attachments = [(name, _keep(store, content)) for name, content in checked.attachments.items()]
    return Files(attachments, [(kind, _keep(store, content)) for kind, content in report.artifacts.items()])


def note_files(session: Session, ticket: Ticket, files: Files) -> None:
    """Writes their rows, in the transaction that writes the result; none for somebody who was erased meanwhile."""
    if forget_late(session, ticket.grading_id, ticket.submission_id):
        return
    for name, stored in files.attachments:
        products.attach(session, ticket.submission_id, name, stored)
    for kind, stored in files.artifacts:
        name = f"submission-{ticket.submission_id}-{shrinking.FILE_NAMES[kind]}"
        products.keep(session, ticket.grading_id, ArtifactKind(kind), name, stored)


def _keep(store: Store, content: bytes) -> Stored:
    with store.receive() as incoming:
        incoming.write(content)
        return incoming.keep()
