"""Day and month, the form that was found, and the hours that a clock skips or tells twice."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.sources.formats import read, shown

from sendepause.errors import BadInput
from sendepause.locales import date_order
from sendepause.settings import SourceSettings
from sendepause.sources.header import Format


def _chat(*dates: str, clock: str = "09:15") -> str:
    return "".join(f"{day}, {clock} - Ida: x\n" for day in dates)


@pytest.mark.parametrize(
    ("locale", "order"),
    [
        ("en_US", "month"),
        ("en-US", "month"),
        ("en", "month"),
        ("en_GB", "day"),
        ("de", "day"),
        ("pt_BR", "day"),
        ("sv_SE", "year"),
        ("ja", "year"),
        ("zh_Hant_TW", "year"),
        ("fil", "month"),
    ],
)
def test_a_locale_has_an_order(locale: str, order: str) -> None:
    assert date_order(locale) == order


@pytest.mark.parametrize(
    "locale", ["", "xx", "english", "en_US.UTF-8.x", "../de", "e" * 5_000, "de_DE; drop"]
)
def test_an_unknown_locale_is_refused_with_an_example(locale: str) -> None:
    with pytest.raises(ValueError, match="like en_US"):
        date_order(locale)
    with pytest.raises(ValidationError, match="like en_US"):
        SourceSettings.model_validate(
            {"id": "a", "kind": "chat_export", "location": "/data", "locale": locale or "?"}
        )


@pytest.mark.parametrize(
    ("locale", "first"), [("en_US", "2024-03-04"), ("en_GB", "2024-04-03"), ("de_DE", "2024-04-03")]
)
def test_the_locale_settles_what_the_file_leaves_open(locale: str, first: str) -> None:
    reading = read("chat_export", _chat("03/04/2024", "03/05/2024"), locale=locale)
    assert str(reading.messages["sent_at"][0]).startswith(first)
    assert not any("locale" in note for note in reading.notes)


def test_a_two_digit_year_comes_first_where_the_locale_says_so() -> None:
    assert shown("chat_export", _chat("11-12-10"), locale="sv_SE")[0]["sent_at"].startswith("2011-12-10")
    with pytest.raises(BadInput, match="cannot be told apart"):
        read("chat_export", _chat("11/12/2010"), locale="sv_SE")


@pytest.mark.parametrize(
    ("dates", "locale", "first"),
    [
        (["3/4/24", "25/4/24"], "en_US", "2024-04-03"),
        (["3/4/24", "3/25/24"], "de_DE", "2024-03-04"),
        (["3/12/24", "4/1/24"], "en_GB", "2024-03-12"),
        (["03.04.24"], "en_US", "2024-04-03"),
        (["2024-04-03"], "en_US", "2024-04-03"),
    ],
)
def test_the_file_counts_where_it_contradicts_the_locale(dates: list[str], locale: str, first: str) -> None:
    reading = read("chat_export", _chat(*dates), locale=locale)
    assert str(reading.messages["sent_at"][0]).startswith(first)
    assert any("the file counts" in note and locale in note for note in reading.notes)


def test_a_locale_that_agrees_is_not_worth_a_note() -> None:
    reading = read("chat_export", _chat("3/4/24", "3/25/24"), locale="en_US")
    assert not any("locale" in note for note in reading.notes)


def test_without_a_locale_both_readings_and_an_example_are_shown() -> None:
    with pytest.raises(BadInput) as refused:
        read("chat_export", _chat("03/04/2024"))
    assert "fits 3 April 2024 and 4 March 2024" in refused.value.what
    assert "en_US" in refused.value.mend and "en_GB" in refused.value.mend


def test_an_unknown_locale_of_the_command_line_is_refused() -> None:
    with pytest.raises(BadInput, match="like en_US"):
        read("chat_export", _chat("03/04/2024"), locale="Klingon")


def test_a_pasted_line_of_another_order_decides_nothing() -> None:
    text = "3/12/24, 09:15 - Ida: sieh\n25/12/23, 10:00 - X: y\n" + _chat("3/13/24", "3/14/24")
    messages = shown("chat_export", text)
    assert [message["sent_at"][:10] for message in messages] == ["2024-03-12", "2024-03-13", "2024-03-14"]
    assert messages[0]["text"] == "sieh\n25/12/23, 10:00 - X: y"


@pytest.mark.parametrize("dates", [["30/5/2566"], ["30/5/66"], ["30.05.1445"], ["2566-05-30"]])
def test_years_without_whatsapp_are_another_calendar_s(dates: list[str]) -> None:
    with pytest.raises(BadInput, match="no year"):
        read("chat_export", _chat(*dates))


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("30.05.23, 18:44 - ", "Android, day.month.year, 24 hours, minutes"),
        ("[5/30/23, 6:44:05\u202fPM] ", "iPhone, [month/day/year], 12 hours, seconds"),
        ("2023-05-30 18:44 - ", "Android, year-month-day, 24 hours, minutes"),
        ("2023/05/30 午後6:44 - ", "Android, year/month/day, 12 hours, minutes"),
        ("13. 6. 2018. 21:25:15 ", "older iPhone, day. month. year, 24 hours, seconds"),
        ("30/3/14, 13:59:59: ", "older iPhone, day/month/year, 24 hours, seconds"),
        ("2016-06-27, 8:04:08 AM: ", "older iPhone, year-month-day, 12 hours, seconds"),
        ("[06:44:05 CH, 30/5/2023] ", "iPhone, [time, day/month/year], 12 hours, seconds"),
    ],
)
def test_the_form_is_said_in_words(header: str, form: str) -> None:
    assert read("chat_export", f"{header}Ida: x\n").form == form


@pytest.mark.parametrize(
    "header",
    ["30.05.23, 6:44 xyz - ", "[30.05.23, 6:44:05 xyz] ", "30.05.23, xyz 6:44 - ", "30/5/23, 12:44 xyz - "],
)
def test_an_unknown_word_beside_the_time_is_refused(header: str) -> None:
    with pytest.raises(BadInput, match="word that is not known"):
        read("chat_export", f"{header}Ida: x\n")


@pytest.mark.parametrize(
    "header",
    ["30.05.23, 18:44 xyz - ", "30.05.23 um 6:44 Uhr - ", "30.5.2023 klo 6.44 - ", "30/05/23 at 06:44 - "],
)
def test_a_word_that_is_no_time_of_day_stays_one(header: str) -> None:
    assert Format.of(f"{header}Ida: x") is not None
    assert len(shown("chat_export", f"{header}Ida: x\n")) == 1


NOVEMBER = "America/New_York"


@pytest.mark.parametrize(
    ("zone", "day", "clocks", "offsets"),
    [
        ("Europe/Berlin", "27.10.24", ["01:59", "02:30", "02:10", "02:40", "03:00"], "+2 +2 +1 +1 +1"),
        ("Europe/Berlin", "27.10.24", ["02:30", "02:45", "03:00"], "+2 +2 +1"),
        ("Europe/Berlin", "27.10.24", ["01:00", "02:30", "02:30", "02:31"], "+2 +2 +2 +2"),
        ("Europe/Berlin", "31.03.24", ["01:59", "02:30", "03:00"], "+1 +2 +2"),
        (NOVEMBER, "03.11.24", ["00:59", "01:50", "01:10", "02:00"], "-4 -4 -5 -5"),
        ("Australia/Lord_Howe", "07.04.24", ["01:20", "01:50", "01:35", "02:00"], "+11 +11 +10:30 +10:30"),
    ],
)
def test_an_hour_that_comes_twice_is_told_by_the_order(
    zone: str, day: str, clocks: list[str], offsets: str
) -> None:
    text = "".join(f"{day}, {clock} - Ida: x\n" for clock in clocks)
    messages = shown("chat_export", text, time_zone=zone)
    assert [_short(message["sent_at"][19:]) for message in messages] == offsets.split()


def _short(offset: str) -> str:
    return offset.replace(":00", "").replace("+0", "+").replace("-0", "-")


def test_the_hour_that_a_zone_skips_takes_the_offset_before_the_jump() -> None:
    (message,) = read("chat_export", "31.03.24, 02:30 - Ida: x\n").messages["sent_at"].to_list()
    assert message.isoformat() == "2024-03-31T01:30:00+00:00"


@pytest.mark.parametrize("typed", ["30.02.24", "45.03.24", "31.04.24", "14.02.20"])
@pytest.mark.parametrize("last", ["13.03.24", "15.03.25"])
def test_one_odd_date_puts_no_year_first(typed: str, last: str) -> None:
    read_so = shown("chat_export", _chat("13.03.24", typed, last))
    assert read_so[0]["sent_at"].startswith("2024-03-13")
