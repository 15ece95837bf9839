"""Fetch, verify and unpack the front end's third-party files at their exact versions.

    python tools/vendor.py           fetch with the `npm` client, check, unpack, write the macro file and the notices
    python tools/vendor.py --check   compare the committed files with the lock; needs no network and no npm

`vendor.lock.json` beside this file names each package, its version, the SHA-512 of its archive and the files that are
wanted. A new version is a change of `version` and `integrity` there (`npm view NAME@VERSION dist.integrity`).
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "tools" / "vendor.lock.json"
VENDOR = ROOT / "app" / "static" / "vendor"
ICONS = ROOT / "app" / "templates" / "includes" / "icons.html"
NOTICES = VENDOR / "THIRD_PARTY.md"

ICON_MACRO = """{{# Made by tools/vendor.py from {name} {version} ({licence}); edit tools/vendor.lock.json instead. #}}
{{% macro icon(name, label="") %}}
<svg class="icon" viewBox="0 0 16 16" fill="currentColor" focusable="false"
  {{%- if label %}} role="img" aria-label="{{{{ label }}}}"{{% else %}} aria-hidden="true"{{% endif %}}>
{branches}
{{%- endif %}}
</svg>
{{%- endmacro %}}
"""


class VendorError(Exception):
    """A file or an archive is not what the lock says, or could not be fetched."""


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: `files` are wanted as they are, `icons` become branches of the macro."""

    name: str
    version: str
    integrity: str
    licence: str
    files: tuple[str, ...]
    icons: tuple[str, ...]
    written: Mapping[str, Mapping[str, Any]]

    @property
    def folder(self) -> Path:
        """Where the package's files lie; the version in the path makes each address immutable."""
        return VENDOR / self.name / self.version

    def target(self, member: str) -> Path:
        """The place of one member of the archive in this project."""
        return self.folder / Path(member).name


def read_lock() -> list[Package]:
    """The packages of the lock, in its order."""
    entries = json.loads(LOCK.read_text(encoding="utf-8"))
    return [
        Package(
            name,
            entry["version"],
            entry["integrity"],
            entry["licence"],
            tuple(entry["files"]),
            tuple(entry.get("icons", ())),
            entry.get("written", {}),
        )
        for name, entry in entries.items()
    ]


def write_lock(packages: list[Package], written: Mapping[str, Mapping[str, Any]]) -> None:
    """Store the facts of the unpacked files beside what the lock already says."""
    lock: dict[str, Any] = {}
    for package in packages:
        lock[package.name] = {
            "version": package.version,
            "integrity": package.integrity,
            "licence": package.licence,
            "files": list(package.files),
            **({"icons": list(package.icons)} if package.icons else {}),
            "written": written[package.name],
        }
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


def digest(algorithm: str, content: bytes) -> str:
    """The digest as Subresource Integrity writes it, `sha384-…`."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def fetch(package: Package, folder: Path) -> Path:
    """The package's archive, fetched by the npm client into `folder` and checked against the lock."""
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError("npm is not installed; fetching needs it, --check does not")
    wanted = f"{package.name}@{package.version}"
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), wanted]
    outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words and the lock's
    archive = folder / f"{package.name}-{package.version}.tgz"
    if outcome.returncode or not archive.is_file():
        raise VendorError(f"npm pack {wanted} ended with {outcome.returncode}: {outcome.stderr.strip()}")
    got = digest("sha512", archive.read_bytes())
    if got != package.integrity:
        raise VendorError(f"{wanted}: expected {package.integrity}, got {got}")
    return archive


def read_member(archive: tarfile.TarFile, member: str) -> bytes:
    """The bytes of one regular file of an npm archive, which keeps everything under `package/`."""
    stream = archive.extractfile(f"package/{member}")
    if stream is None:
        raise VendorError(f"{member} is not a file in {archive.name!r}")
    return stream.read()


def without_map(content: bytes) -> bytes:
    """The content without its pointer to a source map, which is not shipped and would be asked for in vain."""
    return re.sub(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=.*?\*/)\s*$", b"\n", content)


