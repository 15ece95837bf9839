"""Teams as the API tells them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.competitions.access import Entry
from app.teams.planning import Competitor, Plan
from app.teams.service import Team

_TEAM: dict[str, Any] = {
    "competition": "mini-project",
    "alias": "The Hedge Trimmers",
    "members": [{"name": "Ada", "email": "ada@example.org"}],
    "size": 4,
    "formed_by": "students",
    "until": "2026-10-01T03:59:59Z",
    "is_open": True,
    "invited": [{"id": 3, "email": "grace@example.org", "alias": "The Hedge Trimmers"}],
    "offered": [],
    "code": "5f2c0d7a91b34e68a0c1d2e3f4a5b6c7",
}


class MemberBody(BaseModel):
    """A person of a team."""

    name: str
    email: str


class InvitationBody(BaseModel):
    """A place in a team that is offered to an address."""

    id: int
    email: str
    alias: str = Field(description="The team's name on the board.")


class TeamBody(BaseModel):
    """Your team, and what is offered to you."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TEAM]})

    competition: str
    alias: str | None = Field(description="The name on the board; null before the first submission or invitation.")
    members: list[MemberBody]
    size: int = Field(description="The most members of a team.")
    formed_by: str = Field(description="`students` or `staff`.")
    until: datetime | None = Field(description="The last moment at which students change teams; null: no end.")
    is_open: bool = Field(description="Whether you may change your team now.")
    invited: list[InvitationBody] = Field(description="Places that your team offers.")
    offered: list[InvitationBody] = Field(description="Places that are offered to you.")
    code: str | None = Field(description="Whoever knows it may join; null: nobody joins by a link.")


class StudentBody(BaseModel):
    """A student in the list of teams."""

    user_id: int
    name: str
    email: str


class ListedTeam(BaseModel):
    """Students who compete as one entrant."""

    entrant_id: int | None = Field(description="Null: an only student, who has handed in nothing yet.")
    alias: str | None
    charged: int = Field(description="Submissions, refused ones and faults of ours left out.")
    members: list[StudentBody]


class TeamList(BaseModel):
    """All students of the course by the entrant that they compete as, teams first."""

    competition: str
    size: int
    items: list[ListedTeam]


class PlannedBody(BaseModel):
    """A team as it would be."""

    name: str
    is_new: bool = Field(description="Whether a new entry on the board is made.")
    was: str | None = Field(description="The name that its entry has now, where it would be another.")
    joining: list[StudentBody]
    staying: list[StudentBody]
    left_behind: int = Field(description="Charged submissions of those who join, which stay where they are.")


class ProblemLine(BaseModel):
    """Why a line cannot be done."""

    line: int
    text: str


class PlanBody(BaseModel):
    """What a file of teams comes to. With a problem nothing is done."""

    teams: list[PlannedBody]
    alone: list[StudentBody] = Field(description="Those who would compete alone again.")
    problems: list[ProblemLine]
    digest: str = Field(description="Send it as `expected` to have exactly this done.")
    is_done: bool


def team_body(entry: Entry, team: Team) -> TeamBody:
    """A person's team."""
    entrant = team.entrant
    return TeamBody(
        competition=entry.competition.slug,
        alias=entrant and entrant.alias,
        members=[MemberBody(name=each.name, email=each.email) for each in team.members],
        size=team.rule.size,
        formed_by=team.rule.formed_by,
        until=team.until,
        is_open=team.is_open,
        invited=[InvitationBody(id=each.id, email=each.email, alias=each.entrant.alias) for each in team.invited],
        offered=[InvitationBody(id=each.id, email=each.email, alias=each.entrant.alias) for each in team.offered],
        code=entrant and entrant.join_code,
    )


def team_list(entry: Entry, size: int, competitors: Sequence[Competitor]) -> TeamList:
    """Everybody by entrant: the larger teams first, then by name."""
    groups: dict[int, list[Competitor]] = {}
    for each in competitors:
        groups.setdefault(each.entrant_id or -each.user_id, []).append(each)
    ordered = sorted(groups.values(), key=lambda people: (-len(people), people[0].alias or "~", people[0].name))
    items = [
        ListedTeam(
            entrant_id=people[0].entrant_id,
            alias=people[0].alias,
            charged=people[0].charged,
            members=[_student(each) for each in people],
        )
        for people in ordered
    ]
    return TeamList(competition=entry.competition.slug, size=size, items=items)


def plan_body(plan: Plan, digest: str, *, is_done: bool) -> PlanBody:
    """What a file comes to."""
    return PlanBody(
        teams=[
            PlannedBody(
                name=each.name,
                is_new=each.entrant_id is None,
                was=each.was,
                joining=[_student(person) for person in each.joining],
                staying=[_student(person) for person in each.staying],
                left_behind=each.left_behind,
            )
            for each in plan.teams
        ],
        alone=[_student(each) for each in plan.alone],
        problems=[ProblemLine(line=each.line, text=each.text) for each in plan.problems],
        digest=digest,
        is_done=is_done,
    )


def _student(person: Competitor) -> StudentBody:
    return StudentBody(user_id=person.user_id, name=person.name, email=person.email)
