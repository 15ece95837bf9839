"""The corpus: files with the exact verdict that each of them must get. README.md says how a case is written."""

import importlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

import yaml

from grader import competition
from grader.competition import Definition
from grader.yaml_source import LOADER

FOLDER = Path(__file__).resolve().parent
COMPETITIONS = {
    "corpus": FOLDER / "competition.yaml",
    "corpus-torch": FOLDER / "competition-torch.yaml",
    "corpus-onnx": FOLDER / "competition-onnx.yaml",
    "corpus-code": FOLDER / "competition-code.yaml",
    "cmu-10605": FOLDER.parents[1] / "competitions" / "cmu-10605.yaml",
}
KEYS = {"why", "verdict", "competition", "name", "zeros", "notes", "problems", "file", "maker", "seed", "parameters"}
NAMES = {"corpus-torch": "model.pt", "corpus-onnx": "model.onnx", "corpus-code": "hw13.zip"}
"""The names under which files of these competitions are handed in, where the case gives no other."""
VERDICTS = {"accept": "accepted", "reject": "rejected"}


@dataclass(frozen=True)
class Case:
    """One file of the corpus: `<accept or reject>/<class>/<name>.yaml`, parsed."""

    path: Path
    facts: dict[str, Any]

    @property
    def id(self) -> str:
        """The path of the case below the corpus, without `.yaml`."""
        return self.path.relative_to(FOLDER).with_suffix("").as_posix()

    @property
    def trouble(self) -> str:
        """The class of the case, such as `soft-links`."""
        return self.path.parent.name

    @property
    def accepted(self) -> bool:
        """Whether the file must be accepted."""
        return bool(self.facts["verdict"] == "accepted")

    @property
    def competition(self) -> str:
        """The slug of the competition under whose rules the file is graded."""
        return str(self.facts.get("competition", "corpus"))

    @property
    def runs_code(self) -> bool:
        """Whether the file brings code with it that is run: in the code jail, and nowhere else."""
        return self.competition == "corpus-code"

    @property
    def file_name(self) -> str:
        """The name under which the file is handed in."""
        return str(self.facts.get("name", NAMES.get(self.competition, "my_model_weights.h5")))

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Code and sentence of every problem, in order."""
        return [(problem["code"], problem["message"]) for problem in self.facts.get("problems", [])]

    @cached_property
    def content(self) -> bytes:
        """The bytes of the file: read from beside the case, or made anew from its seed."""
        if "file" in self.facts:
            return (self.path.parent / str(self.facts["file"])).read_bytes()
        maker = importlib.import_module(f"tests.corpus.makers.{self.facts['maker']}")
        return cast(bytes, maker.make(self.facts.get("parameters", {}), int(self.facts.get("seed", 0))))


def read_case(path: Path) -> Case:
    """The case in a file. Raises ValueError where it is not one."""
    facts = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    if unknown := set(facts) - KEYS:
        raise ValueError(f"{path.name}: {', '.join(sorted(unknown))} is no key of a case")
    if facts["verdict"] != VERDICTS[path.parents[1].name]:
        raise ValueError(f"{path.name}: the verdict is {facts['verdict']!r} and the folder says otherwise")
    if ("file" in facts) == ("maker" in facts):
        raise ValueError(f"{path.name}: a case has a file or a maker")
    return Case(path, facts)


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case of the corpus, by path."""
    return tuple(read_case(path) for verdict in VERDICTS for path in sorted((FOLDER / verdict).rglob("*.yaml")))


@cache
def definition_of(slug: str) -> Definition:
    """The rules of one of the corpus' competitions."""
    return competition.load(COMPETITIONS[slug])
