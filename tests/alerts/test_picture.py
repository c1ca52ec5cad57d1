"""The digest's picture: readable on a phone and by colour-blind people, small, and said in words as well."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from PIL import Image

from sendepause import board
from sendepause.alerts import picture
from sendepause.alerts.picture import COLOURS, COUNTED_ONLY, HEIGHT, WIDTH, Day
from sendepause.model import AccountState, Language

BERLIN = ZoneInfo("Europe/Berlin")
BEGINS, PAUSING = datetime(2019, 12, 7, tzinfo=BERLIN), datetime(2019, 12, 2, tzinfo=BERLIN)
SUNDAY = date(2019, 12, 1)
S = AccountState
EVERY = {state: 10 + place for place, state in enumerate(AccountState)}


def told(
    *history: Day, language: Language = Language.EN, begins: datetime = BEGINS, at: datetime | None = None
) -> dict[str, Any]:
    """What a picture is drawn from: by default at eight o'clock of its last day, pausing five days before."""
    last = history[-1].day
    moment = at or datetime(last.year, last.month, last.day, 8, tzinfo=BERLIN)
    pausing = begins - timedelta(days=5)
    values = {"begins": begins, "pausing_from": pausing, "language": language, "zone": "Europe/Berlin"}
    return {"history": list(history), "at": moment, **values}


def days(count: int, states: Mapping[AccountState, int], last: date = SUNDAY) -> list[Day]:
    return [Day(last - timedelta(days=count - 1 - each), states) for each in range(count)]


def texts(drawn: dict[str, Any]) -> dict[str, Any]:
    """Every text of the picture with its place in pixels, which is only known once it is drawn."""
    figure = picture.figure(**drawn)
    figure.draw_without_rendering()
    return {
        each.get_text(): each.get_window_extent()
        for each in figure.findobj(Text)
        if each.get_visible() and each.get_text()
    }


class TestSize:
    @pytest.mark.parametrize("count", [1, 7, 30])
    @pytest.mark.parametrize("accounts", [1, 1000])
    def test_a_png_that_slack_and_a_phone_take(self, count: int, accounts: int) -> None:
        busy = [
            Day(each.day, {state: place * accounts * (1 + number % 3) for place, state in enumerate(S)})
            for number, each in enumerate(days(count, {}))
        ]
        png = picture.draw(**told(*busy))
        assert len(png) < 150_000
        with Image.open(io.BytesIO(png)) as image:
            assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))

    def test_the_same_is_drawn_again_byte_for_byte(self) -> None:
        drawn = told(*days(3, EVERY))
        assert picture.draw(**drawn) == picture.draw(**drawn)

    def test_a_month_is_drawn_and_no_more(self) -> None:
        month = told(*days(30, EVERY))
        longer = told(*days(40, {**EVERY, S.BREACH: 10}))
        assert picture.draw(**month) == picture.draw(**longer)


class TestReading:
    @pytest.mark.parametrize("language", Language)
    @pytest.mark.parametrize("accounts", [1, 1000])
    @pytest.mark.parametrize("last", [SUNDAY, SUNDAY + timedelta(days=20), date(2019, 8, 28)])
    def test_no_text_is_cut_or_lies_on_another(self, language: Language, accounts: int, last: date) -> None:
        many = {state: count * accounts for state, count in EVERY.items()}
        places = texts(told(*days(30, many, last), language=language))
        assert len(places) > 15
        for place in places.values():
            assert place.x0 >= 0 and place.y0 >= 0 and place.x1 <= WIDTH and place.y1 <= HEIGHT
        for (one, here), (other, there) in combinations(places.items(), 2):
            apart = here.x1 <= there.x0 or there.x1 <= here.x0 or here.y1 <= there.y0 or there.y1 <= here.y0
            assert apart, f"{one!r} lies on {other!r}"

    def test_no_text_is_too_small_for_a_phone(self) -> None:
        figure = picture.figure(**told(*days(7, EVERY)))
        sizes = [each.get_fontsize() / 72 * 100 for each in figure.findobj(Text) if each.get_text()]
        assert min(sizes) >= 28 - 1e-6

    def test_every_state_has_its_number_and_its_word(self) -> None:
        places = texts(told(*days(2, EVERY), language=Language.DE))
        for state, count in EVERY.items():
            assert str(count) in places
            assert picture.states.label(state, Language.DE) in places
        assert "Noch 5 Tage und 16 Stunden" in places
        assert {"Konten am 1. Dez", "Pausen ab 2. Dez", "Stichtag 7. Dez"} <= places.keys()

    def test_what_nobody_was_in_for_a_month_is_not_listed(self) -> None:
        places = texts(told(Day(SUNDAY - timedelta(days=1), {S.HELD: 2}), Day(SUNDAY, {S.PAUSED: 2})))
        assert {"on hold", "0", "paused", "2"} <= places.keys(), "gone since yesterday is news"
        assert not {"no data", "nothing to do", "not drawn:"} & places.keys()

    def test_where_nothing_is_to_do_that_is_said(self) -> None:
        places = texts(told(Day(SUNDAY, {S.CLEAR: 80, S.ALLOWED: 4})))
        assert {"Nothing is to do on any account.", "80", "4"} <= places.keys()

    @pytest.mark.parametrize(
        ("at", "headline", "marked"),
        [
            (datetime(2019, 9, 2, 8, tzinfo=BERLIN), "95 days left", False),
            (datetime(2019, 11, 20, 8, tzinfo=BERLIN), "16 days left", True),
            (datetime(2019, 12, 6, 23, tzinfo=BERLIN), "60 minutes left", True),
            (datetime(2019, 12, 9, 8, tzinfo=BERLIN), "In force for 2 days and 8 hours", True),
            (datetime(2020, 3, 9, 8, tzinfo=BERLIN), "In force", False),
        ],
    )
    def test_the_days_left_are_said_and_what_is_near_is_marked(
        self, at: datetime, headline: str, marked: bool
    ) -> None:
        places = texts(told(*days(10, EVERY, at.date()), at=at))
        assert headline in places
        assert ("deadline 7 Dec" in places) == ("pauses from 2 Dec" in places) == marked


