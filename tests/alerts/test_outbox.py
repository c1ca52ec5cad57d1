"""Each fact is owed once a streak, to the right people, and only while it is true."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from tests.alerts.conftest import START, fact, gather, operators, owner

from sendepause.alerts import gathering, outbox
from sendepause.alerts.gathering import Desk
from sendepause.alerts.texts import MAX_BLOCKS, MAX_CHARACTERS
from sendepause.model import Audience, Form, Language, Stage
from sendepause.store.database import session
from sendepause.store.tables import AlertRow, DeliveryRow, NamingRow

HOUR = timedelta(hours=1)


def deliveries(opened: Session) -> list[DeliveryRow]:
    return list(opened.scalars(select(DeliveryRow).order_by(DeliveryRow.channel, DeliveryRow.id)))


def alerts(opened: Session) -> list[AlertRow]:
    fresh = select(AlertRow).order_by(AlertRow.id).execution_options(populate_existing=True)
    return list(opened.scalars(fresh))


def test_a_repeated_run_owes_nothing_again(either):
    for run in range(3):
        with session(either) as opened:
            owed = outbox.owe(opened, fact(), [owner()], START + run * HOUR)
            outbox.settle(opened, {fact().key}, START + run * HOUR)
            gathered = gather(opened, START + run * HOUR)
        assert (owed, len(gathered)) == ((1, 1) if run == 0 else (0, 0))


def test_a_second_pause_is_told_again(either):
    with session(either) as opened:
        outbox.owe(opened, fact(), [owner()], START)
        first = gather(opened, START)
        assert outbox.settle(opened, set(), START + HOUR) == (1, 0)
        assert outbox.owe(opened, fact(), [owner()], START + 2 * HOUR) == 1
        second = gather(opened, START + 2 * HOUR)
        assert len(first) == len(second) == 1
        assert [row.episode for row in alerts(opened)] == [1, 2]


def test_what_ended_before_it_was_gathered_is_never_told(either):
    with session(either) as opened:
        outbox.owe(opened, fact(stage=Stage.WARNED), [owner()], START)
        assert outbox.settle(opened, set(), START + HOUR) == (1, 1)
        assert gather(opened, START + HOUR) == []
        assert outbox.overview(opened).overtaken == 1


@pytest.mark.parametrize("stage", sorted(outbox.FLAPPING))
def test_an_illness_that_comes_and_goes_is_told_once(engine, stage):
    ill = fact(stage=stage)
    with session(engine) as opened:
        outbox.owe(opened, ill, [owner()], START)
        assert len(gather(opened, START)) == 1
        for flap in range(1, 6):
            outbox.settle(opened, set(), START + flap * HOUR)
            assert outbox.owe(opened, ill, [owner()], START + flap * HOUR + HOUR / 2) == 0
        assert gather(opened, START + 7 * HOUR) == []
        outbox.settle(opened, set(), START + 8 * HOUR)
        assert outbox.owe(opened, ill, [owner()], START + 14 * HOUR) == 1


def test_an_illness_that_was_overtaken_and_returns_is_told(either):
    ill = fact(stage=Stage.NOT_PAUSED)
    with session(either) as opened:
        outbox.owe(opened, ill, [owner()], START)
        outbox.settle(opened, set(), START + HOUR)
        assert outbox.owe(opened, ill, [owner()], START + 2 * HOUR) == 1
        assert len(gather(opened, START + 2 * HOUR)) == 1
        assert [row.episode for row in alerts(opened)] == [1]


def test_two_owners_in_one_batch_never_see_each_other(either):
    with session(either) as opened:
        for number in range(6):
            name = f"Filiale {'Nord' if number % 2 else 'Süd'} {number}"
            who = owner("C0SHARED", "nord") if number % 2 else owner("C0SHARED", "sued")
            outbox.owe(opened, fact(f"campaign:n8n/{number}", account_name=name), [who], START)
        gather(opened, START)
        texts = [row.text for row in deliveries(opened)]
        assert len(texts) == 2
        for text in texts:
            assert ("Nord" in text) != ("Süd" in text)


def test_an_owners_fact_goes_to_owners_alone(engine):
    with session(engine) as opened:
        everyone = [owner(), operators()]
        assert outbox.owe(opened, fact(), everyone, START) == 1
        assert outbox.owe(opened, fact(audience=Audience.OPERATORS), everyone, START) == 1
        assert {(row.channel, row.owner) for row in alerts(opened)} == {
            ("C0OWNER", "nord"),
            ("C0OPERATORS", None),
        }


def test_each_reader_has_a_message_in_their_language(engine):
    with session(engine) as opened:
        readers = [owner(), owner("C0LONDON", "west", Language.EN, "Europe/London")]
        outbox.owe(opened, fact(), readers, START)
        gather(opened, START)
        assert [row.text.split(":")[0] for row in deliveries(opened)] == ["Paused", "Pausiert"]


def test_alerts_of_one_stage_share_a_message_and_stages_do_not(engine):
    with session(engine) as opened:
        for number in range(5):
            outbox.owe(opened, fact(f"campaign:n8n/{number}"), [owner()], START)
        outbox.owe(opened, fact("campaign:n8n/9", Stage.UNDONE), [owner()], START)
        assert len(gather(opened, START)) == 2


def test_a_long_list_is_told_in_full(engine):
    with session(engine) as opened:
        for number in range(150):
            name = f"Filiale {number:03} " + "<&>" * 60
            outbox.owe(opened, fact(f"campaign:n8n/{number}", account_name=name), [owner()], START)
        assert len(gather(opened, START)) > 1
        texts = {row.id: row.text for row in deliveries(opened)}
        assert all(
            f"Filiale {position:03}" in texts[row.delivery] for position, row in enumerate(alerts(opened))
        )
        for row in deliveries(opened):
            assert len(row.blocks) <= MAX_BLOCKS
            assert len(row.text) <= MAX_CHARACTERS


def test_two_processes_that_owe_the_same_make_one_alert(either):
    with session(either) as opened:
        same = [outbox._values(fact(), owner(), 1, START)]
        assert outbox._insert(opened, same) == 1
        assert outbox._insert(opened, same) == 0


def test_two_processes_that_gather_the_same_make_one_delivery(either):
    with session(either) as opened:
        outbox.owe(opened, fact(), [owner()], START)
        outbox.owe(opened, fact("campaign:n8n/2"), [owner()], START)
        stale = [(row, gathering.facts_of(row.subject, row.facts)) for row in alerts(opened)]
        gather(opened, START)
        again = gathering.Draft(gathering._group(stale[0][0]), Form.NOTICE, stale)
        assert list(gathering.put(opened, Desk(), again, START)) == []
        assert len(deliveries(opened)) == 1
        assert {row.delivery for row in alerts(opened)} == {deliveries(opened)[0].id}


def test_told_means_named_in_a_message_that_was_sent(either):
    with session(either) as opened:
        outbox.owe(opened, fact(stage=Stage.WARNED), [owner()], START)
        gather(opened, START)
        assert outbox.told(opened, {Stage.WARNED}, {}) == {}
        sent = deliveries(opened)[0]
        sent.state, sent.sent_at = "sent", START + HOUR
        opened.flush()
        assert outbox.told(opened, {Stage.WARNED}, {}) == {("whatsapp", "campaign:n8n/1"): START + HOUR}
        assert outbox.told(opened, {Stage.LAST_CALL}, {}) == {}
        elsewhere = {"campaign:n8n/1": "+4930231251999"}
        assert outbox.told(opened, {Stage.WARNED}, elsewhere) == {}, "on another account it was not told"
        outbox.settle(opened, set(), START + 2 * HOUR)
        assert outbox.told(opened, {Stage.WARNED}, {}) == {}


def test_the_overview_counts_every_alert_once(either):
    with session(either) as opened:
        for number in range(4):
            outbox.owe(opened, fact(f"campaign:n8n/{number}"), [owner(f"C0{number}")], START)
        gather(opened, START)
        for row, state in zip(deliveries(opened), ("sent", "refused", "sending", "queued"), strict=True):
            row.state = state
        opened.flush()
        outbox.owe(opened, fact("campaign:n8n/8", Stage.WARNED), [owner()], START)
        outbox.settle(opened, {fact(f"campaign:n8n/{number}").key for number in range(4)}, START)
        seen = outbox.overview(opened)
        assert (seen.owed, seen.sent, seen.overtaken, seen.refused) == (2, 1, 1, 1)
        assert len(seen.rows) == 5
        assert [row.state for row in seen.rows[-2:]] == ["overtaken", "sent"]


def test_facts_of_any_shape_can_be_kept(either):
    odd = {
        "changed_at": START,
        "reasons": ("held",),
        "date": START.date(),
        "error": "a\0b\ud800",
        "kind": None,
    }
    with session(either) as opened:
        outbox.owe(opened, fact(**odd), [owner()], START)
        kept = alerts(opened)[0].facts
    assert kept["changed_at"] == "2019-12-02T09:00:00+00:00"
    assert kept["error"] == "ab\ufffd"
    assert "kind" not in kept


def test_many_processes_at_once_owe_and_gather_each_alert_once(either):
    def run(_: int) -> None:
        with session(either) as opened:
            outbox.owe_all(
                opened, [(fact(f"campaign:n8n/{n}"), [owner(f"C0{n}X")]) for n in range(20)], START
            )
        with session(either) as opened:
            gather(opened, START)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(8)))
    with session(either, write=False) as opened:
        assert len(alerts(opened)) == len(deliveries(opened)) == 20
        assert {row.delivery for row in alerts(opened)} == {row.id for row in deliveries(opened)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["true", "false", "gather"]), max_size=12), st.sampled_from(list(Stage)))
def test_a_streak_is_told_at_most_once_whatever_happens(engine, steps, stage):
    """A model of the outbox: hours pass, the fact comes and goes, alerts are gathered."""
    with session(engine) as opened:
        for table in (NamingRow, AlertRow, DeliveryRow):
            opened.execute(delete(table))
        at, open_streaks, was = START, 0, False
        for step in steps:
            at += 7 * HOUR
            if step == "gather":
                gather(opened, at)
                continue
            true = step == "true"
            if true:
                outbox.owe(opened, fact(stage=stage), [owner()], at)
            outbox.settle(opened, {fact(stage=stage).key} if true else set(), at)
            open_streaks += true and not was
            was = true
        rows = alerts(opened)
        assert len(rows) == open_streaks
        assert sum(row.ended_at is None for row in rows) == was
        assert all(row.overtaken == (row.ended_at is not None and row.delivery is None) for row in rows)
