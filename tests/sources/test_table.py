"""Tables of any format, by a configured mapping."""

from __future__ import annotations

import csv
import io
import json
import struct
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.formats import read, shown

from sendepause.errors import BadInput
from sendepause.settings import COLUMN_ROLES
from sendepause.sources import table_footer
from sendepause.sources.csv_words import ROLES

AT = "2024-03-09T17:00:05+01:00"
MAPPING = {"sent_at": "wann", "from": "wer", "to": "wem", "text": "was", "id": "nr", "own": "eigen"}


def parquet(frame: pl.DataFrame, **options: Any) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target, **options)
    return target.getvalue()


def as_json_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def as_csv(rows: list[dict[str, Any]], names: list[str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


FORMS = [as_json_lines, lambda rows: parquet(pl.DataFrame(rows)), lambda rows: as_csv(rows, list(rows[0]))]
ROW = {
    "wann": "2024-03-09 17:00:05",
    "wer": "493023125117",
    "wem": "491713920050",
    "was": "Rad",
    "nr": "7",
    "eigen": "ja",
}


@pytest.mark.parametrize(
    "data",
    [
        as_csv([ROW], list(ROW)),
        as_csv([ROW], list(ROW)).encode("utf-16"),
        as_json_lines([ROW]),
        "\ufeff" + as_json_lines([ROW]),
        json.dumps([ROW], indent=2),
        parquet(pl.DataFrame([ROW])),
    ],
    ids=["csv", "utf-16", "lines", "lines with a mark", "array", "parquet"],
)
def test_the_format_is_told_by_the_content(data: str | bytes) -> None:
    row = read("table", data, columns=MAPPING).messages.row(0, named=True)
    assert row["sent_at"] == datetime.fromisoformat(AT)
    assert (row["author"], row["counterpart"], row["direction"]) == ("+493023125117", "+491713920050", "out")
    assert (row["text"], row["message_id"]) == ("Rad", "7")


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n";,'), max_size=20)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 40_000_000),
        st.sampled_from(["+493023125117", "491713920050", "491713920051@s.whatsapp.net", "Ida Krug"]),
        TEXTS,
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(ROWS, st.booleans())
@settings(max_examples=20, deadline=None)
def test_one_table_reads_to_the_same_messages_in_every_format(
    rows: list[tuple[int, str, str, bool]], aware: bool
) -> None:
    """Also over the hour that the clock skips, and the one that comes twice."""
    start = datetime(2024, 3, 1, tzinfo=UTC if aware else None)
    made = [
        {"wann": start + timedelta(seconds=at), "wer": who, "was": text, "eigen": own, "nr": number}
        for number, (at, who, text, own) in enumerate(rows)
    ]
    spelled = [{**row, "wann": str(row["wann"])} for row in made]
    mapping = {role: name for role, name in MAPPING.items() if name != "wem"}
    frame = pl.DataFrame(made, schema_overrides={"wann": pl.Datetime("us", "UTC" if aware else None)})
    found = [
        read("table", data, columns=mapping).messages
        for data in (
            as_csv(spelled, list(made[0])),
            as_json_lines(spelled),
            json.dumps(spelled),
            parquet(frame),
        )
    ]
    assert len(found[0]) == len(rows)
    assert all(one.equals(found[0]) for one in found)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (datetime.fromisoformat("2024-03-09T17:00:05.999"), AT),
        (datetime(2024, 3, 9, 16, 0, 5, tzinfo=UTC), AT),
        (1710000005, AT),
        (1710000005.0, AT),
        (1710000005123, AT),
        (Decimal("1710000005"), AT),
        ("2024-03-09T16:00:05Z", AT),
        ("1710000005", AT),
    ],
)
def test_a_moment_of_every_type_is_read(value: object, at: str) -> None:
    data = parquet(pl.DataFrame({"wann": [value], "was": ["a"]}))
    (message,) = shown("table", data, columns={"sent_at": "wann", "text": "was"})
    assert message["sent_at"] == at
    if isinstance(value, (int, float, str)):
        line = json.dumps({"wann": value, "was": "a"})
        assert shown("table", line, columns={"sent_at": "wann", "text": "was"}) == [message]


