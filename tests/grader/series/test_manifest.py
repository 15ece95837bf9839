import json

import pytest

from grader import limits
from grader.errors import Refusal
from grader.series.manifest import plan_of
from grader.series.plan import Stage

WEIGHTS = ["work/base.pt", "work/a.pt", "work/b.pt", "work/c.pt"]
MANIFEST = """\
steps:
  - layer: conv1
    before: base.pt
    pruned: a.pt
    retrained: b.pt
  - name: second
    pruned: c.pt
declared:
  training_seconds: 812
  method: L1 norm
"""


def refusal(text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(Refusal) as caught:
        plan_of(text, WEIGHTS, "work")
    return [(finding.code, finding.where, finding.got) for finding in caught.value.findings]


def test_a_manifest_gives_each_file_its_place() -> None:
    plan = plan_of(MANIFEST, WEIGHTS, "work")

    assert [(step.name, step.layer) for step in plan.steps] == [("step 1", "conv1"), ("second", None)]
    assert plan.steps[1].files == {Stage.BEFORE: "work/b.pt", Stage.PRUNED: "work/c.pt"}
    assert plan.final == "work/c.pt"
    assert plan.declared == {"training_seconds": 812, "method": "L1 norm"}


def test_json_is_taken_too() -> None:
    plan = plan_of(json.dumps({"final": "b.pt"}), WEIGHTS, "work")

    assert (plan.final, plan.steps) == ("work/b.pt", ())


def test_every_file_that_is_not_there_is_named() -> None:
    text = MANIFEST.replace("a.pt", "x.pt").replace("c.pt", "y.pt")

    assert [(code, where) for code, where, _ in refusal(text)] == [
        ("series-missing", "x.pt"),
        ("series-missing", "y.pt"),
    ]


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("- a", "series, line 1: a definition is a mapping of keys to values"),
        ("steps: []", "names `steps`, the file `final`, or both"),
        ("steps: [{before: base.pt}]", "a step names the file `pruned`, the file `retrained`, or both"),
        ("final: b.pt\nbest: 1", "series, line 2: best: this key is not known here"),
        ("final: b.pt\ndeclared: {Seconds: 1}", "declared.Seconds.[key]: String should match pattern"),
        ("final: b.pt\ndeclared: {seconds: .nan}", "declared.seconds"),
        ("final: &a b.pt\nsteps: [{pruned: *a}]", "aliases are not used here"),
        ("final: [", "this is not YAML"),
        ("#" * limits.MAX_MANIFEST_BYTES + "\n", f"it is longer than {limits.MAX_MANIFEST_BYTES:,} bytes"),
    ],
)
def test_a_manifest_that_cannot_be_used_says_why(text: str, got: str) -> None:
    (finding,) = refusal(text)

    assert finding[0] == "series-manifest"
    assert got in finding[2]
    assert finding[2].isprintable()
