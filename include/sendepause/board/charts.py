"""The board's pictures as geometry: what the templates draw as SVG, in the colours of the page. Pure.

Inline SVG and not Matplotlib's: it follows the page's colour scheme, weighs a few kilobytes, and its parts
carry their numbers for whoever cannot see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 600, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 8, 16, 22  # room for the scales
_WORD = 48  # a day below the scale


@dataclass(frozen=True, slots=True)
class Tick:
    """A number or word on a scale, and where: along the scale's own direction."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class BurnDown:
    """Campaigns still running, day by day, towards a date. Points are "x,y x,y" in ``WIDTH`` × ``HEIGHT``."""

    past: str
    ahead: str
    now: tuple[float, float]
    ticks: tuple[Tick, ...]  # of the upright scale
    days: tuple[Tick, ...]
    pausing: float
    begins: float
    alt: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One upright bar."""

    x: float
    y: float
    width: float
    height: float
    label: str  # of its place on the scale; "" for every one that has no room
    title: str
    over: bool = False  # reaches its threshold


@dataclass(frozen=True, slots=True)
class Bars:
    """Upright bars with a scale; ``threshold``: the height of a line across, where there is one."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    alt: str
    threshold: float | None = None
    threshold_label: str = ""


def burn_down(
    kept: Sequence[tuple[date, int]],
    today: tuple[date, int],
    stays: int,
    pausing: date,
    begins: date,
    alt: str,
    shown: Mapping[date, str],
) -> BurnDown:
    """``kept``: earlier days in order. ``stays``: how many the next pausing will leave running, since a
    person has to decide. ``shown``: the words for the days that are written on the scale."""
    days = [*[one for one in kept if one[0] < today[0]], today]
    first = min(days[0][0], pausing)
    last = max(begins, today[0])
    most = max(count for _, count in days)
    span = max((last - first).days, 1)

    def x(day: date) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (day - first).days / span, 1)

    def y(count: int) -> float:
        return _height(count, most)

    now = (x(today[0]), y(today[1]))
    ahead = []
    if begins > today[0]:
        step = max(pausing, today[0])
        ahead = [(today[0], today[1]), (step, today[1]), (step, stays), (begins, stays)]
    return BurnDown(
        past=_points((x(day), y(count)) for day, count in days),
        ahead=_points((x(day), y(count)) for day, count in ahead),
        now=now,
        ticks=_ticks(most),
        days=_apart(Tick(x(day), label) for day, label in shown.items() if first <= day <= last),
        pausing=x(pausing),
        begins=x(begins),
        alt=alt,
    )


def bars(
    values: Sequence[float],
    labels: Sequence[str],
    titles: Sequence[str],
    alt: str,
    threshold: float | None = None,
    threshold_label: str = "",
    *,
    every: int = 1,
) -> Bars:
    """One bar a value; ``every`` so many of them has its label written below."""
    most = max([*values, threshold or 0, 1])
    step = (WIDTH - _LEFT - _RIGHT) / max(len(values), 1)
    drawn = []
    for place, (value, label, title) in enumerate(zip(values, labels, titles, strict=True)):
        top = _height(value, most)
        drawn.append(
            Bar(
                x=round(_LEFT + step * (place + 0.12), 1),
                y=top,
                width=round(step * 0.76, 1),
                height=round(HEIGHT - _BOTTOM - top, 1),
                label=label if place % every == 0 else "",
                title=title,
                over=threshold is not None and value >= threshold,
            )
        )
    line = None if threshold is None else _height(threshold, most)
    return Bars(tuple(drawn), _ticks(most), alt, line, threshold_label)


def _height(value: float, most: float) -> float:
    room = HEIGHT - _TOP - _BOTTOM
    return round(HEIGHT - _BOTTOM - room * value / max(most, 1), 1)


def _apart(ticks: Iterable[Tick]) -> tuple[Tick, ...]:
    """The first, the last, and those between that leave room for their words."""
    ordered = sorted(ticks, key=lambda tick: tick.at)
    kept = ordered[:1]
    for tick in ordered[1:-1]:
        if tick.at - kept[-1].at >= _WORD and ordered[-1].at - tick.at >= _WORD:
            kept.append(tick)
    return (*kept, *ordered[1:][-1:])


def _ticks(most: float) -> tuple[Tick, ...]:
    """Nought, the most, and a round number between where there is room."""
    marks = {0, int(most)} | ({round(most / 2)} if most >= 4 else set())
    return tuple(Tick(_height(mark, most), str(mark)) for mark in sorted(marks))


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)
