"""The digest's picture: how the accounts stood day by day, and when pausing and the rule begin.

Accounts on which nothing is to do, or whose kind is allowed to send, are left out of the columns and only
counted: of ten thousand accounts nobody would see the three that matter.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pendulum

from sendepause import states, words
from sendepause.model import AccountState, Language
from sendepause.words import Both

if TYPE_CHECKING:  # Matplotlib is imported when something is drawn: it takes half a second
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 1200, 630  # px; on a phone about 360 wide, so no text is smaller than 28 px
DAYS = 30  # at most so many are drawn
AHEAD = 31  # days; what lies further ahead is in the countdown alone, or the columns would become lines
LONGEST_ALT = 2000  # characters, Slack's limit: https://docs.slack.dev/reference/block-kit/blocks/image-block

# The board's hues (``style.css``: risk, attention, info, ok), with a lightness for each state by which any
# two differ, also for colour-blind people; ``tests/alerts/test_picture.py`` computes it.
COLOURS: Mapping[AccountState, str] = {
    AccountState.BREACH: "#ac040c",
    AccountState.PAUSE_DUE: "#de3d30",
    AccountState.BY_HAND: "#f18409",
    AccountState.ANNOUNCED: "#1800b8",
    AccountState.NO_DATA: "#b0bfd1",
    AccountState.CONSPICUOUS: "#ffe100",
    AccountState.HELD: "#3c98f3",
    AccountState.PAUSED: "#91ffcd",
    AccountState.SILENT: "#318b69",
}
COUNTED_ONLY = (AccountState.CLEAR, AccountState.ALLOWED)

_INK, _MUTED, _LINE, _AHEAD = "#1d293d", "#45556c", "#d3dae3", "#f1f4f8"
_FONT = "DejaVu Sans"  # comes with Matplotlib, so the picture is the same everywhere
_LEFT, _RIGHT, _TOP, _BOTTOM = 136, 700, 210, 562  # px, the columns' place; the counts stand right of it
_COUNTS, _FIRST_ROW, _LAST_ROW, _ROW = 740, 162, 604, 42  # px: their left edge, and the foot of their rows
_SMALL = 28  # px
_POINTS = 0.72  # in a pixel, at 100 dots an inch

_TEXTS = {
    "until": Both("bis {}", "until {}"),
    "since": Both("seit {}", "since {}"),
    "today": Both("Konten am {}", "Accounts on {}"),
    "others": Both("nicht im Bild:", "not drawn:"),
    "pausing": Both("Pausen ab {}", "pauses from {}"),
    "begins": Both("Stichtag {}", "deadline {}"),
    "nothing": Both("Auf keinem Konto ist etwas zu tun.", "Nothing is to do on any account."),
    "alt": Both("Säulen: Konten nach Stand, {}.", "Columns: accounts by state, {}."),
    "alt_one": Both("am {}", "on {}"),
    "alt_span": Both("vom {} bis zum {}", "from {} to {}"),
    "alt_day": Both("Am {}: {}.", "On {}: {}."),
    "alt_none": Both("keine Konten", "no accounts"),
    "alt_pausing": Both("Pausiert wird ab {}.", "Pauses are made from {}."),
}


class Day(NamedTuple):
    """The accounts of one recorded day, counted by their states."""

    day: date
    states: Mapping[AccountState, int]


def draw(
    history: Sequence[Day],
    begins: datetime,
    pausing_from: datetime,
    language: Language,
    zone: str,
    at: datetime,
) -> bytes:
    """A PNG of ``WIDTH`` × ``HEIGHT`` pixels.

    :param history: recorded days in order, at least one; the last ``DAYS`` before its last day are drawn.
    :param begins: the first moment of the rule's date; ``pausing_from``: of the pausing before it.
    :param zone: the reader's, in which days begin and dates are written.
    """
    written = io.BytesIO()
    drawn = figure(history, begins, pausing_from, language, zone, at)
    drawn.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def figure(
    history: Sequence[Day],
    begins: datetime,
    pausing_from: datetime,
    language: Language,
    zone: str,
    at: datetime,
) -> Figure:
    """The picture before it is written; as :func:`draw`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = _last(history)
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)  # without pyplot, which keeps every figure of the process
    _headline(figure, begins, language, zone, at)
    _columns(figure, shown, _ahead(shown, (pausing_from, begins), zone), language)
    _markers(figure, shown, begins, pausing_from, language, zone)
    _counts(figure, shown[-1], _drawn(shown), language)
    return figure


