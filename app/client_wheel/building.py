"""The students' package as a wheel: the same sources give the same bytes."""

import base64
import hashlib
import importlib.metadata
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache

from app.client_wheel import sources

NEEDED = ("click", "h5py", "httpx2", "numpy", "onnx", "pydantic", "pyyaml", "safetensors")
"""What the students' commands import; torch only where one exports, and they have it then."""
DATE = (1980, 1, 1, 0, 0, 0)
DISTRIBUTION = "secateur_client"


@cache
def name() -> str:
    """The file's name, which tells its version."""
    return f"{DISTRIBUTION}-{_version()}-py3-none-any.whl"


@cache
def wheel() -> bytes:
    """The wheel. Made once a process, in some tenths of a second."""
    files = {**dict(sources.placed(*each) for each in sources.modules().items()), **_about()}
    record = f"{DISTRIBUTION}-{_version()}.dist-info/RECORD"
    lines = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, DATE), text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def requirements() -> Iterator[str]:
    """What the wheel needs, in the versions that the service itself asks for."""
    for told in importlib.metadata.requires("secateur") or ():
        requirement = told.partition(";")[0].strip()
        found = re.match(r"[\w-]+", requirement)
        if found and found.group().lower() in NEEDED:
            yield requirement


def _version() -> str:
    return importlib.metadata.version("secateur")


def _about() -> Mapping[str, str]:
    folder = f"{DISTRIBUTION}-{_version()}.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        "Name: secateur-client",
        f"Version: {_version()}",
        "Summary: Checks and hands in pruned networks to a course that grades with Secateur.",
        "License: Apache-2.0",
        "Requires-Python: >=3.11",
        *(f"Requires-Dist: {each}" for each in sorted(set(requirements()))),
        "Requires-Dist: torch; extra == 'export'",
        "Provides-Extra: export",
        "",
    ]
    return {
        f"{folder}/METADATA": "\n".join(metadata),
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: secateur\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{folder}/entry_points.txt": "[console_scripts]\nsecateur = secateur.cli:main\n",
    }


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
