"""A student's machine: a folder, a home, an environment of their own; and Alan's token for the demo's service."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.browser.conftest import browser, pytest_runtest_teardown, visit
from tests.demo_site import Site
from tests.documents import plan
from tests.documents.blocks import ROOT, as_served, block, filled

__all__ = ["browser", "pytest_runtest_teardown", "visit"]

ALAN = "alan@example.org"
SECONDS = 240
"""Patience with one block, whatever else the machine does."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder in which somebody works, with an environment that has the students' package and nothing else of ours."""

    folder: Path
    url: str
    token: str

    def run(self, *names: str, typed: str = "") -> str:
        """What the blocks of these names print, one after the other in one shell that ends at the first failure."""
        text = "\n".join(filled(block(name).text, SECATEUR_TOKEN=self.token) for name in names)
        return self.command(["bash", "-e", "-o", "pipefail", "-c", as_served(text, self.url)], typed)

    def command(self, command: list[str], typed: str = "", **variables: str) -> str:
        """What a program prints that is started here; without a terminal, so that a secret is read from `typed`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("SECATEUR_", "PIP_"))}
        environment |= {"HOME": str(self.folder), "PATH": f"{self.folder / 'env' / 'bin'}:{os.defpath}"}
        environment |= {
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COMPILE": "1",
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment | variables,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            start_new_session=True,
        )
        assert done.returncode == 0, (command[-1], done.stdout, done.stderr)
        return done.stdout


@pytest.fixture(scope="session")
def token(site: Site) -> str:
    """A token of Alan's, made as on the account's page."""
    headers = {"Accept": "text/html", "Origin": site.url}
    with httpx2.Client(base_url=site.url, follow_redirects=True, headers=headers) as client:
        client.post("/login", data={"email": ALAN, "password": site.passwords[ALAN]}).raise_for_status()
        made = client.post("/account/tokens", data={"name": "documents", "scope": "submit", "days": "30"})
    found = re.search(r'value="(sec_\w+)"', made.text)
    assert found is not None, made.text
    return found[1]


@pytest.fixture(scope="session")
def machine(site: Site, token: str, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The demo's file lies in its folder, and the package is installed, both as the document says it."""
    pytest.importorskip("pip", reason="the document installs by pip")
    folder = tmp_path_factory.mktemp("student")
    _environment(folder / "env")
    (folder / "competitions").symlink_to(ROOT / "competitions")
    machine = Machine(folder, site.url, token)
    machine.run(plan.DEMO_FILE, plan.INSTALLING)
    return machine


def _environment(folder: Path) -> None:
    """An environment that finds the libraries of this one, and pip, without asking anybody for them."""
    venv.create(folder, symlinks=True)
    libraries = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (libraries / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    pip = folder / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m pip "$@"\n', encoding="utf-8")
    pip.chmod(0o755)


def needs(program: str) -> pytest.MarkDecorator:
    """Skips where a program of the document is not on this machine."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"there is no {program} on this machine")