def alt_text(
    history: Sequence[Day],
    begins: datetime,
    pausing_from: datetime,
    language: Language,
    zone: str,
    at: datetime,
) -> str:
    """What the picture shows, in words: plain text of at most ``LONGEST_ALT`` characters."""
    shown = _last(history)
    first, last = shown[0], shown[-1]
    when = [_long(each.day, language) for each in (first, last)]
    span = _text("alt_span", language, *when) if first is not last else _text("alt_one", language, when[1])
    countdown = words.countdown(begins, at, zone, language)
    sentences = [
        f"{countdown[0].upper()}{countdown[1:]}.",
        *(
            [_text("alt_pausing", language, words.moment(pausing_from, zone, language))]
            if at < pausing_from
            else []
        ),
        _text("alt", language, span),
        *(
            _text("alt_day", language, _long(each.day, language), _counted(each, language))
            for each in ([last] if first is last else [last, first])
        ),
    ]
    return " ".join(sentences)[:LONGEST_ALT]


def _text(key: str, language: Language, *values: str) -> str:
    return _TEXTS[key].in_(language).format(*values)


def _last(history: Sequence[Day]) -> list[Day]:
    since = history[-1].day - timedelta(days=DAYS)
    return [each for each in history if each.day > since]


def _drawn(shown: Sequence[Day]) -> list[AccountState]:
    """The states that some account has on some day, the most pressing first."""
    return [state for state in COLOURS if any(each.states.get(state) for each in shown)]


def _place(moment: datetime, first: date, zone: str) -> float:
    """A moment on the axis: days since the local midnight of the first day."""
    local = pendulum.instance(moment).in_timezone(zone)
    return local.toordinal() - first.toordinal() + (local.hour * 60 + local.minute) / 1440


def _ahead(shown: Sequence[Day], moments: Sequence[datetime], zone: str) -> float:
    """How many days of the future are drawn, so that what begins soon is in the picture."""
    places = [_place(moment, shown[-1].day, zone) - 1 for moment in moments]
    return max((place + 0.7 for place in places if 0 <= place <= AHEAD), default=0)


def _headline(figure: Figure, begins: datetime, language: Language, zone: str, at: datetime) -> None:
    hours = (begins - at).total_seconds() / 3600
    when = words.moment(begins, zone, language)
    left = words.time_left(hours, language)
    _write(figure, 32, 72, left[0].upper() + left[1:], size=52, weight="bold")
    _write(figure, 32, 120, _text("until" if hours > 0 else "since", language, when), colour=_MUTED)


def _columns(figure: Figure, shown: Sequence[Day], ahead: float, language: Language) -> None:
    first, last = shown[0].day, (shown[-1].day - shown[0].day).days
    axes = figure.add_axes(
        (_LEFT / WIDTH, 1 - _BOTTOM / HEIGHT, (_RIGHT - _LEFT) / WIDTH, (_BOTTOM - _TOP) / HEIGHT)
    )
    tops = dict.fromkeys(range(len(shown)), 0)
    for state in reversed(_drawn(shown)):
        some = [index for index, each in enumerate(shown) if each.states.get(state)]
        axes.bar(
            [(shown[index].day - first).days + 0.5 for index in some],
            [shown[index].states[state] for index in some],
            bottom=[tops[index] for index in some],
            width=0.9,
            color=COLOURS[state],
            edgecolor=COLOURS[state],
            linewidth=1.5,  # a state that one account of thousands has is still a line
            zorder=3,
        )
        for index in some:
            tops[index] += shown[index].states[state]
    axes.set_xlim(min(0, last - 6), last + 1 + ahead)
    axes.axvspan(last + 1, last + 1 + ahead, color=_AHEAD, linewidth=0, zorder=0)
    _scales(axes, first, max(tops.values()), language)
    if not any(tops.values()):
        _write(figure, (_LEFT + _RIGHT) / 2, 400, _text("nothing", language), align="center", ground="white")


