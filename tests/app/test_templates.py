"""Every template: what the content security policy, the browser's tab and the static files ask of it."""

import re
from pathlib import Path

import pytest
from jinja2 import nodes

from app.rendering import HERE, STATIC, Renderer
from app.settings import Settings

TEMPLATES = HERE / "templates"
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
PAGES = [name for name in NAMES if not name.startswith("includes/")]

INLINE = {
    "a script in the page": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "an event handler": re.compile(r"<[a-z][^>]*\s(?:on[a-z]+|hx-on[:a-z-]*)\s*=", re.IGNORECASE),
    "an address that is a script": re.compile(r"javascript:", re.IGNORECASE),
}


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(Settings(data_dir=tmp_path_factory.mktemp("data")))


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parsed(renderer: Renderer) -> dict[str, nodes.Template]:
    """Every template by its name, read."""
    return {name: renderer._environment.parse(source(name)) for name in NAMES}


def test_every_template_compiles_with_the_filters_that_there_are(renderer: Renderer) -> None:
    for name in NAMES:
        assert renderer._environment.get_template(name).name == name


def test_every_page_has_a_title_of_its_own(parsed: dict[str, nodes.Template]) -> None:
    for name in PAGES:
        blocks = {block.name: block for block in parsed[name].find_all(nodes.Block)}
        assert "title" in blocks, name
        assert blocks["title"].body, name


def test_every_page_extends_the_frame(parsed: dict[str, nodes.Template]) -> None:
    for name in PAGES:
        parents = [found.template for found in parsed[name].find_all(nodes.Extends)]
        if name == "base.html":
            assert parents == []
        else:
            assert [parent.value for parent in parents if isinstance(parent, nodes.Const)] == ["base.html"], name


def test_nothing_is_inline_that_the_policy_forbids() -> None:
    found = {
        (name, what): match.group()
        for name in NAMES
        for what, pattern in INLINE.items()
        if (match := pattern.search(source(name)))
    }
    assert found == {}


def test_static_files_that_a_template_names_exist(parsed: dict[str, nodes.Template]) -> None:
    paths = [
        (name, call.args[0].as_const())
        for name, template in parsed.items()
        for call in template.find_all(nodes.Call)
        if getattr(call.node, "name", "") == "static"
    ]
    assert paths
    assert [(name, path) for name, path in paths if not (STATIC / path).is_file()] == []


def test_no_template_loads_anything_from_another_site() -> None:
    loads = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)=["'](https?:|//)""")
    assert [name for name in NAMES if loads.search(source(name))] == []


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_own_style_sheets_load_nothing(path: Path) -> None:
    assert re.findall(r"@import|url\(", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("snippet", "what"),
    [
        ("<script>alert(1)</script>", "a script in the page"),
        ('<p class="a" style="color:red">', "a style attribute"),
        ('<a href="#" onclick="go()">', "an event handler"),
        ('<div hx-on:click="go()">', "an event handler"),
        ("<style>p {}</style>", "a style element"),
        ('<a href="javascript:go()">', "an address that is a script"),
    ],
)
def test_the_patterns_find_what_they_are_for(snippet: str, what: str) -> None:
    assert [name for name, pattern in INLINE.items() if pattern.search(snippet)] == [what]
