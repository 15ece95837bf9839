import pytest

from grader.errors import Refusal
from grader.series.planning import plan_of

MEMBERS = ["lab3/report.pdf", "lab3/base.pt", "lab3/1-pruned.pt", "lab3/train.IPYNB", "lab3/data.bin"]


def code_of(members: list[str], max_files: int | None) -> tuple[str, str, str]:
    with pytest.raises(Refusal) as caught:
        plan_of(members, None, max_files)
    (finding,) = caught.value.findings
    return finding.code, finding.expected, finding.got


def test_weights_are_planned_and_reports_are_kept() -> None:
    plan = plan_of(MEMBERS, None, 10)

    assert plan.weights == ("lab3/1-pruned.pt", "lab3/base.pt")
    assert plan.attachments == ("lab3/report.pdf", "lab3/train.IPYNB")


def test_a_manifest_goes_before_the_names() -> None:
    plan = plan_of(MEMBERS, "final: base.pt", 10)

    assert (plan.final, plan.steps) == ("lab3/base.pt", ())
    assert plan.attachments == ("lab3/report.pdf", "lab3/train.IPYNB")


def test_one_weight_file_and_a_report_are_no_series() -> None:
    plan = plan_of(["model.pth", "report.pdf"], None, 10)

    assert (plan.final, plan.steps, plan.attachments) == ("model.pth", (), ("report.pdf",))


def test_an_archive_is_refused_where_one_file_is_asked_for() -> None:
    assert code_of(MEMBERS, None) == ("series-not-taken", "", "5")


def test_an_archive_without_weights_is_refused() -> None:
    assert code_of(["a.pdf", "b.h5"], 10) == ("series-no-weights", ".pt, .pth, .ckpt, .safetensors", "2")


def test_more_weight_files_than_the_competition_takes_are_refused() -> None:
    assert code_of([f"{number}-pruned.pt" for number in range(4)], 3) == ("series-too-many", "3", "4")
