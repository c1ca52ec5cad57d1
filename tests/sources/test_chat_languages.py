"""Every language that WhatsApp speaks, as its phones write date and time: Unicode CLDR says how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle

import pytest
from babel import Locale
from babel.dates import format_date, format_time, parse_pattern
from tests.sources.formats import read

LANGUAGES = [
    *("af", "am", "ar", "ar_EG", "az", "bg", "bn", "ca", "cs", "da", "de", "de_AT", "de_CH", "el", "en_CA"),
    *("en_GB", "en_IN", "en_US", "en_ZA", "es", "es_AR", "es_CO", "es_MX", "es_US", "et", "fa", "fi", "fil"),
    *("fr", "fr_CA", "fr_CH", "ga", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "ka", "kk", "kn", "ko"),
    *("ky", "lo", "lt", "lv", "mk", "ml", "mr", "ms", "nb", "nl", "pa", "pl", "pt_BR", "pt_PT", "ro", "ru"),
    *("rw", "sk", "sl", "sq", "sr", "sr_Latn", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi"),
    *("zh_Hans_CN", "zh_Hant_HK", "zh_Hant_TW", "zu"),
]
DIGITS = {"ar_EG": 0x660, "fa": 0x6F0, "bn": 0x9E6, "mr": 0x966}
# The hours at which words for parts of the day change, and a day above the twelfth.
MOMENTS = [
    datetime(2023, month, day, hour, minute, 7, tzinfo=UTC)
    for month, day, hour, minute in (
        *((4, 3, 0, 5), (4, 3, 1, 0), (5, 30, 5, 4), (6, 1, 7, 59), (9, 10, 9, 15), (10, 10, 11, 59)),
        *((10, 11, 12, 0), (10, 11, 13, 0), (10, 11, 15, 0), (10, 11, 17, 0), (11, 11, 18, 10)),
        *((11, 12, 19, 10), (11, 12, 21, 10), (11, 12, 22, 10), (12, 13, 23, 59)),
    )
]


HEADERS = ("{0}, {1} - ", "[{0}, {1}] ", "{0} {1} - ", "\u200e[{0} {1}] ")


def _dates(locale: Locale) -> list[str]:
    pattern = locale.date_formats["short"].pattern
    short = "yy" in pattern and "yyyy" not in pattern
    return [pattern, re.sub("y+", "y" if short else "yy", pattern)]


def _times(locale: Locale) -> Iterator[tuple[str, bool]]:
    """Patterns of 24 hours, 12 hours and parts of the day, and whether they have seconds."""
    for skeleton in ("Hm", "hm", "Bhm", "Hms", "hms", "Bhms"):
        pattern = locale.datetime_skeletons[skeleton].pattern if skeleton in locale.datetime_skeletons else ""
        # Left out: what no phone writes into an export (units in words, two day periods, none at all).
        told = skeleton[0] == "H" or re.search("[aB]", pattern)
        if pattern and told and not re.search("[시분]|B[Hh].*a", pattern):
            yield pattern, skeleton.endswith("s")


@pytest.mark.parametrize("code", LANGUAGES)
def test_date_and_time_are_read_as_the_language_writes_them(code: str) -> None:
    locale = Locale.parse(code)
    script = {ord("0") + number: chr(DIGITS[code] + number) for number in range(10)} if code in DIGITS else {}
    ways = list(zip(cycle(_dates(locale)), cycle(HEADERS), _times(locale), strict=False))
    assert len(ways) >= 2
    for date, header, (time, fine) in ways:
        stamps = [
            header.format(
                format_date(moment, parse_pattern(date), locale),
                format_time(moment, parse_pattern(time), locale=locale),
            ).translate(script)
            for moment in MOMENTS
        ]
        read_back = read("chat_export", "".join(f"{stamp}Ida: x\n" for stamp in stamps), time_zone="UTC")
        expected = [moment if fine else moment.replace(second=0) for moment in MOMENTS]
        assert read_back.messages["sent_at"].to_list() == expected, stamps[0]
