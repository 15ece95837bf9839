"""Search in the help pages: parts of pages that hold every word, those with the words in their heading first."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

MAX_WORDS = 8
MAX_FOUND = 30
AROUND = 90
"""Characters of a text that are shown on each side of the first word."""
_HEADINGS = {"h1", "h2", "h3"}
_PARTS = {"section", "li", "h2", "h3", "tr"}
_WORD = re.compile(r"[\w.-]+")


@dataclass(slots=True)
class Passage:
    """A part of a page that has an address of its own."""

    address: str
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; `before`, `word` and `after` are of its text."""

    address: str
    title: str
    before: str
    word: str
    after: str


@dataclass
class _Reader(HTMLParser):
    """Cuts a page at every element that has an id and is a part of it."""

    path: str
    passages: list[Passage] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._in_main = self._in_heading = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begins a passage where the element is one."""
        mark = dict(attributes).get("id")
        self._in_main |= tag == "main"
        if self._in_main and mark and tag in _PARTS and not mark.startswith("h-"):
            self.passages.append(Passage(f"{self.path}#{mark}"))
        self._in_heading |= tag in _HEADINGS
        if self.passages and tag in ("p", "dd", "td", "li", "pre"):
            self.passages[-1].text += " "

    def handle_endtag(self, tag: str) -> None:
        """Ends a heading, or the page."""
        self._in_heading &= tag not in _HEADINGS
        self._in_main &= tag != "main"

    def handle_data(self, data: str) -> None:
        """Adds to the passage that is open."""
        if not self.passages or not self._in_main:
            return
        passage = self.passages[-1]
        if self._in_heading and not passage.text.strip():
            passage.title += data
        else:
            passage.text += data


def passages(path: str, html: str) -> Sequence[Passage]:
    """The parts of a page, each with the heading that it begins with."""
    reader = _Reader(path)
    reader.feed(html)
    for each in reader.passages:
        each.title, each.text = " ".join(each.title.split()), " ".join(each.text.split())
    return [each for each in reader.passages if each.title or each.text]


def search(known: Iterable[Passage], asked: str) -> Sequence[Hit]:
    """The passages that hold every word, the most telling first."""
    words = [word.casefold() for word in _WORD.findall(asked)[:MAX_WORDS]]
    if not words:
        return []
    found = []
    for place, each in enumerate(known):
        title, text = each.title.casefold(), each.text.casefold()
        if all(word in title or word in text for word in words):
            weight = sum(10 * (word in title) + min(text.count(word), 3) for word in words)
            found.append((-weight, place, each))
    return [_hit(each, words) for _, _, each in sorted(found, key=lambda hit: hit[:2])[:MAX_FOUND]]


def _hit(passage: Passage, words: Sequence[str]) -> Hit:
    text = passage.text
    at, word = min(((text.casefold().find(word), word) for word in words if word in text.casefold()), default=(0, ""))
    begin = max(0, at - AROUND)
    end = at + len(word)
    before = ("… " if begin else "") + text[begin:at]
    after = text[end : end + AROUND] + (" …" if len(text) > end + AROUND else "")
    return Hit(passage.address, passage.title or passage.address.partition("#")[2], before, text[at:end], after)
