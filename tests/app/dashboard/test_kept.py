"""What was computed is shown again for some seconds, and no longer."""

from app.dashboard import kept
from app.dashboard.kept import MOST, Kept


def test_a_value_is_computed_once_for_each_key() -> None:
    values, numbers = Kept(60), iter(range(9))

    found = [values.get(key, lambda: next(numbers)) for key in ("a", "b", "a")]
    values.clear()

    assert (found, values.get("a", lambda: next(numbers))) == ([0, 1, 0], 2)


def test_with_no_seconds_nothing_is_kept() -> None:
    values = Kept(0)

    assert [values.get("a", lambda: 1), values.get("a", lambda: 2)] == [1, 2]


def test_a_value_that_is_too_old_is_computed_again() -> None:
    values = Kept(60)
    assert values.get("a", lambda: 1) == 1
    at, value = values._values["a"]
    values._values["a"] = (at - 61, value)

    assert values.get("a", lambda: 2) == 2


def test_no_more_than_so_many_are_kept() -> None:
    values = Kept(60)
    for number in range(MOST + 5):
        values.get(number, lambda: kept)

    assert len(values._values) == MOST
    assert values.get(0, lambda: "again") == "again"