def test_a_day_and_a_time_of_their_own_types_are_one_moment() -> None:
    frame = pl.DataFrame({"tag": [date(2024, 3, 9)], "zeit": [time(17, 0, 5)], "was": ["a"]})
    (message,) = shown("table", parquet(frame), columns={"date": "tag", "time": "zeit", "text": "was"})
    assert message["sent_at"] == AT


@pytest.mark.parametrize(
    ("values", "shown_as"),
    [
        ([491713920050], "+491713920050"),
        ([491713920050.0], "+491713920050"),
        ([Decimal("491713920050.00")], "+491713920050"),
        (["+491713920050"], "+491713920050"),
    ],
)
def test_a_number_of_every_type_is_one_person(values: list[Any], shown_as: str) -> None:
    frame = pl.DataFrame({"at": [1710000005], "to": values, "eigen": [True]})
    mapping = {"sent_at": "at", "to": "to", "own": "eigen"}
    row = read("table", parquet(frame), columns=mapping).messages.row(0, named=True)
    assert (row["counterpart"], row["direction"]) == (shown_as, "out")


def test_a_path_with_dots_leads_into_objects() -> None:
    rows = [{"at": 1710000005, "who": {"phone": "491713920050"}, "body": {"text": "Rad"}}, {"at": 1710000006}]
    mapping = {"sent_at": "at", "from": "who.phone", "text": "body.text"}
    found = shown("table", as_json_lines(rows), columns=mapping)
    assert [(m["author"], m["text"]) for m in found] == [("+491713920050", "Rad"), ("", "")]


def test_without_a_mapping_the_usual_names_count() -> None:
    rows = [{"timestamp": 1710000005, "from": "491713920050", "message": "Rad", "other": 1}]
    for data in (as_json_lines(rows), parquet(pl.DataFrame(rows))):
        (message,) = shown("table", data)
        assert (message["author"], message["text"]) == ("+491713920050", "Rad")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("columns", "place", "says"),
    [
        ({"sent_at": "at", "text": "body"}, "column text", "text is to come from body"),
        ({"sent_at": "at", "inhalt": "was"}, "column inhalt", "no role"),
        ({"text": "was"}, "columns", "as in `sent_at: at`"),
        ({"sent_at": "at"}, "columns", "as in `to: at`"),
        (None, "columns", "to tell"),
    ],
)
def test_a_mapping_that_does_not_fit_says_which_columns_exist(
    form: Any, columns: dict[str, str] | None, place: str, says: str
) -> None:
    data = form([{"at": 1710000005, "was": "geheim", "Kunde 491713920050": "x"}])
    with pytest.raises(BadInput) as refused:
        read("table", data, columns=columns)
    told = str(refused.value)
    assert (refused.value.place, says in told) == (place, True)
    assert "sources.yaml" in told and ("was" in told or "inhalt" in told)
    assert "geheim" not in told and "1713920050" not in told


def test_of_very_many_columns_thirty_are_named() -> None:
    row = {"at": 1710000005} | {f"c{n}\n{'x' * 200}": 1 for n in range(300)}
    with pytest.raises(BadInput) as refused:
        read("table", as_json_lines([row]), columns={"sent_at": "wann"})
    assert "and 271 more" in str(refused.value)
    assert len(str(refused.value)) < 3_000 and "\n" not in str(refused.value)


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2]])
def test_a_column_of_objects_is_refused(value: object) -> None:
    rows = [{"at": 1710000005, "was": value}]
    for data in (as_json_lines(rows), parquet(pl.DataFrame(rows, strict=False))):
        with pytest.raises(BadInput, match="plain values"):
            read("table", data, columns={"sent_at": "at", "text": "was"})


