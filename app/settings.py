"""Everything that an operator can set, by environment variables that begin with SECATEUR_."""

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 1024 * 1024
PREFIX = "SECATEUR_"
OF_STUDENTS = ("SECATEUR_URL", "SECATEUR_TOKEN", "SECATEUR_CONFIG")
"""Variables of the students' commands, which may run beside the service."""


class Settings(BaseSettings):
    """The settings of one process. Read once at its start and passed on from there."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", use_attribute_docstrings=True, env_ignore_empty=True
    )

    data_dir: Path = Path("var")
    """Folder for the database, uploaded files and data sets. Back up this one."""
    database_url: str = Field(default_factory=lambda earlier: _database_in(earlier), repr=False)
    """`sqlite:///PATH` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`; by default a SQLite file in `data_dir`."""

    host: str = "127.0.0.1"
    """Address that the web server listens on; 0.0.0.0 for all networks."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port that the web server listens on."""
    public_url: str = Field(default_factory=lambda earlier: _local_url(earlier))
    """Address that people type, without a final slash. Decides links and, by https, the kind of cookie."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1",)
    """Addresses, comma-separated, of proxies whose X-Forwarded-For and -Proto are believed."""
    cookie_secure: bool = Field(default_factory=lambda earlier: _is_https(earlier))
    """Whether cookies are sent over https alone; by default as the public URL says."""

    metrics_token: SecretStr | None = None
    """The token with which Prometheus may ask for `/metrics`; without one nobody may."""
    log_format: Literal["text", "json"] = "text"
    """Whether log lines are for people or one JSON object each."""

    welcome: str = ""
    """A sentence or two in Markdown on the page that a stranger sees, such as whom to ask for an account."""

    session_hours: int = Field(default=7 * 24, ge=1)
    """Hours after which a browser has to sign in again."""
    argon2_memory_kib: int = Field(default=19 * 1024, ge=8 * 1024)
    """Memory in KiB that one password hash takes; the default suits a small machine (OWASP's first choice)."""
    argon2_passes: int = Field(default=2, ge=1)
    """Passes of a password hash over its memory."""
    argon2_lanes: int = Field(default=1, ge=1)
    """Threads of one password hash."""

    oidc_issuer: str = ""
    """Address of an OpenID Connect provider to sign in with; needs the extra `oidc`."""
    oidc_name: str = "your university's account"
    """What the sign-in page calls it, after "Sign in with"."""
    oidc_client_id: str = ""
    """What the provider calls this service."""
    oidc_client_secret: SecretStr | None = None
    """Given by the provider; none for a public client."""
    oidc_trust_email: bool = False
    """Whether its e-mail addresses are verified though it does not say so, such as those of Microsoft Entra."""
    oidc_new_accounts: bool = False
    """Whether somebody without an account gets one, which is in no course; else the staff make it first."""

    max_upload_bytes: int = Field(default=64 * MIB, ge=1)
    """Largest body of a submission in bytes; a competition may ask for less, and gets no more."""
    max_dataset_bytes: int = Field(default=2048 * MIB, ge=1)
    """Largest upload of a hidden test set in bytes; larger ones are added by `secateur dataset add`."""
    upload_seconds: float = Field(default=600.0, gt=0)
    """Seconds within which a submission's body has to arrive completely."""
    store_url: str = ""
    """`s3://BUCKET/PREFIX` for a file store that several machines share; by default a folder in `data_dir`."""
    store_endpoint: str = ""
    """Address of an S3-compatible server, such as http://minio:9000; by default Amazon's. Keys: AWS_ACCESS_KEY_ID and so on."""
    store_seconds: float = Field(default=30.0, gt=0)
    """Seconds that one request to that store may take, its retries included."""
    store_cache_bytes: int = Field(default=8192 * MIB, ge=0)
    """Bytes that copies of its files and data sets may take on this machine; what was used longest ago goes first."""
    min_free_disk_bytes: int = Field(default=512 * MIB, ge=0)
    """Free space in bytes below which uploads are refused, so that the database can still write."""

    gc_hours: float = Field(default=24.0, ge=0)
    """Hours between two rounds in which the web server removes files that nobody knows, as `secateur gc` does; 0: never."""
    dashboard_seconds: float = Field(default=15.0, ge=0)
    """Age in seconds up to which the figures of a class on its dashboard are shown again; 0: never."""
    max_entrant_bytes: int = Field(default=4096 * MIB, ge=0)
    """Bytes that the uploads of one student or team may take in one competition; 0: no limit."""
    max_entrant_waiting: int = Field(default=50, ge=0)
    """Submissions of one student or team that may wait or be graded at a time; 0: no limit."""
    max_entrant_hourly: int = Field(default=200, ge=0)
    """Submissions of one student or team in an hour, refused ones too; 0: no limit."""
    max_waiting: int = Field(default=10_000, ge=0)
    """Files of everybody that may wait to be graded; the next upload is told 429 and to come again. 0: no limit."""
    max_uploads_at_once: int = Field(default=4, ge=1)
    """Files of one person that may be on their way in at a time, in one web process."""

    worker_processes: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=0)
    """Workers started beside the web server; 0 where they run elsewhere. One per core, as each uses one thread."""
    worker_beat_seconds: float = Field(default=2.0, gt=0)
    """Seconds between two heartbeats of a worker."""
    worker_dead_seconds: float = Field(default=6.0, gt=0)
    """Seconds without a heartbeat after which a worker's grading is given to another one."""

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(f"must begin with http:// or https://, got {value!r}")
        value = value.rstrip("/")
        parts = urlsplit(value)
        if parts.path or parts.query or parts.fragment:
            raise ValueError(
                f"must end with the host or its port, got {value!r}: pages are at the root of their host; "
                "give the service a host name of its own, such as https://secateur.example.edu"
            )
        return value

    @field_validator("store_url")
    @classmethod
    def _check_store_url(cls, value: str) -> str:
        if value and not value.startswith("s3://"):
            raise ValueError(f"must begin with s3://, got {value!r}; a folder is named by SECATEUR_DATA_DIR")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _check_heartbeat(self) -> Self:
        # One late beat must not cost a healthy worker its grading.
        if self.worker_dead_seconds < 2 * self.worker_beat_seconds:
            raise ValueError(
                f"worker_dead_seconds is {self.worker_dead_seconds}; it needs at least twice "
                f"worker_beat_seconds, {2 * self.worker_beat_seconds}"
            )
        return self

    @model_validator(mode="after")
    def _check_oidc(self) -> Self:
        if self.oidc_issuer and not self.oidc_issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError(f"oidc_issuer must begin with https://, got {self.oidc_issuer!r}")
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("oidc_issuer is set; oidc_client_id is needed too")
        return self

    @property
    def session_cookie_name(self) -> str:
        """The cookie's name. Browsers accept the `__Host-` prefix, which pins it to this host, over https alone."""
        return self._pinned("secateur")

    @property
    def known_cookie_name(self) -> str:
        """The cookie by which a browser is known after its session ended."""
        return self._pinned("secateur-known")

    @property
    def oidc_cookie_name(self) -> str:
        """The cookie of a sign-in that is on its way through another provider."""
        return self._pinned("secateur-oidc")

    def _pinned(self, name: str) -> str:
        return f"__Host-{name}" if self.cookie_secure else name


def unknown(names: Iterable[str]) -> Sequence[str]:
    """What to say of each variable of an environment that looks like a setting and is none."""
    told = []
    for name in sorted(names):
        field = name.upper().removeprefix(PREFIX).lower()
        if name.upper().startswith(PREFIX) and name.upper() not in OF_STUDENTS and field not in Settings.model_fields:
            near = get_close_matches(field, Settings.model_fields, n=1)
            meant = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
            told.append(f"name={name}: there is no such setting{meant}")
    return told


def _database_in(earlier: dict[str, Any]) -> str:
    """The URL of the SQLite file in `data_dir`."""
    return f"sqlite:///{earlier['data_dir'] / 'secateur.sqlite'}"


def _local_url(earlier: dict[str, Any]) -> str:
    """The address at which this machine reaches the web server."""
    host = "127.0.0.1" if earlier["host"] == "0.0.0.0" else earlier["host"]  # noqa: S104 - compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{earlier['port']}"


def _is_https(earlier: dict[str, Any]) -> bool:
    """True where people reach the service over https."""
    return str(earlier["public_url"]).startswith("https://")
