"""Text goes compressed to whoever takes it so, and whole to everybody else."""

import gzip
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from app.compressing import LEAST_BYTES, packed, takes_gzip
from app.rendering import STATIC

Open = Callable[[str | None], TestClient]
STYLES = "/static/app.css"
TAKES = {"Accept-Encoding": "gzip"}
pytestmark = pytest.mark.only_on("sqlite", reason="a database compresses nothing")


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("identity", False),
        ("", False),
    ],
)
def test_it_is_sent_as_gzip_where_that_is_taken(header: str, takes: bool) -> None:
    assert takes_gzip(Headers({"accept-encoding": header})) is takes


def test_what_fits_a_packet_is_sent_as_it_is() -> None:
    taking = Headers({"accept-encoding": "gzip"})

    assert packed(b"a" * (LEAST_BYTES - 1), taking) is None
    assert gzip.decompress(packed(b"a" * LEAST_BYTES, taking) or b"") == b"a" * LEAST_BYTES


def test_a_static_file_is_compressed_and_kept_for_ever(browser: Open) -> None:
    sent = browser(None).get(STYLES, headers=TAKES)

    assert sent.content == (STATIC / "app.css").read_bytes()
    assert sent.headers["content-encoding"] == "gzip"
    assert int(sent.headers["content-length"]) < len(sent.content) / 3
    assert (sent.headers["vary"], "immutable" in sent.headers["cache-control"]) == ("Accept-Encoding", True)
    asked = browser(None).get(STYLES, headers={**TAKES, "If-None-Match": sent.headers["etag"]})
    assert (asked.status_code, asked.content) == (304, b"")


def test_a_part_of_a_static_file_is_a_part_of_what_it_is(browser: Open) -> None:
    sent = browser(None).get(STYLES, headers={**TAKES, "Range": "bytes=0-9"})

    assert (sent.status_code, sent.content) == (206, (STATIC / "app.css").read_bytes()[:10])


@pytest.mark.parametrize("path", ["/help", STYLES])
def test_who_does_not_take_gzip_gets_it_whole(browser: Open, path: str) -> None:
    whole, packed = (browser(None).get(path, headers={"Accept-Encoding": each}) for each in ("identity", "gzip"))

    assert "content-encoding" not in whole.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == whole.content
    assert "Accept-Encoding" in whole.headers["vary"]


def test_a_page_that_shows_a_secret_is_not_compressed(browser: Open) -> None:
    made = browser("ada").post("/account/tokens", data={"name": "laptop"}, headers=TAKES)

    assert "sec_" in made.text
    assert "content-encoding" not in made.headers
