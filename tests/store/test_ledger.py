"""The ledger is append-only, its chain is whole, and whatever breaks it is found. On both databases."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from tests import stores

from sendepause.errors import BadInput
from sendepause.model import EntryKind
from sendepause.store import database, ledger
from sendepause.store.ledger import Break, Entry
from sendepause.store.tables import LedgerRow

NOON = datetime(2019, 12, 6, 12, tzinfo=UTC)
CAMPAIGN = "campaign:n8n/17"

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
moments = st.datetimes(min_value=datetime(2019, 1, 1), timezones=st.timezones())  # noqa: DTZ001
drafts = st.fixed_dictionaries(
    {
        "at": moments,
        "as_of": moments,
        "author": words,
        "kind": st.sampled_from(EntryKind),
        "subject": words,
        "enforcement": words,
        "facts": st.dictionaries(words, json_values, max_size=3),
    }
)
quickly = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def append(session: Session, **changed: Any) -> Entry | None:
    draft: dict[str, Any] = {"at": NOON, "as_of": NOON, "author": "mia", "kind": EntryKind.INTENT}
    return ledger.append(session, **{**draft, "subject": CAMPAIGN, **changed})


def append_many(session: Session, count: int) -> list[Entry]:
    written = [append(session, facts={"number": number}) for number in range(count)]
    return [entry for entry in written if entry is not None]


@contextlib.contextmanager
def given_up(engine: Engine) -> Iterator[Session]:
    """A transaction of which nothing stays, so that every example starts with an empty ledger."""
    with database.session(engine) as session:
        yield session
        session.rollback()


def lay_down_arms(session: Session) -> None:
    """Drop the triggers, as somebody with rights on the database could."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("DROP TRIGGER sendepause_ledger_append_only ON sendepause_ledger"))
    else:
        session.execute(text("DROP TRIGGER sendepause_ledger_no_update"))
        session.execute(text("DROP TRIGGER sendepause_ledger_no_delete"))


def change(session: Session, seq: int, /, **values: Any) -> None:
    session.execute(update(LedgerRow).where(LedgerRow.seq == seq).values(**values))


def test_an_empty_ledger_is_whole(session: Session) -> None:
    assert ledger.verify(session) is None
    assert ledger.head(session) is None
    assert ledger.entries(session) == []


@quickly
@given(st.lists(drafts, max_size=6))
def test_whatever_is_written_is_read_back_and_whole(
    shared_engine: Engine, written: list[dict[str, Any]]
) -> None:
    with given_up(shared_engine) as session:
        entries = [ledger.append(session, **draft) for draft in written]
        session.expire_all()
        assert ledger.entries(session) == entries
        assert ledger.verify(session) is None
        assert [entry.seq for entry in entries if entry] == list(range(1, len(written) + 1))
        as_of = [draft["as_of"].astimezone(UTC) for draft in written]
        assert [entry.as_of for entry in entries if entry] == as_of


@quickly
@given(st.data())
def test_any_single_changed_field_is_found(shared_engine: Engine, data: st.DataObject) -> None:
    with given_up(shared_engine) as session:
        entries = append_many(session, data.draw(st.integers(1, 4)))
        entry = data.draw(st.sampled_from(entries))
        names = [
            "author",
            "kind",
            "subject",
            "enforcement",
            "facts",
            "once",
            "previous",
            "hash",
            "at",
            "as_of",
        ]
        name = data.draw(st.sampled_from(names))
        lay_down_arms(session)
        change(session, entry.seq, **{name: altered(data, session, entry.seq, name)})
        found = ledger.verify(session)
        assert found is not None
        assert found.seq == entry.seq


