"""A form's body as a stream: the same events however the network cuts it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import AppError
from app.submissions.multipart import MAX_FIELD_BYTES, MAX_PARTS, Data, Event, Field, FileBegins, events

BOUNDARY = "----limb7"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
TRICKY = b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n------\r\n--" + bytes(range(256))
"""Content that looks like the boundary, almost."""


def part(name: str, content: bytes, file_name: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name is not None else "")
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def parse(chunks: Iterable[bytes], content_type: str = FORM_TYPE) -> list[Event]:
    """The events of a body that comes in these chunks; neighbouring data joined."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def collect() -> list[Event]:
        return [event async for event in events(content_type, body())]

    joined: list[Event] = []
    for event in asyncio.run(collect()):
        if isinstance(event, Data) and joined and isinstance(joined[-1], Data):
            event = Data(joined.pop().content + event.content)  # type: ignore[union-attr]  # the line above says Data
        joined.append(event)
    return joined


BODY = form(part("competition", b"demo"), part("file", TRICKY, "w.h5"), part("after", b"x"))
EXPECTED = [Field("competition", "demo"), FileBegins("file", "w.h5"), Data(TRICKY), Field("after", "x")]


def test_a_form_in_one_piece() -> None:
    assert parse([BODY]) == EXPECTED


@pytest.mark.parametrize("size", [1, 2, 3, 7, 31, 64])
def test_the_size_of_the_chunks_changes_nothing(size: int) -> None:
    assert parse(BODY[start : start + size] for start in range(0, len(BODY), size)) == EXPECTED


@given(st.lists(st.integers(0, len(BODY)), max_size=6))
def test_wherever_it_is_cut_the_parts_are_the_same(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(BODY)]

    assert parse(BODY[begin:end] for begin, end in pairwise(bounds)) == EXPECTED


def test_every_single_cut_through_the_boundary() -> None:
    end = BODY.rindex(b"after")
    for cut in range(end - 90, end):
        assert parse([BODY[:cut], BODY[cut:]]) == EXPECTED


@pytest.mark.parametrize("missing", [1, 4, 5, 20, 100, 200, 300])
def test_a_body_cut_short_is_refused(missing: int) -> None:
    whole = BODY.removesuffix(b"\r\n")
    with pytest.raises(AppError) as caught:
        parse([whole[:-missing]])

    assert (caught.value.status, caught.value.code) == (400, "multipart-form")


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (BODY, "multipart/form-data", "no boundary"),
        (b"this is no form", FORM_TYPE, "cannot be read"),
        (b"", FORM_TYPE, "middle"),
        (form(part("competition", b"a" * (MAX_FIELD_BYTES + 1))), FORM_TYPE, "longer than 1000 bytes"),
        (form(*[part("x", b"")] * (MAX_PARTS + 1)), FORM_TYPE, "more than 20 parts"),
        (form(part("x" * 9000, b"")), FORM_TYPE, "header size exceeded"),
        (form(b"--" + BOUNDARY.encode() + b"\r\nno header\r\n\r\n\r\n"), FORM_TYPE, "cannot be read"),
    ],
)
def test_what_is_no_form_is_refused_with_a_reason(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(AppError, match=says) as caught:
        parse([body], content_type)

    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(r"C:\Users\Ada\w.h5", "w.h5"), ("../../etc/w.h5", "w.h5"), ("w.h5", "w.h5"), ("grün.h5", "grün.h5"), ("", "")],
)
def test_a_files_name_is_kept_without_its_folders(sent: str, kept: str) -> None:
    assert parse([form(part("file", b"x", sent))])[0] == FileBegins("file", kept)


def test_a_part_without_a_name_is_a_field_without_a_name() -> None:
    nameless = f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n".encode()

    assert parse([form(nameless)]) == [Field("", "x")]
