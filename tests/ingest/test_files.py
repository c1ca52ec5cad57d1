"""Which files are met, in what order and at what cost, and what one hostile file costs the others."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.ingest.conftest import BERLIN, EXPORTS, TABLES, House, anna, chat, company, own
from tests.memory import peak_bytes

from sendepause import storage
from sendepause.errors import Unreachable
from sendepause.sources import files, ingest
from sendepause.sources.files import walk

TALK = (anna("02.11.19, 12:30", "Ist mein Rad fertig?"), own("02.11.19, 12:31", "Ja, ab 15 Uhr"))
FOLDER = f"exports/{BERLIN}"
CHAT = f"{FOLDER}/WhatsApp Chat mit Anna Beispiel.txt"
HEADER = "Datum;Uhrzeit;Von;An;Richtung;Nachricht\n"


def met(root: Path, kind: str = "csv") -> list[str]:
    return [str(file.relative) for file in walk(root, kind, lambda: datetime.now(UTC))]


def test_files_come_by_path_and_folders_between_them(tmp_path: Path) -> None:
    for name in ("b.csv", "a/2.csv", "a/1.csv", "a.csv", "a b/x.csv", ".hidden/x.csv", "c/__MACOSX/x.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert met(tmp_path) == ["a/1.csv", "a/2.csv", "a b/x.csv", "a.csv", "b.csv"]


def test_many_files_of_a_folder_cost_little_more_than_their_names(tmp_path: Path) -> None:
    for number in range(3_000):
        (tmp_path / f"{number:05}.csv").touch()
    prepare = "from datetime import UTC, datetime; from sendepause.sources.files import walk, Path"
    count = "assert sum(1 for _ in walk(Path(sys.argv[1]), 'csv', lambda: datetime.now(UTC))) == 3_000"
    assert peak_bytes(prepare, count, tmp_path) < 3_000 * 250


def test_more_files_in_a_folder_than_can_be_held_are_told_and_hide_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_IN_FOLDER", 5)
    for number in range(6):
        house.put(f"tables/many/{number}.csv", HEADER)
    house.put("tables/other/1.csv", HEADER)
    done = house.read(company(TABLES))
    assert (done.files_read, done.sources_ill) == (1, 1)
    assert "more than 5 files" in house.health("tool").detail


def test_a_folder_that_cannot_be_listed_hides_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.put("tables/a/1.csv", HEADER)
    house.put("tables/b/1.csv", HEADER)
    real = os.scandir

    def refuse(folder: str) -> object:
        if folder.endswith("/a"):
            raise PermissionError(folder)
        return real(folder)

    monkeypatch.setattr(os, "scandir", refuse)  # root may list everything
    done = house.read(company(TABLES))
    assert (done.files_read, done.sources_ill) == (1, 1)


def test_states_are_asked_for_in_portions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "_AT_A_LOOK", 2)
    monkeypatch.setattr(ingest, "FILES_AT_ONCE", 3)
    for number in range(7):
        house.put(f"tables/{number}.csv", HEADER)
    assert house.read(company(TABLES)).files_read == 7
    assert house.read(company(TABLES)).files_unchanged == 7


@pytest.mark.parametrize("name", [b"\xff\xfe.csv", b"a\nb.csv", "\u202eb.csv".encode(), b"x" * 250 + b".csv"])
def test_a_name_that_is_no_text_is_kept_as_a_short_one(house: House, name: bytes) -> None:
    path = house.put("tables/a.csv", "no table")
    os.rename(bytes(path), bytes(path.parent) + b"/" + name)  # noqa: PTH104 - a name that is no text
    assert house.read(company(TABLES)).files_broken == 1
    assert house.file("tool").path.isprintable()
    assert house.file("tool").path.isascii()


def test_a_chat_of_a_name_that_is_no_text_is_read(house: House) -> None:
    path = house.export(CHAT, *TALK)
    os.rename(bytes(path), bytes(path.parent) + b"/WhatsApp Chat mit \xff.txt")  # noqa: PTH104
    assert house.read(company(EXPORTS)).events_new == 2


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("_chat.txt", b"0" * (60 * 2**20))


def test_hostile_files_cost_the_good_ones_nothing_and_are_listed(house: House) -> None:
    house.export(CHAT, *TALK)
    folder = house.inbox / FOLDER
    _bomb(folder / "bomb.zip")
    with (folder / "large.txt").open("wb") as sparse:
        sparse.truncate(300 * 2**20)
    with (folder / "huge.zip").open("wb") as sparse:
        sparse.truncate(4 * 2**30 + 1)
    house.put(f"{FOLDER}/line.txt", chat(TALK) + "x" * 2_000_000)
    house.put(f"{FOLDER}/null.txt", b"\0" * 1000)
    done = house.read(company(EXPORTS))
    assert (done.files_read, done.files_broken, done.events_new) == (1, 5, 2)
    broken = {state.reason: state for state in house.files("phones").values() if state.broken}
    assert len(broken) == 5
    for reason, state in broken.items():
        assert reason
        assert "Anna" not in reason
        assert len(state.hash) == 64 or "larger than 4 GiB" in reason
    (line,) = (state for reason, state in broken.items() if "A line is longer" in str(reason))
    assert line.place == "line 3"


@pytest.mark.parametrize(("url", "extra"), [("gs://bucket/inbox", "gcs"), ("abfs://box/inbox", "azure")])
def test_a_missing_extra_is_named(url: str, extra: str) -> None:
    with pytest.raises(Unreachable, match=f"extra `{extra}`"):
        storage.folder(url)


def test_a_scheme_that_nobody_knows_is_no_missing_extra() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        storage.folder("nowhere://bucket/inbox")
