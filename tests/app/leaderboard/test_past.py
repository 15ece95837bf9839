"""The board as it was: places won since yesterday, and the leaders of each day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient
from sqlalchemy import update

from app.database import Database
from app.leaderboard.past import Named, days
from app.leaderboard.ranking import Candidate, Rule
from models.submissions import Submission
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
START = datetime(2026, 11, 20, 23, tzinfo=UTC)
BOARD = "/competitions/demo/leaderboard"


def named(entrant: int, number: int, score: str, hours: int, *, meets: bool = True) -> Named:
    moment = START + timedelta(hours=hours)
    return Named(Candidate(entrant, number, Fraction(score), moment, meets=meets), f"Nr {entrant}")


STORY = [named(1, 1, "0.4", 0), named(2, 2, "0.5", 0), named(1, 3, "0.9", 2), named(3, 4, "0.95", 30, meets=False)]


def test_a_day_ends_at_midnight_in_the_zone_of_the_course() -> None:
    told = days(STORY, Rule(), ZoneInfo("UTC"))

    assert [(each.day.day, each.entries, [name for _, name, _ in each.leaders]) for each in told] == [
        (22, 1, ["Nr 1", "Nr 2"]),
        (21, 1, ["Nr 1", "Nr 2"]),
        (20, 2, ["Nr 2", "Nr 1"]),
    ]
    assert [each.day.day for each in days(STORY, Rule(), ZoneInfo("Asia/Taipei"))] == [22, 21]


def test_the_board_tells_who_went_up_since_yesterday(browser: Open, records: Database, world: World) -> None:
    for name, score in (("ada", "1/2"), ("grace", "2/5"), ("grace", "3/5")):
        settle(records, hand_in(records, world, name, file=f"{name}{score}"), Fraction(score))
    with records.write() as session:
        yesterday = datetime.now(UTC) - timedelta(days=2)
        session.execute(update(Submission).where(Submission.id < 3).values(received_at=yesterday))

    page = " ".join(browser("ada").get(BOARD).text.split())

    assert "1 up since yesterday" in page
    assert "1 down since yesterday" in page


def test_the_board_is_sorted_and_searched_by_the_server(
    browser: Open, program: Open, records: Database, world: World
) -> None:
    for name, score in (("ada", "1/2"), ("grace", "2/5")):
        settle(records, hand_in(records, world, name, file=name), Fraction(score))
    ada, grace = (each["alias"] for each in program("ada").get(BOARD).json()["rows"])

    def names(query: str) -> list[str]:
        return [each["alias"] for each in program("ada").get(f"{BOARD}{query}").json()["rows"]]

    assert names("?sort=score&dir=asc") == [grace, ada]
    assert names(f"?q={ada}") == [ada]
    page = browser("ada").get(f"{BOARD}?sort=score&dir=asc").text
    assert 'aria-sort="ascending"' in page
    assert page.index(grace) < page.index(ada)
    assert "No such name" in browser("ada").get(f"{BOARD}?q=nobody").text
    answer = browser("ada").get(f"{BOARD}?format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="demo-public-board.csv"'
    assert ada in answer.text


def test_the_history_tells_leaders_and_no_names(browser: Open, program: Open, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "ada"), Fraction(1, 2))

    [day] = program("grace").get(f"{BOARD}/history").json()["days"]

    assert [(each["rank"], each["score_exact"]) for each in day["leaders"]] == [(1, "1/2")]
    page = browser("grace").get(f"{BOARD}/history").text
    assert day["leaders"][0]["alias"] in page
    assert "Ada" not in page
