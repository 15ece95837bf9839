"""A multipart/form-data body (RFC 7578) as a stream of events, so that no part of it has to fit into memory."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import AppError

if TYPE_CHECKING:  # the library defines this type for type checkers alone
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELD_BYTES = 1_000
"""A text field names a competition."""
MAX_PART_HEADER_BYTES = 8 << 10
MAX_PARTS = 20


@dataclass(frozen=True, slots=True)
class Field:
    """A complete text field."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileBegins:
    """A file's part begins; its bytes follow as Data until the next part."""

    field: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Data:
    """Bytes of the file whose part began last."""

    content: bytes


Event: TypeAlias = Field | FileBegins | Data


def malformed(why: str) -> AppError:
    """The refusal of a body that is not what its content type says."""
    return AppError(400, "multipart-form", f"The form's body cannot be read: {why}. Send it with curl -F file=@FILE.")


async def events(content_type: str, body: AsyncIterator[bytes]) -> AsyncGenerator[Event]:
    """The form's parts in order. Raises AppError 400 for a body that is cut short or not a form."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise malformed("its content type names no boundary")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        async for chunk in body:
            parser.write(chunk)
            for event in parts.take():
                yield event
        parser.finalize()
    except FormParserError as error:
        raise malformed(str(error)) from None
    if not parts.complete:
        raise malformed("it ends in the middle of a part")
    for event in parts.take():
        yield event


class _Parts:
    """Turns the parser's callbacks into events."""

    def __init__(self) -> None:
        self.complete = False
        self._ready: list[Event] = []
        self._header = (bytearray(), bytearray())
        self._headers: dict[str, str] = {}
        self._field: str | None = None
        self._value = bytearray()
        self._count = 0

    def take(self) -> list[Event]:
        ready, self._ready = self._ready, []
        return ready

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin_part,
            "on_header_begin": self._begin_header,
            "on_header_field": lambda data, start, end: self._add_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._add_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": lambda data, start, end: self._add(data[start:end]),
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            raise malformed(f"it has more than {MAX_PARTS} parts")
        self._headers = {}

    def _begin_header(self) -> None:
        self._header = (bytearray(), bytearray())

    def _add_header(self, side: int, data: bytes) -> None:
        self._header[side].extend(data)
        if len(self._header[side]) > MAX_PART_HEADER_BYTES:
            raise malformed(f"a part's header is longer than {MAX_PART_HEADER_BYTES} bytes")

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value.decode(
            "latin-1"
        )  # what the header's parser expects, and gives back

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", ""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        file_name = options.get(b"filename")
        if file_name is None:
            self._field, self._value = name, bytearray()
        else:
            self._field = None
            self._ready.append(FileBegins(name, _plain_name(file_name)))

    def _add(self, data: bytes) -> None:
        if self._field is None:
            self._ready.append(Data(data))
            return
        self._value.extend(data)
        if len(self._value) > MAX_FIELD_BYTES:
            raise malformed(f"the field {self._field!r} is longer than {MAX_FIELD_BYTES} bytes")

    def _end_part(self) -> None:
        if self._field is None:
            return
        value = self._value.decode("utf-8", "replace").strip()
        if not value.isprintable():
            raise malformed(f"the field {self._field!r} holds a character that cannot be printed")
        self._ready.append(Field(self._field, value))

    def _end(self) -> None:
        self.complete = True


def _plain_name(name: bytes) -> str:
    """A file's name without the folders that some browsers send along."""
    return name.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
