"""The list of what names a file of the store is complete."""

from app.housekeeping.references import REFERENCES
from models import Base

# Digests of other things: secrets, definitions, and copies of a name that stands in the list.
OTHERS = {
    "auth_sessions.token_sha256",
    "api_tokens.token_sha256",
    "account_links.token_sha256",
    "competition_versions.definition_digest",
    "datasets.digest",
    "gradings.file_sha256",
    "reference_networks.file_sha256",
    "gradings.equality_key",
}


def test_every_digest_of_a_table_is_a_reference_or_known_to_be_none() -> None:
    digests = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if getattr(column.type, "length", None) == 64 and ("sha256" in column.name or "digest" in column.name)
    }
    listed = {f"{column.class_.__tablename__}.{column.key}" for column, _ in REFERENCES}

    assert digests - OTHERS - listed == set()
