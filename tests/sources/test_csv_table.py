"""CSV tables as Excel and CRM tools write them, in German and English."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.formats import read, shown

from sendepause.errors import BadInput
from sendepause.model import Resolution
from sendepause.sources import csv_portions, reader
from sendepause.sources.base import ReadContext


def one(data: str | bytes, **context: Any) -> dict[str, Any]:
    return read("csv", data, "liste.csv", **context).messages.row(0, named=True)


@pytest.mark.parametrize(
    ("header", "row", "at"),
    [
        ("Datum;Uhrzeit;Nachricht", "09.03.2024;17:00:05;a", "2024-03-09T17:00:05+01:00"),
        ("Datum;Uhrzeit;Nachricht", "09.03.24;17:00;a", "2024-03-09T17:00:00+01:00"),
        ("Datum;Uhrzeit;Nachricht", "9.3.2024;17:00 Uhr;a", "2024-03-09T17:00:00+01:00"),
        ("Zeitpunkt;Nachricht", "09.03.2024 17:00;a", "2024-03-09T17:00:00+01:00"),
        ("Zeitpunkt;Nachricht", "09.03.2024, 17:00 Uhr;a", "2024-03-09T17:00:00+01:00"),
        ("timestamp,text", "2024-03-09T16:00:00Z,a", "2024-03-09T17:00:00+01:00"),
        ("timestamp,text", "2024-03-09T11:00:00.123-05:00,a", "2024-03-09T17:00:00+01:00"),
        ("timestamp,text", "2024-03-09 17:00:00,a", "2024-03-09T17:00:00+01:00"),
        ("Timestamp (UTC),Message", "2024-03-09 16:00:00,a", "2024-03-09T17:00:00+01:00"),
        ("sent_at,body", "1710000000,a", "2024-03-09T17:00:00+01:00"),
        ("sent_at,body", "1710000000123,a", "2024-03-09T17:00:00+01:00"),
        ("sent_at,body", "1710000000.9996,a", "2024-03-09T17:00:00+01:00"),
        ("Date,Time,Message", "3/29/2024,5:00 PM,a", "2024-03-29T17:00:00+01:00"),
        ("Date,Time,Message", "29/03/2024,12:05 am,a", "2024-03-29T00:05:00+01:00"),
        ("Datum;Uhrzeit;Nachricht", "31.03.2024;02:30;a", "2024-03-31T03:30:00+02:00"),
        ("Zeitpunkt;Nachricht", "09.03.2024 um 17:00;a", "2024-03-09T17:00:00+01:00"),
        ("Zeitpunkt;Nachricht", "Sa., 09.03.2024 17:00;a", "2024-03-09T17:00:00+01:00"),
        ("Zeitpunkt;Nachricht", "9. März 2024 17:00;a", "2024-03-09T17:00:00+01:00"),
        ("created_at;text", "2024-03-09 16:00:00+00;a", "2024-03-09T17:00:00+01:00"),
        ("created_at;text", "20240309T160000Z;a", "2024-03-09T17:00:00+01:00"),
        ("created_at;text", "Sat, 09 Mar 2024 16:00:00 GMT;a", "2024-03-09T17:00:00+01:00"),
        ("created_at;text", "Mar 9, 2024 5:00 PM;a", "2024-03-09T17:00:00+01:00"),
        ("created_at;text", "Sat Mar 09 2024 17:00:00 GMT+0100 (CET);a", "2024-03-09T17:00:00+01:00"),
    ],
)
def test_a_row_s_time_is_read(header: str, row: str, at: str) -> None:
    (message,) = shown("csv", f"{header}\r\n{row}\r\n", "liste.csv")
    assert message["sent_at"] == at


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_every_encoding_and_separator_of_excel_is_read(encoding: str, separator: str) -> None:
    table = 'Datum;Uhrzeit;Empfänger;Nachricht\n09.03.2024;17:00;+491713920050;"Grüße; ""Licht"", ja"\n'
    data = table.replace("Grüße; ", "Grüße ").replace(", ja", " ja").replace(";", separator).encode(encoding)
    row = one(data)
    assert row["text"] == 'Grüße "Licht" ja'


@pytest.mark.parametrize(
    ("kind", "media", "system"),
    [
        ("text", False, False),
        ("chat", False, False),
        ("", False, False),
        ("image", True, False),
        ("Bild", True, False),
        ("Sprachnachricht", True, False),
        ("location", False, False),
        ("poll", False, False),
        ("system", False, True),
    ],
)
def test_a_type_tells_media(kind: str, media: bool, system: bool) -> None:
    row = one(f"date,time,from,type,message\n2024-03-09,17:00,491713920050,{kind},a\n")
    assert (row["media"], row["system"]) == (media, system)
    assert row["author"] == (None if system else "+491713920050")


@pytest.mark.parametrize(
    ("word", "direction"),
    [
        ("ausgehend", "out"),
        ("Outgoing", "out"),
        ("sent", "out"),
        ("eingehend", "in"),
        ("INBOUND", "in"),
        ("?", None),
    ],
)
def test_a_direction_is_read_in_both_languages(word: str, direction: str | None) -> None:
    assert one(f"date,time,direction,message\n2024-03-09,17:00,{word},a\n")["direction"] == direction


def test_without_a_direction_the_account_s_own_number_tells_it() -> None:
    table = "date,time,from,to,message\n2024-03-09,17:00,+49 30 23125117,+491713920050,a\n"
    row = one(table, account="+493023125117")
    assert (row["direction"], row["counterpart"], row["account"]) == (
        "out",
        "+491713920050",
        "+49 30 23125117",
    )


def test_an_outgoing_row_without_a_sender_is_the_owner_s() -> None:
    row = one("date,time,contact,direction,message\n2024-03-09,17:00,491713920050,out,a\n", owner="Werkstatt")
    assert (row["author"], row["counterpart"]) == ("Werkstatt", "+491713920050")


def test_a_failed_row_counts_and_an_empty_text_is_empty() -> None:
    messages = shown("csv", "date,time,to,status,message\n2024-03-09,17:00,4917139200,failed,\n", "a.csv")
    assert [message["text"] for message in messages] == [""]


def test_a_table_without_a_text_column_has_no_text() -> None:
    assert one("date,time,to\n2024-03-09,17:00,4917139200\n")["text"] is None


def test_excel_s_armour_is_taken_off_a_number() -> None:
    table = "date,time,from,message\n2024-03-09,17:00,'+491713920050,a\n"
    table += '2024-03-09,17:01,"=""+491713920050""",b\n'
    assert [message["author"] for message in shown("csv", table)] == ["+491713920050"] * 2


