"""What a file is that was sent in place of a weight file, told from its first bytes and its name."""

import re
import struct

from grader.errors import Finding

HEAD_BYTES = 512  # a tar archive names itself at byte 257, the furthest of all
HDF5 = b"\x89HDF\r\n\x1a\n"
USER_BLOCK_START = 512  # a user block is 512 bytes long, or that times a power of two
ZIP = b"PK\x03\x04"
TORCH_MAGIC = bytes.fromhex(
    "8a0a6cfc9c46f9206aa85019"
)  # the long integer that torch.save wrote first until version 1.6
SAFETENSORS = "a safetensors file"
AN_ONNX_MODEL = "an ONNX model"
ONNX_VERSIONS = 3, 20  # of the format; 13 is the newest known here, 2 was of 2017
_FOR_ONNX = {
    "text-file": "",
    "compressed-file": "",
    "numpy-file": "",
    "other-model": "",
    "zip-archive": "a zip archive",
    "keras-archive": "a .keras archive",
    "pytorch-checkpoint": "a PyTorch checkpoint",
    "python-pickle": "a Python pickle",
    "tensorflow-checkpoint": "part of a TensorFlow checkpoint",
    "saved-model": "the graph of a SavedModel of TensorFlow",
}
"""What an ONNX competition says of other kinds of files; empty: what the file itself is called."""
_FIRST_IN_CHECKPOINTS = ("/data.pkl", "/.format_version", "/.data/version")
_TORCH_TAR = b"sys_info\0"  # the first file of the archive that torch.save wrote in its first months
_FOR_PYTORCH = {
    "text-file": "pytorch-not-text",
    "compressed-file": "pytorch-not-compressed",
    "keras-archive": "pytorch-not-keras",
    "python-pickle": "pytorch-not-pickle",
    "numpy-file": "pytorch-not-numpy",
    "other-model": "pytorch-not-other-model",
    "tensorflow-checkpoint": "pytorch-not-tensorflow",
    "saved-model": "pytorch-not-saved-model",
}
_STARTS = (
    (b"version https://git-lfs.github.com/spec/", "git-lfs-pointer", ""),
    (b"\x1f\x8b", "compressed-file", "a gzip file"),
    (b"BZh", "compressed-file", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "compressed-file", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "compressed-file", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "compressed-file", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "compressed-file", "a Zstandard file"),
    (b"\x93NUMPY", "numpy-file", "a .npy file"),
    (b"model_checkpoint_path:", "tensorflow-checkpoint", "its file `checkpoint`"),
)
_TENSORFLOW_PARTS = re.compile(r"checkpoint|.*\.index|.*\.data-\d{5}-of-\d{5}|.*\.ckpt\.meta", re.ASCII)
_HTML = re.compile(rb"\s*(<!doctype html|<html|<head|<!--)", re.IGNORECASE)


def recognise(head: bytes, file_name: str, file_format: str = "keras-h5") -> Finding | None:
    """What the file is instead of a weight file of that format, None where it may be one.

    `head` is its beginning, 512 bytes or more, or all of it.
    """
    if file_format == "onnx":
        return _for_onnx(head, file_name)
    return _for_pytorch(head, file_name) if file_format == "pytorch" else _for_keras(head, file_name)


def _for_keras(head: bytes, file_name: str) -> Finding | None:
    if head.startswith(HDF5):
        return None
    if has_user_block(head):  # which may hold text, a web page or a zip archive
        return Finding("h5-user-block")
    return _named(head[:HEAD_BYTES], file_name) or Finding("not-hdf5")


def _for_pytorch(head: bytes, file_name: str) -> Finding | None:
    """A zip archive may be a checkpoint or hold some, and what it holds is for the jail to see."""
    if head.startswith(HDF5):
        return Finding("keras-weights")
    if head.startswith(ZIP) and not file_name.lower().endswith(".keras"):
        return None
    found = _named(head[:HEAD_BYTES], file_name)
    if found is None:
        return Finding("not-pytorch")
    if found.code == "pytorch-checkpoint" or found.got == SAFETENSORS:
        return None
    if found.got == "a tar archive" and head.startswith(_TORCH_TAR):
        return Finding("pytorch-tar")
    return Finding(_FOR_PYTORCH.get(found.code, found.code), got=found.got)


