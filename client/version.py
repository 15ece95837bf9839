"""Which release this is."""

from importlib import metadata


def version() -> str:
    """The version of the package that these commands came with: the students' wheel, or the service."""
    for name in ("secateur-client", "secateur"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "0"
