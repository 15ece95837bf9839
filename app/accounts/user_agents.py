"""What a browser calls itself, in words that a person knows it by."""

import re

BROWSERS = (
    ("Edg(?:A|iOS)?/", "Edge"),
    ("OPR/", "Opera"),
    ("(?:Firefox|FxiOS)/", "Firefox"),
    ("(?:Chrome|CriOS)/", "Chrome"),
    ("HeadlessChrome/", "Chrome without a window"),
    ("Version/[0-9.]+ .*Safari/", "Safari"),
)
"""In this order: each also names those that stand below it."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Browser and system, such as Firefox on Linux; what is neither of the known ones as it calls itself."""
    browser = next((name for pattern, name in BROWSERS if re.search(rf"\b{pattern}", user_agent)), None)
    if browser is None:
        return user_agent or "unknown"
    system = next((name for word, name in SYSTEMS if word in user_agent), None)
    return f"{browser} on {system}" if system else browser