def altered(data: st.DataObject, session: Session, seq: int, name: str) -> Any:
    """The stored value with one character exchanged or added, or another moment."""
    old = session.scalar(text(f"SELECT {name} FROM sendepause_ledger WHERE seq = {seq}"))
    if name in ("at", "as_of"):
        return NOON + timedelta(microseconds=data.draw(st.integers(1, 10**15)))
    old = old or ""
    letters = st.sampled_from(string.ascii_letters + string.digits + " ")
    longest = len(old) if name in ("previous", "hash") else len(old) + 1
    place = data.draw(st.integers(0, longest - 1))
    return (
        old[:place] + data.draw(letters.filter(lambda new: new != old[place : place + 1])) + old[place + 1 :]
    )


@quickly
@given(count=st.integers(1, 5), data=st.data())
def test_any_removed_entry_is_found_the_newest_too(
    shared_engine: Engine, count: int, data: st.DataObject
) -> None:
    with given_up(shared_engine) as session:
        append_many(session, count)
        gone = data.draw(st.integers(1, count))
        lay_down_arms(session)
        session.execute(delete(LedgerRow).where(LedgerRow.seq == gone))
        found = ledger.verify(session)
        assert found is not None
        assert found.seq == gone


def test_a_cut_off_end_stays_visible_when_writing_goes_on(session: Session) -> None:
    append_many(session, 3)
    lay_down_arms(session)
    session.execute(delete(LedgerRow).where(LedgerRow.seq > 1))
    assert append(session, facts={"after": "the cut"})
    assert ledger.verify(session) == Break(2, "this entry is missing")


def test_a_ledger_emptied_with_its_mark_left_is_found(session: Session) -> None:
    append_many(session, 3)
    lay_down_arms(session)
    session.execute(delete(LedgerRow))
    found = ledger.verify(session)
    assert found is not None
    assert found.seq == 1


def test_an_exchanged_order_is_found(session: Session) -> None:
    append_many(session, 3)
    lay_down_arms(session)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        change(session, old, seq=new)
    assert ledger.verify(session) == Break(2, "it does not name the hash of the entry before it")


@pytest.mark.parametrize("moment", ["yesterday", "", "2019-12-06T12:00:00.000000", "2019-12-06"])
def test_a_moment_that_is_not_as_it_was_written_is_a_break_and_no_crash(tmp_path: Path, moment: str) -> None:
    engine = database.connect(f"sqlite:///{tmp_path}/store.db")  # PostgreSQL itself keeps types
    stores.migrate(engine)
    with database.session(engine) as session:
        append_many(session, 2)
        lay_down_arms(session)
        session.execute(text("UPDATE sendepause_ledger SET at = :at WHERE seq = 2"), {"at": moment})
        assert ledger.verify(session) == Break(2, "one of its fields cannot be read any more")


def test_the_chain_can_be_computed_by_anybody(session: Session) -> None:
    entry = append(session, facts={"b": 1, "a": "ü"}, once="x", enforcement="whatsapp")
    assert entry is not None
    fields = {
        "seq": 1,
        "at": "2019-12-06T12:00:00.000000+00:00",
        "as_of": "2019-12-06T12:00:00.000000+00:00",
        "author": "mia",
        "kind": "intent",
        "subject": CAMPAIGN,
        "enforcement": "whatsapp",
        "facts": '{"a":"ü","b":1}',
        "once": "x",
        "previous": "0" * 64,
    }
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert entry.hash == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sendepause_ledger SET author = 'somebody else'",
        "UPDATE sendepause_ledger SET author = author WHERE seq = 1",
        "DELETE FROM sendepause_ledger",
        "TRUNCATE sendepause_ledger",
        "REPLACE INTO sendepause_ledger SELECT * FROM sendepause_ledger",
        "INSERT INTO sendepause_ledger SELECT * FROM sendepause_ledger WHERE true "
        "ON CONFLICT (seq) DO UPDATE SET author = 'x'",
    ],
)
def test_the_database_itself_refuses_to_change_the_ledger(engine: Engine, statement: str) -> None:
    with database.session(engine) as session:
        before = append_many(session, 2)
    with pytest.raises(DBAPIError), database.session(engine) as session:
        session.execute(text(statement))
    with database.session(engine) as session:
        assert ledger.entries(session) == before


