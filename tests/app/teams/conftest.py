"""A competition in which up to three compete together."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from tests.app.world import World, change_rules

Open = Callable[[str | None], TestClient]
TEAM = "/competitions/demo/team"


@pytest.fixture
def teams(records: Database, world: World) -> None:
    change_rules(records, world, "course:\n", "course:\n  teams: {size: 2}\n")


def post(client: TestClient, address: str, **form: str) -> dict[str, Any]:
    """The answer to a form that is taken."""
    answer = client.post(address, data=form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code_of(answer: Any) -> tuple[int, str]:
    """How a form was refused."""
    return answer.status_code, answer.json()["code"]


def invite(program: Open, by: str, whom: str) -> int:
    """The number of an invitation."""
    sent = post(program(by), f"{TEAM}/invitations", email=f"{whom.upper()}@example.org")
    return int(sent["invited"][-1]["id"])


def join(program: Open, who: str, of: str) -> dict[str, Any]:
    """The team of somebody who takes an invitation by another."""
    return post(program(who), f"{TEAM}/invitations/{invite(program, of, who)}/acceptance")
