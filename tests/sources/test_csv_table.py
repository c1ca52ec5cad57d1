"""CSV tables as Excel and CRM tools write them, in German and English."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sources.formats import read, shown

from sendepause.errors import BadInput
from sendepause.model import Resolution


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
        ("Date,Time,Message", "3/29/2024,5:00 PM,a", "2024-03-29T17:00:00+01:00"),
        ("Date,Time,Message", "29/03/2024,12:05 am,a", "2024-03-29T00:05:00+01:00"),
        ("Datum;Uhrzeit;Nachricht", "31.03.2024;02:30;a", "2024-03-31T03:30:00+02:00"),
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
