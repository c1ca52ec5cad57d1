"""What holds for every chat export: what was written is read, and what is damaged is refused in words."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sendepause.errors import BadInput
from sendepause.sources import read_whole
from sendepause.sources.base import ReadContext, Reading

Header = Callable[[datetime], str]


@dataclass(frozen=True)
class Shape:
    """A header format: ``stamp`` writes it, ``end`` parts it from the author. ``fine``: it has seconds."""

    stamp: Header
    end: str = " - "
    fine: bool = False


def _twelve(at: datetime, am: str, pm: str) -> tuple[int, str]:
    return at.hour % 12 or 12, am if at.hour < 12 else pm


def _us(at: datetime) -> str:
    hour, half = _twelve(at, "AM", "PM")
    return f"{at.month}/{at.day}/{at:%y}, {hour}:{at:%M}\u202f{half}"


def _spanish(at: datetime) -> str:
    hour, half = _twelve(at, "a.\u00a0m.", "p.\u00a0m.")
    return f"{at.day}/{at.month}/{at.year}, {hour}:{at:%M} {half}"


def _korean(at: datetime) -> str:
    hour, half = _twelve(at, "오전", "오후")
    return f"[{at.year}. {at.month}. {at.day}. {half} {hour}:{at:%M:%S}"


def _arabic(at: datetime) -> str:
    hour, half = _twelve(at, "ص", "م")
    western = f"{at.day}\u200f/{at.month}\u200f/{at.year}، {hour}:{at:%M}\u202f{half}"
    return western.translate({ord(str(number)): chr(0x660 + number) for number in range(10)})


def _vietnamese(at: datetime) -> str:
    hour, half = _twelve(at, "SA", "CH")
    return f"[{hour:02}:{at:%M:%S} {half}, {at:%d/%m/%Y}"


SHAPES = (
    Shape(lambda at: f"{at:%d.%m.%y, %H:%M}"),
    Shape(lambda at: f"{at:%d.%m.%Y, %H:%M}"),
    Shape(lambda at: f"[{at:%d.%m.%y, %H:%M:%S}", "] ", fine=True),
    Shape(lambda at: f"{at:%Y-%m-%d, %H:%M}"),
    Shape(lambda at: f"{at:%d/%m/%Y} à {at:%H:%M}"),
    Shape(lambda at: f"{at.day}. {at.month}. {at.year}. {at:%H:%M:%S}", " ", fine=True),
    Shape(lambda at: f"{at:%Y. %m. %d. %H:%M}"),
    Shape(lambda at: f"{at.day}.{at.month}.{at.year} klo {at.hour}.{at:%M}"),
    Shape(_us),
    Shape(_spanish),
    Shape(_korean, "] ", fine=True),
    Shape(_arabic),
    Shape(_vietnamese, "] ", fine=True),
)

FIRST = datetime(2023, 3, 13, 9, 5, 6)  # noqa: DTZ001 - a wall clock
"""A day that tells day and month apart in every shape, so that the first line settles the order."""

# No direction marks, which are stripped, no brackets, which may be markers, and no character in which
# Python and the conventions disagree on white space.
_words = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp", "Zs", "Cs"), exclude_characters="<>()•"
    ),
    min_size=1,
    max_size=12,
)
_line = st.lists(_words, min_size=1, max_size=6).map(" ".join)
# A line of a message must not look like a header; a letter before it keeps it from that.
_texts = st.lists(_line, min_size=1, max_size=4).map(lambda lines: "\n".join(f"a{line}" for line in lines))
_names = st.text(st.characters(categories=("L", "N", "So", "Pd", "Mn")), min_size=1, max_size=10).map(
    lambda name: f"A{name}Z"
)
_messages = st.lists(
    st.tuples(st.integers(0, 60 * 60 * 24 * 40), st.integers(0, 3), _texts), min_size=1, max_size=12
)


def _read(data: bytes) -> Reading:
    return read_whole("chat_export", io.BytesIO(data), "file.txt", ReadContext())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SHAPES), st.lists(_names, min_size=4, max_size=4, unique=True), _messages, st.booleans()
)
def test_what_a_phone_writes_is_read_back(
    shape: Shape, names: list[str], messages: list[tuple[int, int, str]], carriage_returns: bool
) -> None:
    at, written, expected = FIRST, [], []
    for seconds, author, text in [(0, 0, "a"), *messages]:
        at += timedelta(seconds=seconds)
        body = text.replace("\n", "\r\n") if carriage_returns else text
        written.append(f"{shape.stamp(at)}{shape.end}{names[author]}: {body}")
        shown = at if shape.fine else at.replace(second=0)
        expected.append((shown, names[author], text))
    end = "\r\n" if carriage_returns else "\n"
    rows = _read((end.join(written) + end).encode()).messages.select("sent_at", "author", "text").rows()
    assert [(when.replace(tzinfo=None), author, text) for when, author, text in rows] == expected


_CHAT = (
    "30.05.23, 18:44 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.\n"
    "30.05.23, 18:44 - Ida Krug: Moin\nzweite Zeile\n"
    "30.05.23, 18:45 - Bo: <Medien ausgeschlossen>\n31.05.23, 07:02 - Ida Krug: „Hof: Nord“\n"
)
_SEEDS = (
    _CHAT.encode(),
    _CHAT.encode("utf-16"),
    _CHAT.replace("\n", "\r\n").encode("utf-8-sig"),
    "\u200e[5/30/23, 6:44:05\u202fPM] Ida: \u200e<attached: 1.jpg>\r\n".encode(),
    "२०२३/५/३० ६:४४ am - रिया: हो\n".encode(),
)


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(_SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["cut", "put", "flip", "twice"])):
            case "cut":
                del data[place : place + draw(st.integers(1, 40))]
            case "put":
                data[place:place] = draw(st.binary(min_size=1, max_size=8))
            case "flip" if place < len(data):
                data[place] ^= 1 << draw(st.integers(0, 7))
            case _:
                data[place:place] = data[: draw(st.integers(0, 60))]
    return bytes(data)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=300), _damaged(), st.text(max_size=200).map(str.encode)))
@example(b"\x00" * 64)
@example("30.05.23, 18:44 - ".encode("utf-16-le"))
def test_damage_is_read_or_refused_in_words(data: bytes) -> None:
    try:
        reading = _read(data)
    except BadInput as refused:
        assert re.search(r"\w", refused.what)
    else:
        assert reading.form and reading.messages["sent_at"].null_count() == 0
