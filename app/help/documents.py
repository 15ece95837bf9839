"""The documents of `docs/` as pages: the same text as in the repository, with the address of this service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

TITLES = {
    "students": "For students",
    "instructors": "For instructors",
    "operations": "For operators",
    "kits": "Starter kits",
    "security": "Security",
    "performance": "Performance",
}
"""The documents that are shown, by the name of their file."""
PLACES = (Path(__file__).parents[1] / "docs", Path(__file__).parents[2] / "docs")
"""Where they lie in an installed service, and in the repository."""
LOCAL = "http://127.0.0.1:8000"
"""The address that the documents speak of: that of `make run`."""
_LINK = re.compile(r"([a-z]+)\.md(#.*)?")
_MARK = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its title, its text as HTML, and its headings of the second level with their ids."""

    name: str
    title: str
    html: Markup
    headings: Mapping[str, str]


@cache
def document(name: str, public_url: str) -> Document | None:
    """The document of that name for a service at that address; None where there is none."""
    path = next((place / f"{name}.md" for place in PLACES if (place / f"{name}.md").is_file()), None)
    if name not in TITLES or path is None:
        return None
    text = path.read_text(encoding="utf-8").replace(LOCAL, public_url)
    tokens = _PARSER.parse(text)
    headings = _prepare(tokens)
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return Document(name, TITLES[name], Markup(html), headings)  # noqa: S704 - the parser escapes what it did not make


def anchor(text: str) -> str:
    """The id of a heading, as GitHub makes it of simple ones."""
    return _MARK.sub("-", text.lower()).strip("-")


def _prepare(tokens: list[Token]) -> Mapping[str, str]:
    """Gives headings their ids and links their addresses here; the page's own title goes. Tells second-level headings."""
    found: dict[str, str] = {}
    for opening, content in pairwise(tokens):
        if opening.type == "heading_open":
            mark = anchor(content.content)
            opening.attrSet("id", mark)
            if opening.tag == "h2":
                found[mark] = content.content
        _link(content)
    if tokens and tokens[0].tag == "h1":
        del tokens[:3]
    return found


def _link(token: Token) -> None:
    for child in token.children or ():
        target = _LINK.fullmatch(str(child.attrGet("href") or ""))
        if target is not None:
            child.attrSet("href", f"/help/{target[1]}{target[2] or ''}")
        elif str(child.attrGet("href") or "").startswith(".."):
            child.attrs.pop("href")


def _framed(self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    return '<div class="table-frame" role="region" tabindex="0" aria-label="Table"><table class="table table-dense">\n'


def _unframed(self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _command(self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    return f'<pre class="command"><code>{Markup.escape(tokens[at].content)}</code></pre>\n'


_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_PARSER.add_render_rule("table_open", _framed)
_PARSER.add_render_rule("table_close", _unframed)
_PARSER.add_render_rule("code_block", _command)
_PARSER.add_render_rule("fence", _command)