@pytest.mark.parametrize("form", FORMS)
def test_a_value_longer_than_any_message_is_refused_with_its_row(form: Any) -> None:
    rows = [{"at": 1710000005, "was": "a"}, {"at": 1710000006, "was": "x" * 131_073}]
    with pytest.raises(BadInput, match="longer") as refused:
        read("table", form(rows), columns={"sent_at": "at", "text": "was"})
    assert str(refused.value.place).startswith("row ")


def test_a_row_without_a_time_is_refused_with_its_place() -> None:
    for data in (
        as_json_lines([ROW, ROW | {"wann": "morgen"}]),
        parquet(pl.DataFrame([ROW, ROW | {"wann": "morgen"}])),
    ):
        with pytest.raises(BadInput) as refused:
            read("table", data, columns=MAPPING)
        assert refused.value.place == "row 2"


# Parquet, which is not to be trusted


TABLE = parquet(pl.DataFrame({"at": range(1710000005, 1710005005), "was": [f"Rad {n}" for n in range(5000)]}))
COLUMNS = {"sent_at": "at", "text": "was"}


@given(st.integers(4, len(TABLE) - 1), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_a_flipped_byte_is_read_or_refused(place: int, flip: int) -> None:
    data = bytearray(TABLE)
    data[place] ^= flip
    try:
        read("table", bytes(data), columns=COLUMNS)
    except BadInput as refused:
        assert refused.what


@pytest.mark.parametrize("cut", [8, 100, -1, -9])
def test_a_parquet_file_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(BadInput, match="Parquet"):
        read("table", TABLE[:cut], columns=COLUMNS)


def test_a_footer_that_lies_about_its_size_is_refused() -> None:
    with pytest.raises(BadInput, match="damaged"):
        read("table", TABLE[:-8] + struct.pack("<I", 2**32 - 1) + b"PAR1", columns=COLUMNS)


def test_a_column_that_unpacks_to_absurd_sizes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = parquet(
        pl.DataFrame({"at": [1710000005] * 40, "was": ["x" * 1_000_000 + str(n) for n in range(40)]})
    )
    assert len(bomb) < 1_000_000
    with pytest.raises(BadInput, match="unpacks to more"):
        read("table", bomb, columns=COLUMNS)


def test_a_text_that_stands_in_the_file_once_and_in_every_row_costs_no_memory_for_each() -> None:
    data = parquet(pl.DataFrame({"at": [1710000005] * 3000, "was": ["x" * 60_000] * 3000}))
    assert len(data) < 1_000_000
    assert len(read("table", data, columns=COLUMNS).messages) == 3000


def test_a_row_group_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_footer, "_MOST_ROWS", 4999)
    with pytest.raises(BadInput, match="row group"):
        read("table", TABLE, columns=COLUMNS)


@pytest.mark.parametrize("form", FORMS[:2])
def test_only_the_mapped_columns_are_looked_at(form: Any) -> None:
    """Also where others are called as columns usually are."""
    row = {"at": 1710000005, "was": "a", "contact": {"deep": [1, 2]}, "id": 7, "type": "reaction"}
    (message,) = read("table", form([row]), columns=COLUMNS).messages.to_dicts()
    assert (message["text"], message["message_id"]) == ("a", None)


@pytest.mark.parametrize("form", FORMS)
def test_a_mapping_names_a_column_as_it_is_written_else_without_case_spaces_and_marks(form: Any) -> None:
    rows = [{"AT": 1, "at": 1710000005, "Wort-Laut": "a"}]
    (message,) = shown("table", form(rows), columns={"sent_at": "at", "text": "wortlaut"})
    assert (message["sent_at"], message["text"]) == (AT, "a")


def test_the_configuration_knows_the_roles_that_the_readers_know() -> None:
    assert tuple(ROLES) == COLUMN_ROLES
