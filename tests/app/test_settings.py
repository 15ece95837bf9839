"""What an operator's environment turns into."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, unknown


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.upper().startswith("SECATEUR_")]:
        monkeypatch.delenv(name)


def test_an_empty_environment_gives_one_machine_with_sqlite() -> None:
    settings = Settings()

    assert settings.data_dir == Path("var")
    assert settings.database_url == "sqlite:///var/secateur.sqlite"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.max_upload_bytes == 67_108_864
    assert not settings.cookie_secure


def test_the_database_follows_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECATEUR_DATA_DIR", "/srv/secateur")

    assert Settings().database_url == "sqlite:////srv/secateur/secateur.sqlite"


def test_a_public_https_address_makes_cookies_secure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECATEUR_PUBLIC_URL", "https://prune.example.edu/")

    settings = Settings()

    assert settings.public_url == "https://prune.example.edu"
    assert settings.cookie_secure
    assert settings.session_cookie_name == "__Host-secateur"


def test_a_plain_http_address_leaves_the_cookie_a_plain_name() -> None:
    assert Settings(public_url="http://lab.example").session_cookie_name == "secateur"


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80"), ("10.0.0.5", "http://10.0.0.5:80")],
)
def test_the_public_address_is_one_that_a_browser_here_can_open(host: str, address: str) -> None:
    assert Settings(host=host, port=80).public_url == address


def test_proxies_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECATEUR_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2")

    assert Settings().trusted_proxies == ("10.0.0.1", "10.0.0.2")


def test_a_worker_may_miss_a_heartbeat() -> None:
    with pytest.raises(ValidationError, match="at least twice worker_beat_seconds"):
        Settings(worker_beat_seconds=5, worker_dead_seconds=9)


def test_a_password_in_the_database_address_is_not_printed() -> None:
    assert "hunter2" not in repr(Settings(database_url="postgresql+psycopg://u:hunter2@db/secateur"))


@pytest.mark.parametrize("address", ["https://uni.edu/secateur", "https://uni.edu/a/", "https://uni.edu?x=1"])
def test_an_address_below_the_root_of_a_host_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="pages are at the root of their host"):
        Settings(public_url=address)


def test_a_variable_that_is_no_setting_is_told_with_the_one_that_it_looks_like() -> None:
    names = ["SECATEUR_STORE_URLS", "secateur_port", "SECATEUR_TOKEN", "SECATEUR_QQQ", "PATH", "SECATEUR_DATA_DIR"]

    told = unknown(names)

    assert told == [
        "name=SECATEUR_QQQ: there is no such setting",
        "name=SECATEUR_STORE_URLS: there is no such setting; did you mean SECATEUR_STORE_URL?",
    ]


def test_the_document_for_operators_names_every_setting_and_no_other() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")

    assert set(re.findall(r"SECATEUR_[A-Z0-9_]+", text)) == {
        f"SECATEUR_{name}".upper() for name in Settings.model_fields
    }


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
