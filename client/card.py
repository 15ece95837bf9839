"""A submission in a few lines: for a terminal, and for a cell of a notebook."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from client.trouble import Exit

ENDS = ("scored", "rejected", "failed")
_COLOURS = {"scored": "#1a7f37", "rejected": "#b42318", "failed": "#b42318"}


class Card:
    """What became of a submission, or what a check found. Shows itself in Jupyter and Colab; `body` is the server's JSON."""

    def __init__(self, body: Mapping[str, Any], url: str = "") -> None:
        self.body = body
        self.url = url

    @property
    def state(self) -> str:
        """queued, running, scored, rejected, failed; checked where nothing was handed in."""
        return str(self.body["state"])

    @property
    def score(self) -> float | None:
        """The score; None where there is none, or none to show."""
        return self.body.get("score")

    @property
    def rank(self) -> int | None:
        """The rank at that moment; None where it does not count."""
        return self.body.get("rank")

    @property
    def problems(self) -> list[Mapping[str, str]]:
        """What is to be changed of a rejected file."""
        return list((self.body.get("report") or {}).get("problems") or [])

    @property
    def exit(self) -> Exit:
        """The exit status of a command that ends with it."""
        return {"rejected": Exit.REJECTED, "failed": Exit.FAILED}.get(self.state, Exit.OK)

    def facts(self) -> Iterator[tuple[str, str]]:
        """What is worth saying, as name and value."""
        report = self.body.get("report") or {}
        if self.score is not None:
            yield "score", f"{self.score:.4f}"
        for name, part in (report.get("splits") or {}).items():
            told = f"{part['accuracy']:.2%}, {part['correct']:,} of {part['examples']:,} images"
            yield ("accuracy" if name == "test" else f"accuracy, {name}"), told
        if report.get("parameters"):
            yield "sparsity", f"{report['sparsity']:.2%}, {report['zeros']:,} of {report['parameters']:,} are zero"
        if self.rank is not None:
            yield "rank", str(self.rank)
        if report.get("full_credit") is not None:
            yield "full credit", "yes" if report["full_credit"] else "not yet"
        if self.body.get("reason"):
            yield "no rank", str(self.body["reason"])
        if self.body.get("position") is not None:
            yield "ahead", f"{self.body['position']:,} in the queue"

    def _title(self) -> str:
        number = f"Submission {self.body['id']}" if self.body.get("id") else str(self.body.get("competition", ""))
        return f"{number}: {self.state}"

    def __str__(self) -> str:
        lines = [self._title(), *(f"  {name:<12} {value}" for name, value in self.facts())]
        for problem in self.problems:
            lines.append(f"  [{problem['code']}] {problem['message']}")
            lines += [f"      {problem['hint']}"] if problem.get("hint") else []
        return "\n".join([*lines, *([f"  {self.url}"] if self.url else [])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = _COLOURS.get(self.state, "#57606a")
        rows = "".join(
            f'<tr><th style="text-align:left;padding:0 1em 0 0">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in self.facts()
        )
        problems = "".join(
            f"<li>{escape(each['message'])} <em>{escape(each.get('hint') or '')}</em></li>" for each in self.problems
        )
        link = f'<a href="{escape(self.url)}" target="_blank" rel="noopener">Open the report</a>' if self.url else ""
        return (
            f'<div style="border:1px solid #8884;border-left:4px solid {colour};border-radius:6px;padding:.6em 1em;max-width:40em">'
            f'<strong style="color:{colour}">{escape(self._title())}</strong>'
            f"{f'<table>{rows}</table>' if rows else ''}{f'<ul>{problems}</ul>' if problems else ''}{link}</div>"
        )
