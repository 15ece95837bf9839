"""Pages or JSON, and how numbers, moments and Markdown read."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import Request

from app.rendering import STATIC, file_size, markdown, number, percent, points, score, static_url, wants_page, when


def request(accept: str | None) -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""})


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("TEXT/HTML", True),
        ("text/html;q=0.9, application/json;q=0.8", True),
        ("application/json", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=much", False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_a_browser_gets_a_page_and_a_program_json(accept: str | None, page: bool) -> None:
    assert wants_page(request(accept)) is page


def test_numbers_are_grouped() -> None:
    assert (number(592_933), number(7)) == ("592,933", "7")


def test_a_score_that_is_a_count_reads_as_one() -> None:
    assert [score(value) for value in (4_694_096.0, 100.0, 1234.56, 99.5, 1.0, 0.0)] == [
        "4,694,096",
        "100",
        "1,234.6",
        "99.5000",
        "1.0000",
        "0.0000",
    ]


def test_percentage_points_have_a_sign_only_where_there_is_something_to_it() -> None:
    assert [points(share) for share in (0.0042, -0.0230, -0.000_01)] == ["0.42", "−2.30", "0.00"]


def test_shares_and_scores_have_fixed_decimals() -> None:
    assert (percent(0.961_47), percent(0), score(0.78565)) == ("96.15 %", "0.00 %", "0.7856")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (2_411_725, "2.3 MiB"), (5 << 30, "5.0 GiB")],
)
def test_sizes_read_in_the_unit_that_fits(count: int, text: str) -> None:
    assert file_size(count) == text


def test_a_moment_names_its_zone() -> None:
    moment = datetime(2026, 11, 21, 9, 5, tzinfo=ZoneInfo("America/New_York"))

    assert when(moment) == "21 Nov 2026, 09:05 EST"


def test_a_static_address_changes_with_the_file() -> None:
    address = static_url("app.css")

    path, _, digest = address.partition("?v=")
    assert path == "/static/app.css"
    assert (STATIC / "app.css").exists()
    assert len(digest) == 12


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "![x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
    ],
)
def test_markdown_makes_no_scripts(text: str) -> None:
    made = str(markdown(text))

    assert "<script" not in made
    assert "<img src=x" not in made
    assert 'href="javascript' not in made
    assert 'src="javascript' not in made
    assert 'href="data:text' not in made


def test_markdown_makes_tables_and_emphasis() -> None:
    made = str(markdown("| a | b |\n|---|---|\n| **c** | d |"))

    assert "<table>" in made
    assert "<strong>c</strong>" in made
