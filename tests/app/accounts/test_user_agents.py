"""What browsers are called."""

import pytest

from app.accounts.user_agents import browser_name

GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {GECKO} Chrome/156.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {GECKO} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {GECKO} Version/26.0 Safari/605.1.15", "Safari on macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) {GECKO} CriOS/156.0 Safari/604", "Chrome on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {GECKO} Chrome/156.0.0.0 Safari/537.36", "Chrome on Android"),
        ("python-httpx2/2.16.2", "python-httpx2/2.16.2"),
        ("", "unknown"),
    ],
)
def test_a_browser_is_called_what_people_call_it(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