def _scales(axes: Axes, first: date, highest: int, language: Language) -> None:
    """Whole accounts upwards, some days along; a frame would say nothing."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    axes.set_ylim(0, max(highest, 1) * 1.04)
    heights = MaxNLocator(nbins=4, integer=True).tick_values(0, max(highest, 1))
    axes.yaxis.set_major_locator(FixedLocator([height for height in heights if 0 < height <= highest]))
    axes.yaxis.set_major_formatter(lambda value, _: words.number(value, language))
    left, right = axes.get_xlim()
    step = max(1, math.ceil((right - left) / 4))
    axes.xaxis.set_major_locator(
        FixedLocator([day + 0.5 for day in range(math.ceil(left), int(right), step)])
    )
    axes.xaxis.set_major_formatter(
        lambda value, _: _short(first + timedelta(days=math.floor(value)), language)
    )
    axes.tick_params(length=0, labelsize=_SMALL * _POINTS, labelcolor=_MUTED, labelfontfamily=_FONT, pad=10)
    axes.grid(axis="y", color=_LINE, linewidth=1, zorder=1)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set(visible=True, color=_MUTED)


def _markers(
    figure: Figure,
    shown: Sequence[Day],
    begins: datetime,
    pausing_from: datetime,
    language: Language,
    zone: str,
) -> None:
    axes = figure.axes[0]
    left, right = axes.get_xlim()
    rows = (("begins", begins, 168, "solid"), ("pausing", pausing_from, 200, "dashed"))
    for key, moment, row, style in rows:
        place = _place(moment, shown[0].day, zone)
        if not left <= place <= right:
            continue
        axes.axvline(place, color="white", linewidth=4, zorder=4)  # also on dark columns it is seen
        axes.axvline(place, color=_INK, linewidth=2, linestyle=style, zorder=5)
        share = (place - left) / (right - left)
        local = pendulum.instance(moment).in_timezone(zone).date()
        _write(
            figure,
            _LEFT + share * (_RIGHT - _LEFT) + (-6 if share > 0.5 else 6),
            row,
            _text(key, language, _short(local, language)),
            align="right" if share > 0.5 else "left",
        )


def _counts(figure: Figure, today: Day, drawn: Sequence[AccountState], language: Language) -> None:
    """Each state's word and number, in the order in which the columns are piled up."""
    others = [state for state in COUNTED_ONLY if today.states.get(state)]
    rows = len(drawn) + bool(others) + len(others)
    apart = min(_ROW, (_LAST_ROW - _FIRST_ROW) / max(1, rows - 1))
    _write(figure, _COUNTS, 120, _text("today", language, _short(today.day, language)), weight="bold")
    row: float = _FIRST_ROW
    for state in drawn:
        _chip(figure, _COUNTS, row, COLOURS[state])
        _count(figure, row, state, today, language)
        row += apart
    if others:
        _write(figure, _COUNTS, row, _text("others", language), colour=_MUTED)
    for state in others:
        row += apart
        _count(figure, row, state, today, language)


def _count(figure: Figure, row: float, state: AccountState, today: Day, language: Language) -> None:
    number = words.number(today.states.get(state, 0), language)
    _write(figure, _COUNTS + 140, row, number, weight="bold", align="right")
    _write(figure, _COUNTS + 156, row, states.label(state, language))


def _chip(figure: Figure, x: float, row: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    figure.add_artist(
        Rectangle(
            (x / WIDTH, 1 - row / HEIGHT), 26 / WIDTH, 26 / HEIGHT, transform=figure.transFigure, color=colour
        )
    )


def _write(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    *,
    size: float = _SMALL,
    weight: str = "normal",
    colour: str = _INK,
    align: str = "left",
    ground: str = "none",
) -> None:
    """Text with its foot at a pixel, counted from the upper left; ``size`` in pixels."""
    figure.text(
        x / WIDTH,
        1 - y / HEIGHT,
        text,
        fontsize=size * _POINTS,
        fontweight=weight,
        fontfamily=_FONT,
        color=colour,
        ha=align,
        va="baseline",
        parse_math=False,
        bbox={"facecolor": ground, "edgecolor": "none", "pad": 4} if ground != "none" else None,
    )


def _counted(each: Day, language: Language) -> str:
    told = [
        f"{states.label(state, language)} {words.number(each.states[state], language)}"
        for state in AccountState
        if each.states.get(state)
    ]
    return ", ".join(told) or _text("alt_none", language)


def _short(day: date, language: Language) -> str:
    local = pendulum.datetime(day.year, day.month, day.day)
    return local.format("D. MMM" if language is Language.DE else "D MMM", locale=str(language)).rstrip(".")


def _long(day: date, language: Language) -> str:
    local = pendulum.datetime(day.year, day.month, day.day)
    return local.format("D. MMMM YYYY" if language is Language.DE else "D MMMM YYYY", locale=str(language))
