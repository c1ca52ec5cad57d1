"""The header that begins each message of a chat export: which format it has, and what it says.

A file has one format, that of its first header (``Format.of``). A format is a regular expression for all
its headers, in the syntax that Python and Polars share, with the groups ``date``, ``time`` and ``rest``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as Clock
from functools import cached_property

from sendepause.sources.day_periods import RANGES, fold, hour24
from sendepause.sources.text import MARKS, SPACES, plain

M = f"[{MARKS}]*"
S = f"[{MARKS}{SPACES}]"
_WORD = r"[^\d\s\[\]:/<>{}=|_-]"
_DATE = r"\d{1,4}(?:\. ?|/|-)\d{1,2}(?:\. ?|/|-)\d{1,4}"
_TIME = r"\d{1,2}(?:[:.]| ?h ?)\d{2}(?:(?:[:.]| min )\d{2}(?: s)?)?"
# Between date and time: a comma, a word ("à", "klo", "a las"), a mark of the year ("г."), a day period.
_GAP = rf"\.?[,،、]?(?: (?:{_WORD}{{1,16}} ?){{0,3}})"
_PERIOD = rf" ?{_WORD}{{1,16}}(?: {_WORD}{{1,12}}){{0,3}}"
_STAMP = (
    rf"(?P<open>\[?)"
    rf"(?:(?P<date>{_DATE})(?P<gap>{_GAP})(?P<time>{_TIME})"
    rf"|(?P<time1>{_TIME})(?P<after1>(?:{_PERIOD}(?<!,))??)(?P<gap1>,? )(?P<date1>{_DATE}))"
)
_CLOSED = re.compile(rf"{_STAMP}(?P<after>(?:{_PERIOD})??)(?P<end>\]| [-–—](?: |$)|:(?: |$))(?P<rest>.*)")
_OPEN = re.compile(rf"{_STAMP}(?P<after>)(?P<end> )(?P<rest>\S.*)")
_UNITS = {"uhr", "uur", "h", "hs", "hrs", "ч", "час", "н", "น"}
"""Words after a time that are no day period."""
_GLUE = {
    *("a", "à", "al", "alle", "aos", "as", "às", "at", "da", "das", "de", "den", "ka", "kell", "kl", "klo"),
    *("la", "las", "le", "lúc", "o", "ob", "om", "on", "ora", "ore", "pukul", "jam", "te", "u", "um", "vào"),
    *("ve", "в", "во", "г", "год", "на", "у", "στις", "เวลา", "ב", "בשעה", "ساعت", "الساعة"),
}
"""Words between a date and a time (``30.5.2023 klo 18.44``) that are no day period."""
_LONGEST = 1_000  # characters of a line in which its header is looked for
CANDIDATE = rf"^{M}\[?{M}\d{{1,4}}{M}(?:[./:-]| ?h)"
"""How a line begins that may be a header: cheap to look for, checked by ``Format.of``."""


@dataclass(frozen=True)
class Exact:
    """How most headers of a file are written, sign for sign: then they need no groups to be cut.

    ``pattern`` tells them; ``opening`` characters stand before the date, ``gap`` between date and time,
    ``close`` before the rest, each for the first time.
    """

    pattern: str
    opening: int
    gap: str
    close: str


@dataclass(frozen=True)
class Format:
    """A header format. Texts are as the first header shows them, without marks and with plain spaces."""

    bracket: bool
    date: str
    gap: str
    time: str
    time_first: bool
    before: str | None  # the day period between date and time, if the format has one there
    unit: str  # what always stands after the time, as in ``18:44 Uhr``
    after: str | None  # the day period after the time, if the format has one there
    end: str

    @classmethod
    def of(cls, line: str) -> Format | None:
        """The format of a line that is a header, else None. ``line`` is one line as the file has it."""
        shown = plain(line[:_LONGEST])
        for header in (_CLOSED, _OPEN):
            match = header.fullmatch(shown)
            if match and match["date"] is None and match["after"]:
                match = None
            found = match and cls._from(match)
            if match and found and found._believable(match["rest"]):
                return found
        return None

    @classmethod
    def _from(cls, match: re.Match[str]) -> Format:
        time_first = match["date"] is None
        date, gap, clock = (match[f"{name}{'1' if time_first else ''}"] for name in ("date", "gap", "time"))
        gap, before = _split_period(gap)
        unit, after = _split_period(match["after1"] if time_first else match["after"])
        return cls(
            bracket=bool(match["open"]),
            date=date,
            gap=gap,
            time=clock,
            time_first=time_first,
            before=before,
            unit=unit.rstrip(" ") if after else unit,
            after=after,
            end=match["end"].strip() or " ",
        )

    def _believable(self, rest: str) -> bool:
        # Logs of programs have dates, times and colons too. Without bracket, dash or colon as the end
        # only a format that no log writes is taken, and a word after the time must be known.
        parts = re.split(r"\D+", self.date)
        if self.bracket != (self.end == "]") or (self.time_first and self.before):
            return False
        if sum(len(part) > 2 for part in parts) > 1 or any(len(part) == 3 for part in parts):
            return False
        if len(parts[1]) > 2:
            return False
        if self.end == " ":
            return "." in self.date and len(parts[0]) <= 2 and ":" in rest
        if self.end == ":" and self.unit.strip():
            return False
        return len(self.unit) <= 8

    @property
    def year_first(self) -> bool:
        """Whether the date begins with a year of four digits."""
        return len(re.split(r"\D+", self.date)[0]) == 4

    @property
    def day_first(self) -> bool:
        """Whether the separators alone say that the day comes first."""
        return "." in self.date and not (self.before and re.search("[가-힣]", self.before))

    @property
    def has_seconds(self) -> bool:
        return len(re.findall(r"\d+", self.time)) == 3

    @property
    def on_android(self) -> bool:
        """Whether the phone runs Android, which labels no notice with a name."""
        return self.end in "-–—"

    @property
    def twelve_hours(self) -> bool:
        return self.before is not None or self.after is not None

    @property
    def has_unknown_word(self) -> bool:
        """Whether an unknown word stands beside the time; it may be a day period, but not after 12 hours."""
        beside = ("" if self.before else self.gap) + " " + ("" if self.after else self.unit)
        words = {fold(word) for word in re.split(r"[\s,،、.]+", beside)} - {""}
        return int(re.findall(r"\d+", self.time)[0]) <= 12 and not words <= _UNITS | _GLUE

    def described(self, order: str) -> str:
        """The format in words, as ``Android, day.month.year, 24 hours, minutes``, by what comes first."""
        names = {
            "day": ("day", "month", "year"),
            "month": ("month", "day", "year"),
            "year": ("year", "month", "day"),
        }[order]
        separators = re.split(r"\d+", self.date)[1:3]
        stamp = names[0] + separators[0] + names[1] + separators[1] + names[2]
        if self.time_first:
            stamp = "time, " + stamp
        phone = "Android" if self.on_android else "iPhone" if self.bracket else "older iPhone"
        hours = "12 hours" if self.twelve_hours else "24 hours"
        fine = "seconds" if self.has_seconds else "minutes"
        return f"{phone}, {f'[{stamp}]' if self.bracket else stamp}, {hours}, {fine}"

    @cached_property
    def pattern(self) -> str:
        """The regular expression of a header and the rest of its first line."""
        gap = M + _literal(self.gap) + M
        opening = rf"{M}\[{M}" if self.bracket else M
        first, second = self._groups
        return rf"^{opening}{first}{gap}{second}{M}{self._end_pattern}(?P<rest>[\s\S]*)"

    @property
    def _groups(self) -> tuple[str, str]:
        """The groups ``date`` and ``time``, in the order in which they stand."""
        date = rf"(?P<date>{_date_pattern(self.date)})"
        clock = _digits_pattern(self.time, lambda _: r"\d{1,2}")
        if self.before is not None:
            clock = rf"{_WORD}[^\d\n\[\]:]{{0,24}}?{S}*{clock}"
        clock += M + _literal(self.unit)
        if self.after is not None:
            clock += rf"{S}*{_WORD}[^\d\n\[\]:]{{0,30}}?"
        clock = rf"(?P<time>{clock})"
        return (clock, date) if self.time_first else (date, clock)

    def exact(self, line: str) -> Exact | None:
        """How ``line``, a header of this format, is written; None where such headers cannot be cut so."""
        match = re.match(self.pattern, line)
        if match is None or self.time_first:
            return None
        opening, gap = line[: match.start("date")], line[match.end("date") : match.start("time")]
        close = line[match.end("time") : match.start("rest")]
        stamp = line[match.start("date") : match.end("time")]
        if not gap or gap in match["date"] or not close.strip() or close in stamp:
            return None
        date, clock = (re.sub(r"\(\?P<\w+>", "(?:", group) for group in self._groups)
        pattern = rf"^{re.escape(opening)}{date}{re.escape(gap)}{clock}{re.escape(close)}"
        return Exact(pattern, len(opening), gap, close)

    @property
    def _end_pattern(self) -> str:
        match self.end:
            case "]":
                return rf"\]{M}[{SPACES}]?"
            case ":":
                return rf":(?:[{SPACES}]|$|\n)"
            case " ":
                return rf"[{SPACES}]"
            case dash:
                return rf"[{SPACES}]{M}{dash}(?:[{SPACES}]|$|\n)"

    def clock(self, text: str) -> Clock | None:
        """The wall clock of a header's ``time`` group; None where it is none."""
        shown = plain(text)
        numbers = re.findall(r"\d+", shown)
        hour, minute, second = (*map(int, numbers), 0)[:3]
        if self.twelve_hours:
            word = re.sub(r"[\d:.]*\d(?: ?h(?: |\b)| min | s\b)?", "", shown).replace(
                self.unit.strip(), "", 1
            )
            in_day = hour24(hour, word)
            if in_day is None:
                return None
            hour = in_day
        return Clock(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None

    def date_numbers(self, text: str) -> tuple[int, int, int] | None:
        """The three numbers of a header's ``date`` group; None where their width is another format's.

        The first header shows whether a number is written with a leading zero: ``04`` or ``4``.
        """
        numbers = re.findall(r"\d+", text)
        for shown, first in zip(numbers, re.findall(r"\d+", self.date), strict=True):
            padded = _zero(first) and len(first) == 2
            unpadded = len(first) == 1
            if (padded and len(shown) == 1) or (unpadded and _zero(shown)):
                return None
        a, b, c = map(int, numbers)
        return a, b, c


def _split_period(gap: str) -> tuple[str, str | None]:
    """A gap's literal part and its day period: ``", 下午"`` has both, ``" à "`` only a literal."""
    words = gap.strip(" ")
    for start in [match.start() for match in re.finditer(rf"(?<!{_WORD}){_WORD}|(?<=[,،、.]){_WORD}", words)]:
        if fold(words[start:]) in RANGES:
            offset = gap.index(words) + start
            return gap[:offset], words[start:]
    return gap, None


def _zero(number: str) -> bool:
    return int(number[0]) == 0


def _literal(text: str) -> str:
    """A literal piece between which marks may stand, with any kind of space."""
    return M.join(f"[{SPACES}]+" if char == " " else re.escape(char) for char in re.sub(" +", " ", text))


def _digits_pattern(example: str, width: Callable[[str], str]) -> str:
    parts = re.split(r"(\d+)", example)
    return M.join(width(part) if part.isdigit() else _literal(part) for part in parts if part)


def _date_pattern(example: str) -> str:
    return _digits_pattern(example, lambda part: r"\d{4}" if len(part) == 4 else r"\d{1,2}")
