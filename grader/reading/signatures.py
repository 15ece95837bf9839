"""What a file is that was sent in place of an HDF5 weight file, told from its first bytes and its name."""

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


def recognise(head: bytes, file_name: str) -> Finding | None:
    """What the file is instead of HDF5, None where it is HDF5. `head` is its beginning, 512 bytes or more, or all of it."""
    if head.startswith(HDF5):
        return None
    if has_user_block(head):  # which may hold text, a web page or a zip archive
        return Finding("h5-user-block")
    if not head:
        return Finding("empty-file")
    name = file_name.rpartition("/")[2].lower()
    for start, code, got in _STARTS:
        if head.startswith(start):
            return Finding(code, got=got)
    return _archive(head, name) or _model(head, name) or _text(head) or Finding("not-hdf5")


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
    if first.endswith(("/data.pkl", "/.format_version", "/.data/version")):
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
        return Finding("pytorch-checkpoint" if TORCH_MAGIC in head[:64] else "python-pickle")
    if head[8:10] == b'{"' and not any(head[4:8]):
        return Finding("other-model", got="a safetensors file")
    if head[4:8] == b"TFL3":
        return Finding("other-model", got="a TensorFlow Lite model")
    if name.endswith(".onnx"):
        return Finding("other-model", got="an ONNX model")
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