def icon_branch(name: str, svg: bytes, first: bool) -> str:
    """One branch of the icon macro: the shapes inside the `<svg>` element, without the element."""
    shapes = re.fullmatch(r"\s*<svg[^>]*>(.*)</svg>\s*", svg.decode("utf-8"), re.DOTALL)
    if shapes is None:
        raise VendorError(f"{name}.svg is not one <svg> element")
    inner = re.sub(r">\s+<", "><", shapes.group(1).strip())
    return f'{{%- {"if" if first else "elif"} name == "{name}" %}}{inner}'


def unpack(package: Package, archive_path: Path) -> None:
    """Write the wanted files of one package, its licence and, where it has icons, the macro file."""
    shutil.rmtree(VENDOR / package.name, ignore_errors=True)
    package.folder.mkdir(parents=True)
    with tarfile.open(archive_path) as archive:
        for member in (*package.files, "LICENSE"):
            package.target(member).write_bytes(without_map(read_member(archive, member)))
        if package.icons:
            svgs = ((name, read_member(archive, f"icons/{name}.svg")) for name in package.icons)
            branches = [icon_branch(name, svg, position == 0) for position, (name, svg) in enumerate(svgs)]
            head = {"name": package.name, "version": package.version, "licence": package.licence}
            ICONS.parent.mkdir(parents=True, exist_ok=True)
            ICONS.write_text(ICON_MACRO.format(**head, branches="\n".join(branches)), encoding="utf-8")


def written_paths(package: Package) -> Iterator[Path]:
    """Every path that `unpack` writes for one package."""
    yield from (package.target(member) for member in (*package.files, "LICENSE"))
    if package.icons:
        yield ICONS


def facts(package: Package) -> dict[str, dict[str, Any]]:
    """Bytes and SHA-384 of each written file, by its path from the project's root."""
    contents = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in written_paths(package)}
    return {path: {"bytes": len(content), "sha384": digest("sha384", content)} for path, content in contents.items()}


def notices(packages: list[Package]) -> str:
    """The page that names each third-party package, its licence and the files that are shipped."""
    lines = ["# Third-party files", "", "Fetched and checked by `tools/vendor.py`; each licence lies beside its files."]
    for package in packages:
        lines += ["", f"## {package.name} {package.version} ({package.licence})", "", "| file | bytes | SHA-384 |"]
        lines += ["|---|---:|---|"]
        lines += [f"| {path} | {fact['bytes']:,} | `{fact['sha384']}` |" for path, fact in facts(package).items()]
    return "\n".join(lines) + "\n"


def vendor(packages: list[Package]) -> None:
    """Fetch every package, then write files, lock and notices; nothing changes unless every archive is right."""
    with tempfile.TemporaryDirectory() as folder:
        archives = [fetch(package, Path(folder)) for package in packages]
        for package, archive in zip(packages, archives, strict=True):
            unpack(package, archive)
    write_lock(packages, {package.name: facts(package) for package in packages})
    NOTICES.write_text(notices(packages), encoding="utf-8")


def differences(packages: list[Package]) -> Iterator[str]:
    """A sentence for every file that is missing, changed or not in the lock."""
    expected = {NOTICES}
    for package in packages:
        expected |= {ROOT / name for name in package.written}
        for name, fact in package.written.items():
            got = digest("sha384", (ROOT / name).read_bytes()) if (ROOT / name).is_file() else "no such file"
            if got != fact["sha384"]:
                yield f"{name}: expected {fact['sha384']}, got {got}"
        if missing := {path.relative_to(ROOT).as_posix() for path in written_paths(package)} - set(package.written):
            yield f"{package.name}: the lock has no digest of {', '.join(sorted(missing))}"
    for path in sorted(VENDOR.rglob("*")):
        if path.is_file() and path not in expected:
            yield f"{path.relative_to(ROOT)}: not named in {LOCK.name}"


def main() -> int:
    """Exit status 0 when all is in place, 1 with a sentence for each difference."""
    parser = argparse.ArgumentParser(description="Fetch or check the third-party files of the front end.")
    parser.add_argument("--check", action="store_true", help="compare the committed files with the lock, offline")
    arguments = parser.parse_args()
    try:
        if not arguments.check:
            vendor(read_lock())
        found = list(differences(read_lock()))
    except VendorError as error:
        found = [str(error)]
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