def linear(colour: str) -> Any:
    """An sRGB colour's light, red, green and blue."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return np.array([part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts])


def oklab(light: Any) -> Any:
    """Björn Ottosson's OKLab (https://bottosson.github.io/posts/oklab/)."""
    first = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    second = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return second @ np.cbrt(first @ np.clip(light, 0, 1))


# Machado, Oliveira and Fernandes 2009, full severity: what people without one kind of cones see
SIGHT = {
    "all colours": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
STYLE = (Path(board.__file__).parent / "style.css").read_text()
HUES = {
    name: float(hue) for name, hue in re.findall(r"--(\w+): light-dark\(oklch\(\S+ \S+ ([\d.]+)\)", STYLE)
}


class TestColours:
    @pytest.mark.parametrize("sight", SIGHT)
    def test_any_two_differ_whoever_looks(self, sight: str) -> None:
        seen = {state: oklab(np.array(SIGHT[sight]) @ linear(colour)) for state, colour in COLOURS.items()}
        for one, other in combinations(seen, 2):
            distance = float(np.linalg.norm(seen[one] - seen[other]))
            assert distance > 0.075, f"{one} and {other} look alike: {distance:.3f}"  # 0.02 is just noticed

    def test_they_have_the_hues_that_the_board_gives_to_the_same_things(self) -> None:
        families = {
            "risk": (S.BREACH, S.PAUSE_DUE),
            "attention": (S.BY_HAND,),
            "info": (S.ANNOUNCED, S.HELD),
            "ok": (S.PAUSED, S.SILENT),
        }
        for token, members in families.items():
            for state in members:
                _, a, b = oklab(linear(COLOURS[state]))
                hue = math.degrees(math.atan2(b, a)) % 360
                assert abs(hue - HUES[token]) < 20, (token, state, hue)

    def test_every_state_is_drawn_or_counted(self) -> None:
        assert {*COLOURS, *COUNTED_ONLY} == set(AccountState)
        assert list(COLOURS) == [state for state in AccountState if state in COLOURS], (
            "the most pressing first"
        )

    def test_one_account_of_ten_thousand_is_seen(self) -> None:
        png = picture.draw(**told(*days(7, {S.SILENT: 10_000, S.BREACH: 1})))
        with Image.open(io.BytesIO(png)) as image:
            columns = np.array(image.convert("RGB"))[:, 120:700]
        red = tuple(int(COLOURS[S.BREACH][at : at + 2], 16) for at in (1, 3, 5))
        assert (columns == red).all(axis=2).sum() > 300


class TestWords:
    def test_they_say_what_the_picture_shows(self) -> None:
        first, last = (
            Day(SUNDAY - timedelta(days=6), {S.ANNOUNCED: 3}),
            Day(SUNDAY, {S.PAUSED: 2, S.CLEAR: 1}),
        )
        assert picture.alt_text(**told(first, last, language=Language.DE)) == (
            "Noch 5 Tage und 16 Stunden, bis Samstag, 7. Dezember 2019, 0 Uhr. Pausiert wird ab Montag,"
            " 2. Dezember 2019, 0 Uhr. Säulen: Konten nach Stand, vom 25. November 2019 bis zum"
            " 1. Dezember 2019. Am 1. Dezember 2019: pausiert 2, nichts zu tun 1. Am 25. November 2019:"
            " läuft noch 3."
        )

    def test_a_first_day_is_said_once(self) -> None:
        said = picture.alt_text(**told(Day(SUNDAY, {S.PAUSED: 2})))
        assert said.endswith("Columns: accounts by state, on 1 December 2019. On 1 December 2019: paused 2.")

    def test_pausing_that_has_begun_is_not_announced(self) -> None:
        said = picture.alt_text(**told(Day(date(2019, 12, 9), {S.BREACH: 1})))
        assert said.startswith("In force since Saturday, 7 December 2019, 00:00. Columns:")

    def test_without_accounts_that_is_said(self) -> None:
        assert picture.alt_text(**told(Day(SUNDAY, {}))).endswith("On 1 December 2019: no accounts.")


COUNTS = st.dictionaries(st.sampled_from(AccountState), st.integers(0, 100_000))


@given(
    counts=st.lists(COUNTS, min_size=1, max_size=40),
    gaps=st.lists(st.integers(1, 9), min_size=40, max_size=40),
    begins=st.integers(-400, 3000).map(lambda days: BEGINS + timedelta(days=days, hours=days % 24)),
    language=st.sampled_from(Language),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_is_drawn_and_said_within_the_limits(
    counts: list[dict[AccountState, int]], gaps: list[int], begins: datetime, language: Language
) -> None:
    history, day = [], SUNDAY
    for states, gap in zip(counts, gaps, strict=False):
        history.append(Day(day, states))
        day += timedelta(days=gap)
    drawn = told(*history, language=language, begins=begins)
    assert len(picture.draw(**drawn)) < 150_000
    assert len(picture.alt_text(**drawn)) <= 2000