def test_configured_columns_count_before_the_usual_names() -> None:
    table = "date,time,message,Wortlaut\n2024-03-09,17:00,nein,ja\n"
    assert one(table, columns={"text": "wortlaut"})["text"] == "ja"
    with pytest.raises(BadInput, match="columns"):
        read("csv", table, columns={"text": "fehlt"})


def test_the_clock_that_goes_back_does_not_turn_the_table_round() -> None:
    rows = "27.10.2024;02:50;a\n27.10.2024;02:10;b\n"
    found = shown("csv", f"Datum;Uhrzeit;Nachricht\n{rows}", name="liste.csv")
    assert [message["sent_at"][-6:] for message in found] == ["+02:00", "+01:00"]


def test_a_list_with_the_newest_first_has_its_order_too() -> None:
    with pytest.raises(BadInput, match="cannot be told apart"):
        read("csv", "date,time,message\n3/4/2024,17:00,a\n2/3/2024,17:00,b\n")
    newest_first = "date,time,message\n4/2/2024,17:00,a\n4/1/2024,17:00,b\n3/12/2024,17:00,c\n"
    assert [m["sent_at"][:10] for m in shown("csv", newest_first)] == [
        "2024-04-02",
        "2024-04-01",
        "2024-03-12",
    ]


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("", None),
        ("a,b\n1,2\n", "row 1"),
        ("09.03.2024;17:00;+49171;Hallo\n", "row 1"),
        ("Datum;Uhrzeit;Nachricht\n09.03.2024;17:00;a\n31.02.2024;17:00;a\n", "row 3"),
        ("Datum;Uhrzeit;Nachricht\n09.03.2024;17:00;a\n;;b\n", "row 3"),
        ("Datum;Uhrzeit;Nachricht\n09.03.2024;25:00;a\n", "row 2"),
        ("Datum;Uhrzeit;Nachricht\n09.03.2024;17:00;a;b;c\n", "row 2"),
        ("Datum;Uhrzeit;Nachricht\n09.03.2024\n", "row 2"),
        ('Datum;Uhrzeit;Nachricht\n09.03.2024;17:00;"a\n', "line 2"),
        ('Datum;Uhrzeit;Nachricht\n09.03.2024;17:00;"a\nb"\n09.03.2024;17:00;"a"b\n', "line 4"),
        ("Datum;Uhrzeit;Nachricht\n\n\n09.03.2024;25:00;a\n", "row 4"),
        ("Datum;Uhrzeit;An;Nachricht\n09.03.2024;17:00;4,91714E+11;a\n", "row 2"),
        ("Datum;Uhrzeit;Nachricht\n09.03.2024;17:00;" + "x" * 131_073 + "\n", "row 2"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(table: str, place: str | None) -> None:
    with pytest.raises(BadInput) as refused:
        read("csv", table)
    assert refused.value.place == place


def test_a_table_with_no_rows_is_a_table() -> None:
    assert read("csv", "Datum;Uhrzeit;Nachricht\n").messages.is_empty()


def test_minutes_are_told_as_such() -> None:
    assert read("csv", "date,time,message\n2024-03-09,17:00,a\n").resolution is Resolution.MIN
    assert read("csv", "date,time,message\n2024-03-09,17:00:01,a\n").resolution is Resolution.S


def test_a_group_and_what_the_platform_says_of_a_message_have_columns() -> None:
    row = one(
        "date,time,from,group,template,category,error code,message\n"
        "2024-03-09,17:00,491713920050,Radler,order_ready,Marketing,131026,a\n"
    )
    assert (row["author"], row["counterpart"]) == ("+491713920050", "Radler")
    assert (row["template"], row["category"], row["error"]) == (True, "marketing", "131026")


def test_the_other_side_may_stand_in_one_column_for_both_directions() -> None:
    table = "date,time,contact,direction,message\n2024-03-09,17:00,491713920050,{},a\n"
    assert [one(table.format(way))["counterpart"] for way in ("in", "out")] == ["+491713920050"] * 2


def test_a_sheet_s_number_with_a_decimal_point_is_a_number() -> None:
    assert (
        one("date,time,to,direction\n2024-03-09,17:00,491713920050.0,out\n")["counterpart"] == "+491713920050"
    )


@given(
    st.lists(
        st.lists(st.sampled_from(["a", '"', '""', ";", "\n", "\r\n", "ü", " "]), max_size=6).map("".join),
        max_size=5,
    ),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_quoting_is_read_as_the_csv_module_reads_it(texts: list[str], quoted: bool) -> None:
    """Written by the csv module, or as it comes; in blocks as small as a row."""
    target = io.StringIO(newline="")
    if quoted:
        csv.writer(target, delimiter=";").writerows(["9.3.2024 17:00", text] for text in texts)
    else:
        target.writelines(f"9.3.2024 17:00;{text}\n" for text in texts)
    data = "zeitpunkt;text\n" + target.getvalue()
    try:
        rows = [row for row in csv.reader(io.StringIO(data, newline=""), delimiter=";", strict=True) if row][
            1:
        ]
        damaged = any(len(row) > 2 and any(map(str.strip, row[2:])) for row in rows)
    except csv.Error:
        damaged = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_portions, "BLOCK", 8)
        if damaged or any(not row[0].startswith("9.3.") and any(map(str.strip, row)) for row in rows):
            with pytest.raises(BadInput):
                read("csv", data)
            return
        wanted = [row[1].replace("\r\n", "\n") for row in rows if row[0].startswith("9.3.")]
        assert read("csv", data).messages["text"].to_list() == wanted


def test_the_hour_that_comes_twice_is_told_over_many_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last Sunday of October: 02:00 to 03:00 twice, in portions of one row."""
    clocks = ["01:59", "02:10", "02:50", "02:05", "02:55", "03:01"]
    table = "Datum;Uhrzeit;Nachricht\n" + "".join(f"27.10.2024;{clock};a\n" for clock in clocks)
    oldest_first = [m["sent_at"][11:] for m in shown("csv", table)]
    assert [at[8:] for at in oldest_first] == ["+02:00"] * 3 + ["+01:00"] * 3
    monkeypatch.setattr(csv_portions, "_ROWS", 1)
    assert [m["sent_at"][11:] for m in shown("csv", table)] == oldest_first
    head, *rows = table.splitlines(keepends=True)
    assert [m["sent_at"][11:] for m in shown("csv", head + "".join(reversed(rows)))] == oldest_first[::-1]


def test_a_large_table_comes_in_portions_of_a_bounded_size() -> None:
    table = "date,time,message\n" + "2024-03-09,17:00,a\n" * 120_000
    portions = list(reader("csv")(io.BytesIO(table.encode()), "a.csv", ReadContext()))
    assert sum(len(portion.messages) for portion in portions) == 120_000
    assert max(len(portion.messages) for portion in portions) <= 50_000
