"""What reading promises: again is safe, order does not matter, one broken thing stops no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.ingest.conftest import (
    ANNA,
    AS_OF,
    BERLIN,
    EXPORTS,
    KEY,
    LISBON,
    TABLES,
    WEBHOOKS,
    House,
    anna,
    chat,
    company,
    own,
)

from sendepause import storage
from sendepause.errors import BadInput
from sendepause.keys import Pseudonymiser
from sendepause.sources import file_reading, files
from sendepause.sources.base import Reading
from sendepause.sources.conversion import Conversion
from sendepause.store import queries

CHAT = f"exports/{BERLIN}/WhatsApp Chat mit Anna Beispiel.txt"
TALK = (
    anna("02.11.19, 12:30", "Ist mein Rad fertig?"),
    own("02.11.19, 12:31", "Ja, ab 15 Uhr"),
    own("03.11.19, 09:00", "Guten Morgen"),
)


def test_a_chat_becomes_events_and_day_rows(house: House) -> None:
    house.export(CHAT, *TALK)
    done = house.read(company(EXPORTS))
    assert (done.files_read, done.messages, done.events_new, done.day_rows) == (1, 3, 3, 2)
    assert done.accounts == {BERLIN}
    found = house.events()
    assert found["direction"].to_list() == ["in", "out", "out"]
    assert found["sent_at"][0] == datetime(2019, 11, 2, 11, 30, tzinfo=UTC)  # Berlin's wall clock
    assert found["resolution"].unique().to_list() == ["min"]
    assert found["counterpart"].n_unique() == 1
    assert house.activity()["sends"].to_list() == [1, 1]


def test_a_second_run_opens_nothing_and_changes_nothing(house: House) -> None:
    house.export(CHAT, *TALK)
    house.read(company(EXPORTS))
    before = {path: path.stat().st_mtime_ns for path in house.data.rglob("*.parquet")}
    done = house.read(company(EXPORTS))
    assert (done.files_read, done.files_unchanged, done.events_new, done.day_rows) == (0, 1, 0, 0)
    assert done.changed == set()
    assert {path: path.stat().st_mtime_ns for path in house.data.rglob("*.parquet")} == before


def test_a_touched_file_with_the_same_content_is_not_read(house: House) -> None:
    path = house.export(CHAT, *TALK)
    house.read(company(EXPORTS))
    os.utime(path, (1_500_000_000, 1_500_000_000))
    assert house.read(company(EXPORTS)).files_read == 0


def test_overlapping_exports_do_not_double(house: House) -> None:
    house.export(CHAT, *TALK[:2])
    house.read(company(EXPORTS))
    house.export(CHAT.replace(".txt", " (1).txt"), *TALK)
    assert house.read(company(EXPORTS)).events_new == 1
    assert len(house.events()) == 3


def test_true_repeats_survive(house: House) -> None:
    repeated = [own("02.11.19, 12:31", "Hallo")] * 3
    house.export(CHAT, TALK[0], *repeated)
    house.export(CHAT.replace(".txt", " (1).txt"), TALK[0], *repeated)
    house.read(company(EXPORTS))
    assert len(house.events()) == 4


def test_one_text_to_two_chats_is_two_events(house: House) -> None:
    for name in ("Anna Beispiel", "Emil Muster"):
        path = f"exports/{BERLIN}/WhatsApp Chat mit {name}.txt"
        house.export(path, ("02.11.19, 12:30", name, "Hallo"), own("02.11.19, 12:31", "Aktion!"))
    house.read(company(EXPORTS))
    sent = house.events().filter(direction="out")
    assert (sent["counterpart"].n_unique(), sent["content"].n_unique()) == (2, 1)


def test_an_unpacked_export_has_its_chat_in_the_folders_name(house: House) -> None:
    for name in ("Anna Beispiel", "Emil Muster"):
        path = f"exports/{BERLIN}/WhatsApp Chat - {name}/_chat.txt"
        house.export(path, own("02.11.19, 12:31", "Aktion!"))
    house.read(company(EXPORTS))
    assert house.events()["counterpart"].n_unique() == 2


LONG = [
    (anna if number % 3 == 0 else own)(f"{2 + number // 4:02d}.11.19, 12:{number // 2:02d}", "Hallo")
    for number in range(12)
]


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each example is a dozen runs: no time for shrinking
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    spans=st.lists(st.tuples(st.integers(0, 9), st.integers(2, 12)), min_size=2, max_size=3),
    data=st.data(),
)
def test_the_order_of_files_changes_nothing(
    build: Callable[[], House], spans: list[tuple[int, int]], data: st.DataObject
) -> None:
    parts = [(f"{number}.txt", LONG[first : first + length]) for number, (first, length) in enumerate(spans)]
    source = EXPORTS.model_copy(update={"account": BERLIN})
    one, other = build(), build()
    for house, order in ((one, parts), (other, data.draw(st.permutations(parts)))):
        for name, lines in order:
            house.export(f"exports/{name}/WhatsApp Chat mit Anna Beispiel.txt", *lines)
            house.read(company(source))
    assert_frame_equal(one.events(), other.events())
    assert_frame_equal(one.activity(), other.activity())


def test_a_changed_file_is_read_again(house: House) -> None:
    house.export(CHAT, *TALK[:2])
    house.read(company(EXPORTS))
    house.export(CHAT, *TALK)
    done = house.read(company(EXPORTS))
    assert (done.files_read, done.events_new) == (1, 1)
    assert {day for day, _ in done.changed} == {date(2019, 11, 3)}


def test_a_broken_file_is_noted_and_stops_no_other(house: House) -> None:
    house.put(f"exports/{BERLIN}/broken.txt", "Wir treffen uns bei Anna Beispiel\n")
    house.put(f"exports/{BERLIN}/cut off.zip", b"PK\x03\x04 and no more")
    house.export(CHAT, *TALK)
    done = house.read(company(EXPORTS))
    assert (done.files_read, done.files_broken) == (1, 2)
    broken = [file for file in house.files("phones").values() if file.broken]
    assert len(broken) == 2
    for file in broken:
        assert file.path.startswith(f"{BERLIN}/chat-")
        assert len(file.hash) == 64
        assert file.reason
        assert "Anna" not in file.reason
    assert house.health("phones").ok
    assert house.read(company(EXPORTS)).files_broken == 0


def test_a_mended_file_is_read_and_a_removed_one_is_forgotten(house: House) -> None:
    mended = house.put(f"exports/{BERLIN}/a.txt", "nothing\n")
    removed = house.put(f"exports/{BERLIN}/b.txt", "nothing\n")
    house.read(company(EXPORTS))
    mended.write_text(chat(TALK))
    removed.unlink()
    assert house.read(company(EXPORTS)).files_read == 1
    assert not any(file.broken for file in house.files("phones").values())


def test_a_reader_that_fails_unexpectedly_breaks_one_file_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.export(CHAT, *TALK)
    house.export(
        f"exports/{LISBON}/WhatsApp Chat mit Emil Muster.txt",
        ("02.11.19, 12:31", "Loja de Bicicletas", "Sim"),
    )
    real = Conversion.add

    def fail(self: Conversion, reading: Reading) -> None:
        if self._place.account == BERLIN:
            raise ValueError(f"what Anna wrote from {ANNA}")
        real(self, reading)

    monkeypatch.setattr(Conversion, "add", fail)
    done = house.read(company(EXPORTS))
    assert (done.files_broken, done.accounts) == (1, {LISBON})
    (broken,) = [file for file in house.files("phones").values() if file.broken]
    assert broken.reason is not None
    assert ANNA not in broken.reason


def test_a_missing_folder_makes_its_source_ill_and_no_other(house: House) -> None:
    house.export(CHAT, *TALK)
    done = house.read(company(WEBHOOKS, EXPORTS))
    assert (done.sources_ill, done.files_read) == (1, 1)
    assert not house.health("platform").ok
    assert "location" in house.health("platform").detail
    assert house.health("phones").ok


def test_an_object_store_out_of_reach_makes_its_source_ill_and_no_other(house: House) -> None:
    house.export(CHAT, *TALK)
    far = TABLES.model_copy(update={"location": "nowhere://bucket/tables"})
    done = house.read(company(far, EXPORTS))
    assert (done.sources_ill, done.files_read) == (1, 1)
    assert not house.health("tool").ok


def test_a_file_that_is_still_written_is_left_for_the_next_run(house: House) -> None:
    path = house.export(CHAT, *TALK)
    house.put(f"{CHAT}.part", "half")
    seconds = AS_OF.timestamp()
    os.utime(path, (seconds, seconds))
    fresh = house.read(company(EXPORTS), now=lambda: AS_OF + timedelta(seconds=1))
    assert (fresh.files_read, fresh.files_unfinished) == (0, 2)
    later = house.read(company(EXPORTS), now=lambda: AS_OF + timedelta(seconds=3))
    assert later.files_read == 1


def test_names_of_unfinished_uploads_are_left(house: House) -> None:
    for ending in files.UNFINISHED:
        house.put(f"tables/list.csv{ending}", "half a li")
    assert house.read(company(TABLES)).files_unfinished == len(files.UNFINISHED)
    assert house.files("tool") == {}


def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.export(CHAT, *TALK[:2])
    real = storage.sha256

    def and_then_it_grows(path: Path) -> str:
        found = real(path)
        path.write_text(chat(TALK))
        return found

    monkeypatch.setattr(storage, "sha256", and_then_it_grows)
    assert house.read(company(EXPORTS)).files_unfinished == 1
    assert house.files("phones") == {}
    monkeypatch.undo()
    assert house.read(company(EXPORTS)).events_new == 3


def test_a_file_that_is_taken_away_meanwhile_stops_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.export(CHAT, *TALK)
    away = house.put(f"exports/{BERLIN}/WhatsApp Chat mit Emil Muster.txt", chat(TALK))
    real = storage.sha256

    def and_away_it_goes(path: Path) -> str:
        away.unlink(missing_ok=True)
        return real(path)

    monkeypatch.setattr(storage, "sha256", and_away_it_goes)
    done = house.read(company(EXPORTS))
    assert (done.files_read, done.files_unfinished, done.sources_ill) == (1, 1, 0)


def test_a_file_that_may_not_be_read_is_tried_again_each_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.export(CHAT, *TALK)

    def refuse(path: Path) -> str:
        raise PermissionError(str(path))

    monkeypatch.setattr(storage, "sha256", refuse)  # root may read everything
    assert [house.read(company(EXPORTS)).files_broken for _ in range(2)] == [1, 0]
    assert "may not be read" in (house.file("phones").reason or "")
    monkeypatch.undo()
    assert house.read(company(EXPORTS)).files_read == 1


def test_a_file_above_the_limit_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reading, "MAX_BYTES", 100)
    house.export(CHAT, *TALK)
    assert house.read(company(EXPORTS)).files_broken == 1
    assert "larger than" in (house.file("phones").reason or "")


def test_a_run_that_dies_before_it_notes_the_file_loses_and_doubles_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.export(CHAT, *TALK)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(queries, "note_file", die)
    with pytest.raises(KeyboardInterrupt):
        house.read(company(EXPORTS))
    monkeypatch.undo()
    assert house.activity().is_empty()
    done = house.read(company(EXPORTS))
    assert (done.events_new, done.day_rows) == (0, 2)
    assert len(house.events()) == 3


def test_another_key_is_refused_before_anything_is_read(house: House) -> None:
    house.read(company())
    house.export(CHAT, *TALK)
    house.keys = Pseudonymiser(KEY[::-1])
    with pytest.raises(BadInput, match="Restore the former key"):
        house.read(company(EXPORTS))
    assert house.events().is_empty()


def test_events_too_old_to_be_kept_are_not_taken_in(house: House) -> None:
    house.export(CHAT, own("02.08.19, 12:31", "Sommerfest"), *TALK)
    house.read(company(EXPORTS, keep_events_days=35))
    assert len(house.events()) == 3
    assert house.file("phones").messages == 4


def test_of_two_sources_the_first_in_the_configuration_counts(house: House) -> None:
    phones = EXPORTS.model_copy(update={"account": BERLIN})
    spare = EXPORTS.model_copy(update={"id": "spare", "account": BERLIN, "location": "spare"})
    house.export("exports/WhatsApp Chat mit Anna Beispiel.txt", *TALK[:2])
    house.export("spare/WhatsApp Chat mit Anna Beispiel.txt", *TALK[1:], *TALK[1:])
    house.read(company(phones, spare))
    assert house.activity()["sends"].to_list() == [1, 2]
    house.read(company(spare, phones))
    assert house.activity()["sends"].to_list() == [2, 2]
