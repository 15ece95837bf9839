"""Commands about data sets and competitions."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from app.audit.recording import note
from app.commands.courses import course_named
from app.commands.named import user_named
from app.commands.writing import writing
from app.competitions import definition, examples, service
from app.editing import service as editing
from app.schema import require_current
from app.settings import Settings
from app.storage import open_store
from models.competitions import CompetitionVersion

_file = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group("dataset")
def dataset() -> None:
    """Hidden test sets."""


@dataset.command("add")
@click.argument("name")
@_file
def add_dataset(name: str, file: Path) -> None:
    """Copy an .npz with images and labels into the service."""
    settings = Settings()
    require_current(settings.database_url)
    copied = service.copy_dataset(open_store(settings), name, file)
    with writing(settings) as session:
        added = service.add_dataset(session, copied)
        if added is copied:
            note(session, None, "dataset.add", f"dataset:{added.id}", name=name, digest=added.digest)
    click.echo(f"data set {name}: {added.examples:,} examples, digest {added.digest}")


@click.group("competition")
def competition() -> None:
    """Competitions."""


@competition.command("check")
@_file
def check(file: Path) -> None:
    """Read a definition and say what is wrong with it, line by line."""
    read = definition.load(file)
    exact = read.grading.exact
    for each in (examples.compare(example, read.grading) for example in read.course.examples):
        if each.problem:
            raise click.ClickException(f"the example {each.given}: {each.problem}")
    several = "any network" if read.grading.grading.network.free else "a family of networks"
    network = f"{exact.parameters:,} parameters" if exact else several
    click.echo(f"{read.slug}: {network}, {read.grading.classes} classes")


@competition.command("apply")
@_file
@click.option("--course", "course_slug", required=True, help="The course that it belongs to.")
@click.option("--dataset", "dataset_name", required=True, help="The hidden test set, as `dataset add` named it.")
@click.option("--author", default=None, help="E-mail address of whoever is responsible for the change.")
@click.option("--draft", is_flag=True, help="A new one is not shown to students until it is opened in the browser.")
def apply(file: Path, course_slug: str, dataset_name: str, author: str | None, draft: bool) -> None:
    """Create a competition, or a new version of it where something changed."""
    read, settings = definition.load(file), Settings()
    with writing(settings) as session:
        course = course_named(session, course_slug)
        author_id = user_named(session, author).id if author else None
        data = service.dataset_named(session, dataset_name)
        text = file.read_text(encoding="utf-8")
        before = service.current_version_of(session, read.slug)
        version = service.apply(session, course, read, text, data, author_id, as_draft=draft)
        _record(session, before, version, author_id)
        click.echo(f"competition {read.slug}: version {version.number}")
    if (allowed := read.grading.grading.file.max_bytes) > settings.max_upload_bytes:
        told = f"grading.file.max_bytes is {allowed:,}, and the web server takes {settings.max_upload_bytes:,}"
        click.echo(f"{told}: raise SECATEUR_MAX_UPLOAD_BYTES there", err=True)


def _record(
    session: Session, before: CompetitionVersion | None, after: CompetitionVersion, author_id: int | None
) -> None:
    """Writes down what became of the competition, as the browser does; nothing where nothing changed."""
    if before is None:
        editing.audit(session, "competition.create", after.competition, author_id, copied_from=None)
    elif before.number != after.number:
        editing.audit(
            session, "competition.change", after.competition, author_id, before=before.number, after=after.number
        )


COMMANDS = (dataset, competition)
