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


def parse(renderer: Renderer, name: str) -> nodes.Template:
    return renderer._environment.parse(source(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles_with_the_filters_that_there_are(renderer: Renderer, name: str) -> None:
    assert renderer._environment.get_template(name).name == name


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_a_title_of_its_own(renderer: Renderer, name: str) -> None:
    blocks = {block.name: block for block in parse(renderer, name).find_all(nodes.Block)}
    assert "title" in blocks
    assert blocks["title"].body


@pytest.mark.parametrize("name", PAGES)
def test_a_page_extends_the_frame(renderer: Renderer, name: str) -> None:
    parents = [found.template for found in parse(renderer, name).find_all(nodes.Extends)]
    if name == "base.html":
        assert parents == []
    else:
        assert [parent.value for parent in parents if isinstance(parent, nodes.Const)] == ["base.html"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_inline_that_the_policy_forbids(name: str) -> None:
    found = {what: match.group() for what, pattern in INLINE.items() if (match := pattern.search(source(name)))}
    assert found == {}


@pytest.mark.parametrize("name", NAMES)
def test_static_files_that_a_template_names_exist(renderer: Renderer, name: str) -> None:
    calls = [call for call in parse(renderer, name).find_all(nodes.Call) if getattr(call.node, "name", "") == "static"]
    paths = [call.args[0].as_const() for call in calls]
    assert [path for path in paths if not (STATIC / path).is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_template_loads_nothing_from_another_site(name: str) -> None:
    loads = re.findall(r"""<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)=["'](https?:|//)""", source(name))
    assert loads == []


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
