"""What the server will say of a file, found out with the server's own code and without the server."""

from pathlib import Path

from client.trouble import Exit, Trouble
from grader import door, exports, pipeline
from grader.checked import reject
from grader.competition import Definition
from grader.errors import GraderFault
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Report, Status
from grader.running import EXPORTING_JOB, READING_JOB, Runner


def check(path: Path, definition: Definition, name: str = "", exporter: Runner | None = None) -> Report:
    """The report on a file of one's own, up to its evaluation. Code in a zip is run in this process, by `exporter` else.

    Raises Trouble where it cannot be told here.
    """
    rule = definition.grading.file
    with path.open("rb") as stream:
        head = stream.read(door.FIRST_BYTES)
        runs = exporter or _own_exporter(rule.code)
        upload = pipeline.begin(stream.fileno(), definition, OwnFile(READING_JOB), exporter=runs)
        wrong = door.refused(name or path.name, head, rule) or door.too_large(upload.begun.file_bytes, rule)
        if wrong is not None:
            return reject(upload.begun, [wrong])
        try:
            return pipeline.check(upload, Watch()).report
        except GraderFault as fault:
            raise Trouble(Exit.FAILED, f"{path.name} cannot be checked here: {fault}") from None


def accepts(report: Report) -> bool:
    """Whether the server would evaluate the file."""
    return report.status is not Status.REJECTED


def _own_exporter(code: object) -> OwnFile | None:
    return OwnFile(EXPORTING_JOB) if code is not None and exports.has_torch() else None
