"""The results of a run as rows of a board: each file is handed in for a baseline of its own."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from kits.reference import results
from kits.reference.plan import FIRST, TITLES
from kits.reference.results import FILE_NAME, Result
from kits.reference.service import Service, Trouble
from kits.reference.telling import tell


def enter(service: Service, competition: str, out: Path, steps: Sequence[str] = ()) -> bool:
    """Whether the service gave every file the run's own numbers. Those that it has already are looked up."""
    chosen = choose(results.all_kept(out), steps)
    agreed = [_enter(service, competition, out / result.name / FILE_NAME, result) for result in chosen]
    return all(agreed)


def choose(found: Sequence[Result], steps: Sequence[str]) -> list[Result]:
    """The results of the named steps, or the best one of each method. Raises Trouble for a name without a result."""
    by_name = {result.name: result for result in found}
    if missing := [name for name in steps if name not in by_name]:
        raise Trouble(f"no result of {', '.join(missing)}; there is: {', '.join(by_name) or 'nothing'}")
    if steps:
        return [by_name[name] for name in steps]
    best: dict[str, Result] = {}
    for result in found:
        if result.method == FIRST:
            continue
        held = best.setdefault(result.method, result)
        best[result.method] = max(held, result, key=lambda each: each.score)
    return list(best.values())


def name_of(result: Result) -> str:
    """How the row is called: `4 masked retraining, 97.0 %`."""
    title = TITLES[result.method]
    return f"{title}, {result.sparsity:.1%}".replace("%", " %") if result.zeros else title


def _enter(service: Service, competition: str, path: Path, result: Result) -> bool:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    baseline = _baseline(service, competition, name_of(result))
    number = baseline["submission_id"]
    if number is None:
        query = urlencode({"competition": competition, "baseline": baseline["id"], "name": path.name})
        number = service.post_file(f"/submissions?{query}", content)["id"]
    body = service.result(f"/submissions/{number}")
    problems = differences(result, digest, body)
    told = "as measured here" if not problems else "; ".join(problems)
    tell(f"{name_of(result)}: submission {number}, SHA-256 {digest}, score {_score(body)}, {told}")
    return not problems


def _baseline(service: Service, competition: str, name: str) -> dict[str, Any]:
    """The baseline of that name, entered if there is none yet."""
    base = f"/competitions/{quote(competition, safe='')}/baselines"
    items = service.get(base)["items"]
    if all(each["name"] != name for each in items):
        items = service.post_form(base, {"name": name})["items"]
    found: dict[str, Any] = next(each for each in items if each["name"] == name)
    if not found["is_file"]:
        raise Trouble(f"{name!r} stands on the board with numbers; take it away there to enter its file")
    return found


def differences(result: Result, digest: str, body: dict[str, Any]) -> list[str]:
    """Where a submission differs from the run's result."""
    report = body.get("report") or {}
    if body["state"] != "scored":
        return [f"the submission is {body['state']}", *(each["message"] for each in report.get("problems", ()))]
    problems = []
    if report["digests"]["file"] != digest:
        problems.append("its file is another one")
    if report["score_exact"] != str(result.score):
        problems.append(f"{result.score} here")
    return problems


def _score(body: dict[str, Any]) -> str:
    return str((body.get("report") or {}).get("score_exact"))
