"""The tokens of the design system, read from the stylesheet: what it says is what is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

STYLESHEET = Path(__file__).parents[1] / "static" / "site.css"
ROOT = re.compile(r"^:root \{(.*?)^\}", re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r"--([\w-]+):\s*([^;]+);")
COLOUR = re.compile(r"#[0-9a-f]{6}")
LENGTH = re.compile(r"[\d.]+rem")


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour and its contrast, as text, with the two grounds of the pages."""

    name: str
    value: str
    on_paper: float
    on_ground: float


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours; and lengths by name: sizes of type, and spaces."""

    colours: list[Colour]
    type_sizes: dict[str, str]
    spaces: dict[str, str]


def _luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0–1 (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1–21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def tokens() -> Tokens:
    """What `:root` of the stylesheet declares."""
    declared = ROOT.search(STYLESHEET.read_text("utf-8"))
    known = dict(TOKEN.findall(declared[1])) if declared else {}
    paper, ground = known["paper"], known["ground"]
    lengths = {name: value for name, value in known.items() if LENGTH.fullmatch(value)}
    return Tokens(
        colours=[
            Colour(name, value, contrast(value, paper), contrast(value, ground))
            for name, value in known.items()
            if COLOUR.fullmatch(value)
        ],
        type_sizes={n: v for n, v in lengths.items() if n in ("small", "h3", "h2", "h1")},
        spaces={n: v for n, v in lengths.items() if re.fullmatch(r"s\d", n)},
    )
