"""Courses as the API tells them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.courses.access import Enrolment
from models.courses import Role

_EXAMPLE: dict[str, Any] = {
    "slug": "10605-f26",
    "title": "10-605, fall 2026",
    "time_zone": "America/New_York",
    "role": "student",
    "competitions": ["cmu-10605"],
}


class CourseBody(BaseModel):
    """A course, and what you are in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    slug: str
    title: str
    time_zone: str = Field(description="IANA name.")
    role: Role | None = Field(description="Null: you have no part in it, and see it as an administrator.")
    competitions: list[str] = Field(description="The slugs of its competitions, the newest first.")


class CourseList(BaseModel):
    """Your courses, the newest first."""

    items: list[CourseBody]


def course_body(enrolment: Enrolment, competitions: list[str]) -> CourseBody:
    """A course as one person sees it."""
    course = enrolment.course
    return CourseBody(
        slug=course.slug,
        title=course.title,
        time_zone=course.time_zone,
        role=enrolment.role,
        competitions=competitions,
    )
