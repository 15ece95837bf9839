"""The form of session tokens and API tokens."""

import pytest

from app.accounts.tokens import digest_of, new_api_token, new_session_token, prefix_of


def test_an_api_token_leads_back_to_its_prefix() -> None:
    new = new_api_token()

    assert len(new.prefix) == 8
    assert prefix_of(new.text) == new.prefix


def test_tokens_differ() -> None:
    assert len({new_api_token().text for _ in range(50)}) == 50
    assert len({new_session_token() for _ in range(50)}) == 50


SECRET = "a" * 43


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sec_",
        "sec_abcdefgh_",
        "abcdefgh",
        f"sec_ABCDEFGH_{SECRET}",
        f"sec_abcdefgh_{SECRET[1:]}",
        f"sec_abcdefgh_{SECRET}\n",
        "sec_abcdefgh_" + "\u00e9" * 43,
    ],
)
def test_what_does_not_look_like_an_api_token_has_no_prefix(text: str) -> None:
    assert prefix_of(text) is None


def test_a_digest_is_sha256() -> None:
    assert digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_bytes_that_are_no_text_have_a_digest_too() -> None:
    # Web servers hand over header bytes that are not UTF-8 in this form.
    assert len(digest_of("\udcff")) == 64
