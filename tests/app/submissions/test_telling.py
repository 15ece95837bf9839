"""What a report is made of beside the counts: conditions part by part, sizes, bars, and others."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from app.submissions.clauses import clauses
from app.submissions.histogram import bars
from app.submissions.sizes import sizes
from tests.app.world import World, change_rules, hand_in, settle

Open = Callable[[str | None], TestClient]
NUMBERS = {"accuracy": Fraction(3000, 5000), "score": Fraction(2, 5), "sparsity": Fraction(1, 2)}


def test_each_part_of_a_condition_is_decided_exactly_and_by_itself() -> None:
    found = clauses({"full_credit": "accuracy > 0.6 and score > 0.36", "rank_if": "sparsity >= 0.5"}, NUMBERS)

    assert [(each.text, each.holds, each.purpose) for each in found] == [
        ("sparsity >= 0.5", True, "for a rank"),
        ("accuracy > 0.6", False, "for full credit"),
        ("score > 0.36", True, "for full credit"),
    ]
    assert found[1].numbers == {"accuracy": Fraction(3, 5)}


@pytest.mark.parametrize("condition", ["accuracy > 0.6 or score > 1", "(accuracy if score > 0 else 0) > 0.1"])
def test_what_is_no_list_of_parts_stays_whole(condition: str) -> None:
    assert [each.text for each in clauses({"full_credit": condition}, NUMBERS)] == [condition]


def test_a_condition_about_what_is_not_known_is_left_out() -> None:
    assert clauses({"full_credit": "flops > 3 and accuracy > 0.5"}, NUMBERS)[0].text == "accuracy > 0.5"


def test_sparse_formats_are_counted_in_bytes() -> None:
    kernel = {"shape": [100, 10], "parameters": 1000, "zeros": 900}
    bias = {"shape": [10], "parameters": 10, "zeros": 0}

    found = {each.name: each.bytes for each in sizes([kernel, bias])}

    assert found == {
        "dense": 4 * 1010,
        "bit mask": 125 + 4 * 100 + 2 + 4 * 10,
        "CSR": 6 * 100 + 4 * 11 + 6 * 10 + 4 * 2,
        "COO": 6 * 110,
    }


def test_a_histogram_keeps_every_weight_and_gathers_the_tiny_ones() -> None:
    found = bars({"lowest": -30, "counts": [1, *[0] * 8, 2, 4, 8]})

    assert [(each.low, each.count) for each in found if each.count] == [(0.0, 3), (2.0**-20, 4), (2.0**-19, 8)]
    assert sum(each.count for each in found) == 15
    assert max(each.share for each in found) == 1.0
    assert bars(None) == bars({"lowest": 0, "counts": []}) == []


def test_a_report_tells_what_moved_since_the_one_before(browser: Open, records: Database, world: World) -> None:
    for name, score in (("grace", Fraction(1, 2)), ("ada", Fraction(2, 5)), ("ada", Fraction(3, 5))):
        settle(records, hand_in(records, world, name, file=f"{name}{score}"), score)

    page = " ".join(browser("ada").get("/submissions/3").text.split())

    assert 'Since <a href="/submissions/2">the one before</a>: score <strong class="num">+0.2000</strong>' in page
    assert 'With that one you would be <span class="num">2</span>; with this one the rank is' in page
    assert "First on the board" in page
    assert "<code>accuracy &gt; 0.6</code> holds, for full credit" in page


def test_where_scores_are_kept_by_staff_nothing_is_compared(browser: Open, records: Database, world: World) -> None:
    change_rules(records, world, "scores: shown", "scores: staff")
    for score in (Fraction(2, 5), Fraction(3, 5)):
        settle(records, hand_in(records, world, "ada", file=str(score)), score)

    page = browser("ada").get("/submissions/2").text

    assert 'id="h-beside"' not in page
    assert 'id="h-rules"' not in page
    assert 'id="h-disk"' in page
