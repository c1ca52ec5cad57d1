"""The reading stage takes what was received: every event once, reach and notes with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.receiving.conftest import ANNA, STRANGER, Branch, ago, incoming, raw, status, webhook
from tests.stages.company import BOOKINGS, OFFERS, SHOP

from sendepause import check, stages
from sendepause.model import Evidence
from sendepause.sources import received as draining
from sendepause.sources.received import sentences
from sendepause.store import database, queries


def test_what_was_received_becomes_events_and_day_rows(on_both: Branch) -> None:
    on_both.post(incoming("wamid.1", ago(on_both, 5)))
    on_both.post(status("wamid.2", "sent", ago(on_both, 4)))
    done = on_both.read()
    assert (done.messages, done.events_new, done.day_rows, done.accounts) == (2, 2, 1, {BOOKINGS})
    assert on_both.waiting() == []
    found = on_both.events()
    assert found["direction"].to_list() == ["in", "out"]
    assert found["source"].to_list() == ["meta", "meta"]
    assert found["sent_at"].to_list() == [ago(on_both, 5), ago(on_both, 4)]


def test_what_the_account_wrote_in_its_app_keeps_its_sketch(on_both: Branch) -> None:
    text = "Hallo Anna, Ihr Wagen ist fertig und kann abgeholt werden"
    moment = str(int(ago(on_both, 5).timestamp()))
    echo = {"from": BOOKINGS[1:], "to": ANNA[1:], "id": "wamid.1", "timestamp": moment, "type": "text"}
    on_both.post(webhook(field="smb_message_echoes", message_echoes=[{**echo, "text": {"body": text}}]))
    on_both.post(incoming("wamid.2", ago(on_both, 4), text))
    on_both.read()
    own, other = on_both.events()["sketch"].to_list()
    assert len(own) == 8
    assert other is None


def test_a_run_without_anything_new_changes_nothing(branch: Branch) -> None:
    branch.post(incoming("wamid.1", ago(branch, 5)))
    branch.read()
    before = branch.events()
    done = branch.read()
    assert (done.messages, done.events_new, done.day_rows, done.changed) == (0, 0, 0, set())
    assert branch.events().equals(before)


def test_the_stage_counts_it_as_it_counts_files(branch: Branch) -> None:
    branch.post(incoming("wamid.1", ago(branch, 5)))
    counts = stages.read(branch.company.installation, branch.now)
    assert (counts["messages"], counts["events_new"], counts["accounts"]) == (1, 1, 1)


def test_a_call_that_comes_again_after_it_was_read_doubles_nothing(branch: Branch) -> None:
    calls = [incoming("wamid.1", ago(branch, 5)), status("wamid.2", "sent", ago(branch, 4))]
    for _ in range(3):
        for call in calls:
            branch.post(call)
        branch.read(hours=1)
    assert len(branch.events()) == 2


def test_a_message_stands_at_its_sending_however_late_that_is_told(branch: Branch) -> None:
    sent = ago(branch, 60 * 24 * 3)
    for state, later in (("read", 3), ("delivered", 2), ("sent", 0)):
        branch.post(status("wamid.1", state, sent + timedelta(days=later)))
        branch.read()
    assert branch.events()["sent_at"].to_list() == [sent]


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_in_portions_of_any_size_it_is_the_same(
    branch: Branch, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(draining, "AT_ONCE", at_once)
    for n in range(5):
        branch.post(incoming(f"wamid.{n}", ago(branch, n)))
    assert branch.read().events_new == 5
    assert (len(branch.events()), branch.waiting()) == (5, [])


def test_what_comes_while_a_run_reads_is_the_next_runs(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = draining.events.merge_counted

    def merging(*arguments: object, **named: object) -> object:
        branch.post(incoming("wamid.2", ago(branch, 1)))
        return genuine(*arguments, **named)  # type: ignore[arg-type]

    branch.post(incoming("wamid.1", ago(branch, 5)))
    with monkeypatch.context() as patched:
        patched.setattr(draining.events, "merge_counted", merging)
        assert branch.read().events_new == 1
    assert len(branch.waiting()) == 1
    assert branch.read().events_new == 1


class TestReach:
    def test_it_proves_the_platform_and_reaches_as_far_as_the_newest_message(self, branch: Branch) -> None:
        branch.post(incoming("wamid.1", ago(branch, 5)))
        branch.read(hours=3)
        reach = branch.reaches()[BOOKINGS]
        assert (reach.read_until, reach.evidence) == (ago(branch, 185), Evidence.PLATFORM)

    def test_one_accounts_message_says_that_the_way_was_open_for_all(self, branch: Branch) -> None:
        branch.post(incoming("wamid.1", ago(branch, 500)))
        branch.post(incoming("wamid.2", ago(branch, 400), number=SHOP))
        branch.read()
        branch.post(incoming("wamid.3", ago(branch, 5), number=SHOP))
        branch.read()
        assert {reach.read_until for reach in branch.reaches().values()} == {ago(branch, 5)}
        assert OFFERS not in branch.reaches()

    def test_it_never_reaches_beyond_now(self, branch: Branch) -> None:
        branch.post(incoming("wamid.1", branch.now + timedelta(hours=5)))
        branch.read()
        assert branch.reaches()[BOOKINGS].read_until == branch.now

    def test_what_hears_nothing_is_not_ill(self, branch: Branch) -> None:
        branch.read()
        branch.read(hours=24 * 60)
        assert branch.company.ill() == {}
        assert branch.reaches() == {}

    def test_an_account_that_was_heard_is_connected(self, branch: Branch) -> None:
        branch.post(incoming("wamid.1", ago(branch, 5)))
        branch.read()
        settings, _ = branch.company.installation.read_settings()
        with database.session(branch.company.installation.engine, write=False) as session:
            health = stages.source_health(session, settings)
        assert (health[BOOKINGS].connected, health[BOOKINGS].ill) == (True, False)
        assert health[OFFERS].connected is False


class TestDays:
    def test_each_day_has_one_entry_that_grows(self, branch: Branch) -> None:
        for n in range(3):
            branch.post(incoming(f"wamid.{n}", ago(branch, 5)))
            branch.post(incoming(f"stranger.{n}", ago(branch, 5), number=STRANGER))
            branch.read()
        assert {path: (day.messages, day.notes) for path, day in branch.days().items()} == {
            "received/2019-11-20": (
                3,
                (f"3 messages of {STRANGER} were left out: it is not in the accounts.",),
            )
        }

    def test_another_day_has_its_own(self, branch: Branch) -> None:
        branch.post(webhook(field="account_update", event="x"))
        branch.company.clock.at += timedelta(days=1)
        branch.post(incoming("wamid.1", ago(branch, 5)))
        branch.read()
        assert {path: (day.messages, len(day.notes)) for path, day in branch.days().items()} == {
            "received/2019-11-20": (0, 1),
            "received/2019-11-21": (1, 0),
        }

    def test_days_end_with_the_events_that_they_belong_to(self, branch: Branch) -> None:
        branch.post(b"no json")
        branch.post(webhook(field="account_update", event="x"))
        branch.read()
        branch.read(hours=24 * 60)
        assert len(branch.days()) == 2
        branch.read(hours=24 * 40)
        assert branch.days() == {}

    def test_a_call_that_was_lost_is_a_broken_file_until_then(self, branch: Branch) -> None:
        branch.post(b"no json")
        branch.read()
        with database.session(branch.company.installation.engine, write=False) as session:
            (lost,) = queries.broken_files(session)
        assert (lost.source, lost.path) == ("meta", "received/2019-11-20/lost")
        assert lost.reason is not None
        assert lost.reason.startswith("1 signed calls could not be read")


def test_notes_of_many_calls_add_up() -> None:
    notes = ["3 messages of +49 were left out.", "The zone is unknown.", "12 messages of +49 were left out."]
    assert list(sentences(notes)) == [
        ("messages of +49 were left out.", 3),
        ("The zone is unknown.", 1),
        ("messages of +49 were left out.", 12),
    ]


class TestCheck:
    def lines(self, branch: Branch) -> list[str]:
        return [str(line) for line in check.check(branch.company.installation) if "source meta" in str(line)]

    def test_both_secrets_are_there(self, branch: Branch) -> None:
        branch.read()
        assert self.lines(branch) == [
            "ok    source meta",
            "ok    source meta: app secret in sendepause_meta",
            "ok    source meta: verify token in sendepause_meta",
        ]

    def test_or_what_is_missing_is_said(self, branch: Branch) -> None:
        branch.company.disconnect("sendepause_meta")
        assert [line[:50] for line in self.lines(branch)[1:]] == [
            "MEND  source meta: app secret in sendepause_meta: ",
            "MEND  source meta: verify token in sendepause_meta",
        ]

    def test_numbers_that_are_left_out_are_named_until_they_are_accounts(self, branch: Branch) -> None:
        branch.post(incoming("wamid.1", ago(branch, 5), number=STRANGER))
        branch.read()
        (told,) = (line for line in self.lines(branch) if STRANGER in line)
        assert "it is taken from then on" in told
        accounts = branch.company.files["accounts.yaml"]["accounts"]
        accounts.append({**accounts[0], "number": STRANGER, "name": "New"})
        branch.company.configure()
        assert not [line for line in self.lines(branch) if STRANGER in line]


def test_the_receiver_and_files_of_the_same_calls_can_be_told_apart(branch: Branch) -> None:
    """One account in two sources: the first configured counts, the other is evidence."""
    sources = branch.company.files["sources.yaml"]["sources"]
    sources.append({"id": "kept", "kind": "cloud_api_webhook", "location": "kept"})
    branch.company.configure()
    call = incoming("wamid.1", ago(branch, 5))
    (branch.company.data / "kept").mkdir()
    (branch.company.data / "kept" / "call.json").write_bytes(raw(call))
    branch.post(call)
    branch.read()
    assert sorted(branch.events()["source"]) == ["kept", "meta"]
