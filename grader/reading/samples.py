"""Small files that make every part of the readers work, for warming up."""

import io
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping

import numpy as np

from grader import limits
from grader.reading.library import h5d, h5f, h5g, h5p, h5s, h5t
from grader.reading.signatures import HDF5

_TENSOR = (  # of two numbers, in the words of a pickle: MARK, arguments, TUPLE, REDUCE
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nBFloat16Storage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQ"
    b"K\0K\x02\x85K\x01\x85\x89NtR"
)
_STATE_DICT = b"\x80\x02}X\x08\0\0\0l.weight" + _TENSOR + b"s."
_NUMBERS = b"\x80\x3f\0\0"  # 1 and 0 as bfloat16


def all_kinds() -> Iterator[tuple[dict[str, object], bytes]]:
    """The arguments of a reading and the content of a file, for good and damaged files."""
    keras: dict[str, object] = {"format": "keras-h5"}
    yield keras, _hdf5()
    for bad in (HDF5 + bytes(limits.H5_WARM_BYTES), b"PK\x03\x04", "\u00e9".encode()):
        yield keras, bad
    pytorch: dict[str, object] = {"format": "pytorch"}
    for good in (_checkpoint(), _legacy(), _safetensors()):
        yield pytorch, good
        yield pytorch, good[:-1]
    onnx: dict[str, object] = {"format": "onnx"}
    for content in (_onnx(), _onnx()[:-1], b"\x08\x08\x12\x01\xff"):
        yield onnx, content
    archive = _archive()
    yield {**pytorch, "task": "contents"}, archive
    for task in ("weights", "bytes"):
        yield {**pytorch, "task": task, "member": "steps/\u00e9.pt"}, archive


def _hdf5() -> bytes:
    """A layer with one array in a chunk that is packed."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    file = h5f.create(b"warm.h5", fapl=access)
    layer = h5g.create(h5g.create(file, b"layers"), b"dense")
    plan = h5p.create(h5p.DATASET_CREATE)
    plan.set_chunk((2, 2))
    plan.set_shuffle()
    plan.set_deflate(1)
    plan.set_fletcher32()
    dataset = h5d.create(h5g.create(layer, b"vars"), b"0", h5t.IEEE_F64BE, h5s.create_simple((3, 3)), plan)
    dataset.write(h5s.ALL, h5s.ALL, np.ones((3, 3)))
    h5f.flush(file)
    content: bytes = file.get_file_image()
    return content


def _checkpoint() -> bytes:
    """What torch.save writes, by hand."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (("data.pkl", _STATE_DICT), ("byteorder", b"little"), ("data/0", _NUMBERS)):
            archive.writestr(zipfile.ZipInfo(f"warm/{name}"), content)
    return buffer.getvalue()


def _legacy() -> bytes:
    """The same in torch's old format."""
    head = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}X\x0d\0\0\0little_endian\x88s."
    return head + _STATE_DICT + b"\x80\x02]X\x01\0\0\x000a." + struct.pack("<q", 2) + _NUMBERS


def _safetensors() -> bytes:
    table = json.dumps({"l.1.weight": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(table)) + table + _NUMBERS


def _onnx() -> bytes:
    """A dense layer: with weights of float16, one of them bfloat16, a slope, and a shape in whole numbers."""
    tensors = [
        _message({1: 2, 2: 10, 8: b"w.weight", 9: b"\0\x3c\0\0"}),
        _message({1: 2, 2: 16, 8: b"w.bias", 9: b"\x80\x3f\0\0"}),
        _message({2: 7, 7: b"\x01", 8: b"one"}),
    ]
    slope = _message({1: b"alpha", 2: 0.5, 20: 1})
    node = _message({1: b"images", 2: b"logits", 3: b"node", 4: b"LeakyRelu"}) + _message({5: slope})
    sizes = b"".join(_message({1: _message({1: size})}) for size in (1, 3, 4, 4))
    images = _message({1: b"images", 2: _message({1: _message({1: 1, 2: sizes})})})
    parts = [(1, node), *((5, tensor) for tensor in tensors), (11, images), (12, _message({1: b"logits"}))]
    graph = b"".join(_message({number: content}) for number, content in parts)
    return _message({1: 8, 7: graph, 8: _message({2: 17})})


def _message(fields: Mapping[int, int | float | bytes]) -> bytes:
    """Fields on the wire of protocol buffers, with lengths below 2**14 and numbers below 128."""
    written = b""
    for number, value in fields.items():
        wire = 0 if isinstance(value, int) else 5 if isinstance(value, float) else 2
        key = number << 3 | wire
        written += bytes([key]) if key < 128 else bytes([key & 127 | 128, key >> 7])
        if isinstance(value, bytes):
            written += bytes([len(value) & 127 | 128, len(value) >> 7]) + value
        else:
            written += struct.pack("<f", value) if isinstance(value, float) else bytes([value])
    return written


def _archive() -> bytes:
    """Two files in a folder, packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("steps/\u00e9.pt", _checkpoint())
        archive.writestr("steps/series.yaml", "final: \u00e9.pt")
    return buffer.getvalue()