def _for_onnx(head: bytes, file_name: str) -> Finding | None:
    """Nothing marks an ONNX file but its first field, the version of its format."""
    if onnx_begins(head):
        return None
    if head.startswith(HDF5):
        return Finding("onnx-instead", got="an HDF5 file, as Keras writes")
    found = _named(head[:HEAD_BYTES], file_name.removesuffix(".onnx"))  # such a name says what it is not
    if found is None:
        return Finding("not-onnx")
    if found.code in _FOR_ONNX:
        return Finding("onnx-instead", got=_FOR_ONNX[found.code] or found.got)
    return found


def onnx_begins(head: bytes) -> bool:
    """Whether a file begins with field 1 and a version that ONNX's format has had; a SavedModel's is 1."""
    return head[:1] == b"\x08" and len(head) > 2 and ONNX_VERSIONS[0] <= head[1] <= ONNX_VERSIONS[1]


def _named(head: bytes, file_name: str) -> Finding | None:
    """What a file is that is no HDF5, None where it does not show."""
    if not head:
        return Finding("empty-file")
    name = file_name.rpartition("/")[2].lower()
    for start, code, got in _STARTS:
        if head.startswith(start):
            return Finding(code, got=got)
    return _archive(head, name) or _model(head, name) or _text(head)


def is_archive(head: bytes) -> bool:
    """Whether a file begins as a zip archive whose first entry makes it no checkpoint of PyTorch."""
    return head.startswith(ZIP) and not _first_entry(head[:HEAD_BYTES]).endswith(_FIRST_IN_CHECKPOINTS)


def safetensors_begins(head: bytes) -> bool:
    """Whether a file begins with a length of less than 4 GiB and a table in JSON."""
    return head[8:10] == b'{"' and not any(head[4:8])


def torch_legacy_begins(head: bytes) -> bool:
    """Whether a file begins with a pickle of the number that torch.save wrote first until version 1.6."""
    return head[:1] == b"\x80" and TORCH_MAGIC in head[:64]


def has_user_block(data: bytes) -> bool:
    """Whether HDF5's signature stands where a user block of some length would end."""
    start = USER_BLOCK_START
    while start < len(data):
        if data.startswith(HDF5, start):
            return True
        start *= 2
    return False


def _archive(head: bytes, name: str) -> Finding | None:
    """Zip and tar; .keras, .pt and .npz files are zips that their first entry tells apart."""
    if head[257:262] == b"ustar":
        return Finding("compressed-file", got="a tar archive")
    if not head.startswith(ZIP):
        return None
    first = _first_entry(head)
    if name.endswith(".keras") or first in ("metadata.json", "config.json", "model.weights.h5"):
        return Finding("keras-archive")
    if first.endswith(_FIRST_IN_CHECKPOINTS):
        return Finding("pytorch-checkpoint")
    if first.endswith(".npy"):
        return Finding("numpy-file", got="a .npz file")
    return Finding("zip-archive", got=first if first and first.isprintable() else "a nameless entry")


def _first_entry(head: bytes) -> str:
    """Name of a zip's first entry: its length is at byte 26, its text at byte 30 (APPNOTE 4.3.7)."""
    if len(head) < 30:
        return ""
    (length,) = struct.unpack_from("<H", head, 26)
    return head[30 : 30 + length].decode("utf-8", "replace")


def _model(head: bytes, name: str) -> Finding | None:
    """Models of other frameworks and other formats."""
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return Finding("pytorch-checkpoint" if torch_legacy_begins(head) else "python-pickle")
    if safetensors_begins(head):
        return Finding("other-model", got=SAFETENSORS)
    if head[4:8] == b"TFL3":
        return Finding("other-model", got="a TensorFlow Lite model")
    if name.endswith(".onnx") or onnx_begins(head):
        return Finding("other-model", got=AN_ONNX_MODEL)
    if _TENSORFLOW_PARTS.fullmatch(name):
        return Finding(
            "tensorflow-checkpoint",
            got=f"one of its parts, {name}" if name != "checkpoint" else "its file `checkpoint`",
        )
    if name.endswith(".pb") or head.startswith(b"\x08\x01\x12"):
        return Finding("saved-model")
    return None


def _text(head: bytes) -> Finding | None:
    if _HTML.match(head):
        return Finding("html-page")
    try:
        text = head.decode("utf-8") if len(head) < HEAD_BYTES else head[:-4].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return None
    if any(not character.isprintable() and not character.isspace() for character in text):
        return None
    return Finding("text-file", got="JSON" if text.lstrip()[:1] in ("{", "[") else "plain text")
