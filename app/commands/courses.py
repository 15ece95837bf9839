"""Commands about courses."""

import click
from sqlalchemy.orm import Session

from app.audit.recording import note
from app.commands.writing import writing
from app.courses import queries, service
from app.errors import NotFound
from app.settings import Settings
from models.courses import Course


@click.group("course")
def course() -> None:
    """Courses."""


@course.command("create")
@click.argument("slug")
@click.option("--title", required=True)
@click.option("--time-zone", required=True, help="IANA name, such as America/New_York.")
def create_course(slug: str, title: str, time_zone: str) -> None:
    """Create a course."""
    with writing(Settings()) as session:
        made = service.create_course(session, slug=slug, title=title, time_zone=time_zone)
        note(session, None, "course.create", f"course:{made.id}", slug=slug)
    click.echo(f"course {slug}: add people with `secateur user add EMAIL --course {slug} --role instructor`")


def course_named(session: Session, slug: str) -> Course:
    """The course with this slug. Raises NotFound."""
    found = queries.course_by_slug(session, slug)
    if found is None:
        raise NotFound(f"There is no course {slug!r}; create it with `secateur course create {slug}`.")
    return found


COMMANDS = (course,)
