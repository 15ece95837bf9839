"""Where the server is and who one is there: from the environment, else from the file that `secateur login` wrote."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from client.trouble import Exit, Trouble

OWNER_ALONE = 0o600
VARIABLES = {"url": "SECATEUR_URL", "token": "SECATEUR_TOKEN", "competition": "SECATEUR_COMPETITION"}


@dataclass(frozen=True, slots=True)
class Account:
    """A server's address without a final slash, a token, and the competition that is meant where none is named."""

    url: str = ""
    token: str = ""
    competition: str = ""


def folder() -> Path:
    """The folder of this program on this system, or SECATEUR_CONFIG."""
    return Path(os.environ.get("SECATEUR_CONFIG") or click.get_app_dir("secateur"))


def load() -> Account:
    """The account as it stands, what the environment says first; fields that nothing tells are empty."""
    told = {name: os.environ[variable] for name, variable in VARIABLES.items() if os.environ.get(variable)}
    known = replace(_written(), **told)
    return replace(known, url=known.url.rstrip("/"))


def save(account: Account) -> Path:
    """Writes the account down for its owner alone; the file that it is in."""
    path = folder() / "account.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(OWNER_ALONE)
    path.chmod(OWNER_ALONE)
    path.write_text(json.dumps(asdict(account), indent=2) + "\n", encoding="utf-8")
    return path


def forget() -> bool:
    """Removes what was written down; False where nothing was."""
    path = folder() / "account.json"
    known = path.exists()
    path.unlink(missing_ok=True)
    return known


def remember_competition(slug: str) -> None:
    """Writes down which competition is meant where none is named."""
    save(replace(_written(), competition=slug))


def _written() -> Account:
    try:
        told = json.loads((folder() / "account.json").read_text(encoding="utf-8"))
        return Account(**{name: str(told.get(name, "")) for name in VARIABLES})
    except FileNotFoundError:
        return Account()
    except (OSError, ValueError, AttributeError) as error:
        path = folder() / "account.json"
        raise Trouble(Exit.USAGE, f"{path} cannot be read ({error}); remove it and sign in again") from None
