"""What a drawing says of a point under the pointer or the focus, and where a click leads."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

REACH = 9
"""Radius in points within which a point is met: together 24 CSS pixels across, as fingers need."""
STYLE = (
    "<style>:root{{width:100%;height:100%}}.reach{{fill:transparent;stroke-width:1.5}}a:focus{{outline:none}}"
    ".met:hover .reach,a:focus .reach{{stroke:{ink}}}</style>"
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of a drawing in points from its top left; `address`: what it opens, None where nothing may be opened."""

    x: float
    y: float
    words: str
    address: str | None


def with_spots(drawing: str, spots: Iterable[Spot], ink: str) -> str:
    """An SVG document with words for each spot, and links that the keyboard reaches as well; it fills its frame."""
    body, end, rest = drawing.rpartition("</svg>")
    return body + STYLE.format(ink=ink) + "".join(map(_spot, spots)) + end + rest


def _spot(spot: Spot) -> str:
    words = escape(spot.words)
    circle = f'<circle class="reach" cx="{spot.x:.2f}" cy="{spot.y:.2f}" r="{REACH}"/><title>{words}</title>'
    if spot.address is None:
        return f'<g class="met">{circle}</g>'
    return f'<a class="met" href="{escape(spot.address)}" target="_top" aria-label="{words}">{circle}</a>'
