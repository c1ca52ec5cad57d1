"""Every text and shape stands out enough, in both schemes (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from sendepause import board

STYLE = (Path(board.__file__).parent / "style.css").read_text()
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#fff|oklch\([^)]*\)), (oklch\([^)]*\))\)", STYLE
    )
}
BACKGROUNDS = ("bg", "raised")
ON_SOFT = [("attention", "attention-soft"), ("risk", "risk-soft"), ("info", "info-soft"), ("ok", "ok-soft")]
TEXTS = [
    *(
        (text, ground)
        for text in ("fg", "muted", "link", "ok", "attention", "risk")
        for ground in BACKGROUNDS
    ),
    *ON_SOFT,
    *(("fg", soft) for _, soft in ON_SOFT),
    ("fg", "quiet-soft"),
]


def luminance(colour: str) -> float:
    """Relative luminance of an OKLCH colour (https://bottosson.github.io/posts/oklab/), cut to sRGB."""
    if colour == "#fff":
        return 1
    lightness, chroma, hue = (float(part) for part in re.findall(r"[\d.]+", colour))
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(max(part, 0), 1) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("oklch(0 0 0)", "oklch(1 0 0)") == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_every_text_can_be_read(text: str, ground: str, scheme: int) -> None:
    assert contrast(TOKENS[text][scheme], TOKENS[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("edge", ["edge", "info", "ok", "attention", "risk"])
def test_every_edge_and_shape_can_be_seen(edge: str, scheme: int) -> None:
    assert contrast(TOKENS[edge][scheme], TOKENS["bg"][scheme]) >= 3
