"""Which results become rows of a board, and how they are compared there. The way through a service: test_end_to_end."""

from typing import Any

import pytest

from kits.reference import baselines
from kits.reference.plan import DENSE, FIRST, GRADUAL, MASKED
from kits.reference.service import Service, Trouble
from tests.kits.records import result

DENSE_NETWORK = result(DENSE, 0, 3_800)
WORSE, BETTER = result(GRADUAL, 533_640, 3_800), result(GRADUAL, 581_074, 3_720)
MASKED_NETWORK = result(MASKED, 575_145, 3_700)
FIRST_CYCLE = result(FIRST, 0, 3_700)
ALL = [FIRST_CYCLE, DENSE_NETWORK, WORSE, BETTER, MASKED_NETWORK]


def body(**changes: Any) -> dict[str, Any]:
    report = {"digests": {"file": "digest"}, "score_exact": str(BETTER.score), "problems": []}
    return {"state": "scored", "report": report | changes}


def test_the_best_of_each_method_is_entered_without_what_came_before() -> None:
    assert baselines.choose(ALL, ()) == [DENSE_NETWORK, BETTER, MASKED_NETWORK]


def test_steps_are_entered_as_they_are_named() -> None:
    assert baselines.choose(ALL, (WORSE.name,)) == [WORSE]


def test_a_step_without_a_result_is_named() -> None:
    with pytest.raises(Trouble, match="no result of masked-1; there is: first-0"):
        baselines.choose(ALL, ("masked-1",))


def test_a_row_tells_method_and_sparsity() -> None:
    assert baselines.name_of(MASKED_NETWORK) == "4 masked retraining, 97.0 %"
    assert baselines.name_of(DENSE_NETWORK) == "dense network"


def test_equal_numbers_are_no_difference() -> None:
    assert baselines.differences(BETTER, "digest", body()) == []


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (body(score_exact="1/2"), f"{BETTER.score} here"),
        (body(digests={"file": "other"}), "its file is another one"),
        ({"state": "rejected", "report": {"problems": [{"message": "it is no weight file"}]}}, "it is no weight file"),
        ({"state": "failed", "report": None}, "the submission is failed"),
    ],
)
def test_a_difference_is_told(found: dict[str, Any], told: str) -> None:
    assert told in baselines.differences(BETTER, "digest", found)


def test_only_addresses_of_the_web_are_asked() -> None:
    with pytest.raises(Trouble, match="begins with http"):
        Service("file:///etc", "token")


def test_a_service_that_is_not_there_is_told_in_a_line() -> None:
    with pytest.raises(Trouble, match="does not answer"):
        Service("http://127.0.0.1:9", "token").get("/competitions")