def test_once_is_once(engine: Engine) -> None:
    with database.session(engine) as session:
        assert append(session, once="intent:1") is not None
    with database.session(engine) as session:
        assert append(session, once="intent:1", author="another run") is None
        assert append(session, once="intent:2") is not None
        assert [entry.once for entry in ledger.entries(session)] == ["intent:1", "intent:2"]


def test_entries_can_be_narrowed(session: Session) -> None:
    append(session)
    append(session, kind=EntryKind.PAUSED)
    append(session, kind=EntryKind.PAUSED, subject="campaign:n8n/18")
    assert [e.seq for e in ledger.entries(session, kinds={EntryKind.PAUSED})] == [2, 3]
    assert [e.seq for e in ledger.entries(session, kinds=[])] == []
    assert [e.seq for e in ledger.entries(session, subject=CAMPAIGN)] == [1, 2]
    assert [e.seq for e in ledger.entries(session, after_seq=1)] == [2, 3]
    assert [e.seq for e in ledger.entries(session, limit=2)] == [1, 2]
    newest = ledger.head(session)
    assert newest is not None
    assert newest.seq == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"author": "m" * 201},
        {"subject": "s" * 401},
        {"once": "o" * 601},
        {"author": "mi\0a"},
        {"author": "\ud800"},
        {"facts": {"name": "\ud800"}},
    ],
)
def test_what_one_database_would_cut_or_refuse_is_refused_on_both(
    session: Session, changed: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        append(session, **changed)
    assert ledger.entries(session) == []


def append_in_a_process(url: str, author: str, answers: Connection) -> None:
    engine = database.connect(url)
    won = 0
    for number in range(40):
        with database.session(engine) as session:
            won += append(session, author=author, once=f"shared:{number}") is not None
            append(session, author=author)
    answers.send(won)


def test_two_processes_append_to_one_whole_chain(engine: Engine, url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    pipes = [spawn.Pipe() for _ in range(2)]
    processes = [
        spawn.Process(target=append_in_a_process, args=(url, f"process {number}", child))
        for number, (_, child) in enumerate(pipes)
    ]
    for process, (_, child) in zip(processes, pipes, strict=True):
        process.start()
        child.close()  # a process that dies is then heard of at once
    won = [parent.recv() for parent, _ in pipes if parent.poll(30)]
    for process in processes:
        process.join(30)
    assert sum(won) == 40
    with database.session(engine) as session:
        assert ledger.verify(session) is None
        assert len(ledger.entries(session)) == 40 + 2 * 40


def append_until_killed(url: str, answers: Connection) -> None:
    engine = database.connect(url)
    for number in range(3):
        with database.session(engine) as session:
            append(session, facts={"number": number})
    with database.session(engine) as session:
        append(session, facts={"number": "never committed"})
        answers.send("inside an append")
        multiprocessing.Event().wait(60)


def test_a_process_killed_inside_an_append_leaves_a_whole_chain(engine: Engine, url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    parent, child = spawn.Pipe()
    process = spawn.Process(target=append_until_killed, args=(url, child))
    process.start()
    child.close()
    assert parent.poll(30)
    parent.recv()
    process.kill()
    process.join(30)
    with database.session(engine) as session:
        assert ledger.verify(session) is None
        assert [entry.facts["number"] for entry in ledger.entries(session)] == [0, 1, 2]
        after = append(session)
        assert after is not None
        assert after.seq == 4
        assert ledger.verify(session) is None


def test_a_break_deep_in_a_long_ledger_is_found(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "AT_A_TIME", 50)
    append_many(session, 230)
    assert ledger.verify(session) is None
    lay_down_arms(session)
    change(session, 205, author="somebody else")
    assert ledger.verify(session) == Break(205, "its fields do not give its hash: one of them was changed")
