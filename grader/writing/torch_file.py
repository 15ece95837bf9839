"""A PyTorch state dict as `torch.save` writes it since version 1.6, for `torch.load(..., weights_only=True)`.

A zip archive, nothing packed: `data.pkl` is a pickle of protocol 2 that makes an OrderedDict of tensors, `data/<key>` the
numbers of one tensor each, at multiples of 64 bytes, so that torch can map them. Equal weights give equal bytes.
Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py; layout: torch/serialization.py, `_save`.
"""

import io
import struct
import zipfile
from itertools import accumulate

from grader.facts import FloatArray, Weights

ALIGNMENT = 64  # bytes, as torch writes it into `.storage_alignment`
ROOT = "archive"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's first day, instead of today
LOCAL_HEADER_BYTES = 30  # APPNOTE.TXT, section 4.3.7, without name and extra field
EXTRA_HEADER_BYTES = 4  # section 4.5.1: identifier and length
PADDING_FIELD = 0x4246  # the extra field "FB" that torch pads with; readers pass over it

PROTOCOL_2, STOP, MARK = b"\x80\x02", b".", b"("
EMPTY_TUPLE, TUPLE, REDUCE, SET_ITEMS, FALSE, PERSISTENT_ID = b")", b"t", b"R", b"u", b"\x89", b"Q"


def state_dict_file(weights: Weights) -> bytes:
    """The bytes of a `.pt` file with the given float32 arrays under their names, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _write(archive, "data.pkl", _pickled(weights))
        _write(archive, ".format_version", b"1")
        _write(archive, ".storage_alignment", str(ALIGNMENT).encode())
        _write(archive, "byteorder", b"little")
        for key, array in enumerate(weights.values()):
            _write(archive, f"data/{key}", array.astype("<f4").tobytes())
        _write(archive, "version", b"3\n")
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """One entry, whose content begins at a multiple of ALIGNMENT."""
    entry = zipfile.ZipInfo(f"{ROOT}/{name}", EPOCH)
    entry.create_system = 0  # zipfile would note the system that it runs on
    assert archive.fp is not None  # noqa: S101 - it is open
    begin = archive.fp.tell() + LOCAL_HEADER_BYTES + len(entry.filename) + EXTRA_HEADER_BYTES
    padding = -begin % ALIGNMENT
    entry.extra = struct.pack("<HH", PADDING_FIELD, padding) + b"Z" * padding
    archive.writestr(entry, content)


def _pickled(weights: Weights) -> bytes:
    items = [_text(name) + _tensor(str(key), array) for key, (name, array) in enumerate(weights.items())]
    made = _global("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE
    return PROTOCOL_2 + made + MARK + b"".join(items) + SET_ITEMS + STOP


def _tensor(key: str, array: FloatArray) -> bytes:
    """A call of `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`."""
    storage = [_text("storage"), _global("torch", "FloatStorage"), _text(key), _text("cpu"), _integer(array.size)]
    hooks = _global("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE
    arguments = [
        _tuple(*storage) + PERSISTENT_ID,
        _integer(0),
        _tuple(*map(_integer, array.shape)),
        _tuple(*map(_integer, _strides(array.shape))),
        FALSE,
        hooks,
    ]
    return _global("torch._utils", "_rebuild_tensor_v2") + _tuple(*arguments) + REDUCE


def _strides(shape: tuple[int, ...]) -> list[int]:
    """How many numbers lie between neighbours along each axis, rows one after the other."""
    return list(accumulate(shape[:0:-1], lambda size, step: size * step, initial=1))[::-1] if shape else []


def _tuple(*parts: bytes) -> bytes:
    return MARK + b"".join(parts) + TUPLE


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _text(text: str) -> bytes:
    encoded = text.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def _integer(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)
