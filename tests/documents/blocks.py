"""The blocks and the numbered steps of the documents, by the heading that they stand under."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.help.documents import LOCAL, anchor

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {
    path.name: path for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
}
_PLACEHOLDER = re.compile(r"(?m)^export (\w+)=\S*\.\.\.$")


@dataclass(frozen=True, slots=True)
class Block:
    """A block between fences. `name`: document, heading, and which of its blocks, from 1: `students.md#with-curl-2`."""

    name: str
    language: str
    text: str


@cache
def blocks(document: str) -> tuple[Block, ...]:
    """All blocks of a document, in their order; one that is only indented has no language."""
    found: dict[str, int] = {}
    made = []
    for place, token in _under_headings(document):
        if token.type in ("fence", "code_block"):
            found[place] = found.get(place, 0) + 1
            made.append(Block(f"{document}#{place}-{found[place]}", token.info.strip(), token.content))
    return tuple(made)


def block(name: str) -> Block:
    """The block of that name."""
    return next(each for each in blocks(name.partition("#")[0]) if each.name == name)


def steps(place: str) -> list[str]:
    """The numbered steps under a heading, `students.md#by-the-form`, as they are written."""
    document, _, heading = place.partition("#")
    tokens = [token for under, token in _under_headings(document) if under == heading]
    depth, found = 0, []
    for token in tokens:
        depth += {"ordered_list_open": 1, "ordered_list_close": -1}.get(token.type, 0)
        if depth and token.type == "inline":
            found.append(token.content)
    return found


def as_served(text: str, url: str) -> str:
    """The text as a service shows it under `/help`: with its own address."""
    return text.replace(LOCAL, url)


def filled(text: str, **values: str) -> str:
    """A block in which each `export NAME=...` has the reader's own value instead of the dots."""
    return _PLACEHOLDER.sub(lambda found: f"export {found[1]}={values[found[1]]}", text)


def _under_headings(document: str) -> Iterator[tuple[str, Token]]:
    place, before = "", None
    for token in MarkdownIt("commonmark").enable("table").parse(DOCUMENTS[document].read_text(encoding="utf-8")):
        if before is not None and before.type == "heading_open":
            place = anchor(token.content)
        yield place, token
        before = token
