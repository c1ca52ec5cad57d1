"""Every owed message arrives, once, whatever Slack or the network does."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk import WebClient
from sqlalchemy import select
from tests.alerts.conftest import START, Clock, fact, gather, operators, owner
from tests.slack_server import TOKEN, SlackServer

from sendepause.alerts import outbox
from sendepause.alerts.gathering import TOGETHER
from sendepause.alerts.jobs import Delivered
from sendepause.alerts.posting import EVENT_TYPE
from sendepause.alerts.sending import REFUSED_AGAIN
from sendepause.alerts.slack import check, hook_client
from sendepause.alerts.slack import deliver as one_round
from sendepause.model import Audience, Stage
from sendepause.store.database import session
from sendepause.store.tables import DeliveryRow


def queue(engine, *recipients, subject="campaign:n8n/1", stage=Stage.PAUSED, at=START):
    """A message of its own for each call: what continues another one is half an hour after it."""
    with session(engine) as opened:
        outbox.owe(opened, fact(subject, stage), recipients or [owner()], at)
        before = len(opened.scalars(select(DeliveryRow.id)).all())
        return gather(opened, at + before * TOGETHER)


def rows(engine) -> list[DeliveryRow]:
    with session(engine, write=False) as opened:
        return list(opened.scalars(select(DeliveryRow).order_by(DeliveryRow.queued_at, DeliveryRow.id)))


@pytest.fixture
def deliver(engine, client, clock):
    def run(**more):
        return one_round(engine, client, now=clock.now, sleep=clock.sleep, **more)

    return run


def told(server: SlackServer) -> list[str]:
    """The delivery ids that the server's messages carry, oldest first."""
    return [message["metadata"]["event_payload"]["delivery"] for message in server.messages]


def test_a_message_arrives_with_its_delivery_id(engine, slack, deliver, clock):
    (delivery,) = queue(engine)
    assert deliver() == Delivered(sent=1)
    (message,) = slack.messages
    assert message["channel"] == "C0OWNER"
    assert message["metadata"] == {"event_type": EVENT_TYPE, "event_payload": {"delivery": delivery}}
    assert message["text"].startswith("Pausiert")
    (row,) = rows(engine)
    assert (row.state, row.sent_channel, row.ts, row.sent_at) == ("sent", "C0OWNER", message["ts"], clock.at)


def test_a_second_round_sends_nothing(engine, slack, deliver):
    queue(engine)
    deliver()
    assert deliver().sent == 0
    assert len(slack.messages) == 1


def test_an_overtaken_alert_is_never_sent(engine, slack, deliver):
    with session(engine) as opened:
        outbox.owe(opened, fact(stage=Stage.WARNED), [owner()], START)
        outbox.settle(opened, set(), START)
        gather(opened, START)
    assert deliver().sent == 0
    assert slack.messages == []


def test_two_owners_in_one_batch_each_get_their_own(engine, slack, deliver):
    for number in range(4):
        who = owner("C0NORTH", "nord") if number % 2 else owner("C0SOUTH", "sued")
        queue(engine, who, subject=f"campaign:n8n/{number}")
    assert deliver().sent == 4
    for message in slack.messages:
        odd = "n8n/1" in message["text"] or "n8n/3" in message["text"]
        assert message["channel"] == ("C0NORTH" if odd else "C0SOUTH")


@pytest.mark.parametrize("fault", ["drop_after", "500_after", "no_json"])
def test_a_lost_answer_is_looked_up_and_not_repeated(engine, slack, deliver, fault):
    (delivery,) = queue(engine)
    slack.fault(fault)
    done = deliver()
    assert (done.sent, done.found) == (1, 1)
    assert told(slack) == [delivery]
    assert rows(engine)[0].ts == slack.messages[0]["ts"]


@pytest.mark.parametrize("fault", ["drop_before", "500_before", "internal_error"])
def test_a_lost_call_is_repeated(engine, slack, deliver, fault):
    (delivery,) = queue(engine)
    slack.fault(fault)
    done = deliver()
    assert (done.sent, done.found) == (1, 0)
    assert told(slack) == [delivery]


def test_an_unclear_message_is_found_behind_many_pages_of_talk(engine, slack, client, deliver):
    slack.page = 10
    (delivery,) = queue(engine)
    slack.fault("drop_after")
    deliver(budget=timedelta(seconds=1))
    for number in range(35):
        client.chat_postMessage(channel="C0OWNER", text=f"talk {number}")
    assert rows(engine)[0].state == "sending"
    assert deliver(budget=timedelta(minutes=5)).found == 1
    assert [m["metadata"]["event_payload"]["delivery"] for m in slack.messages if "metadata" in m] == [
        delivery
    ]


def test_a_message_may_be_in_flight_for_a_while_and_is_not_repeated_meanwhile(engine, slack, deliver, clock):
    """Another sender, or a killed one, may have called Slack a moment ago."""
    queue(engine)
    with session(engine) as opened:
        row = opened.scalars(select(DeliveryRow)).one()
        row.state, row.tried_at = "sending", clock.at
    done = deliver(budget=timedelta(seconds=20))
    assert (done.sent, done.waiting) == (0, 1)
    assert slack.calls == []


def test_a_rate_limit_is_waited_for(engine, slack, deliver, clock):
    queue(engine)
    slack.fault("429", retry_after=30, times=2)
    assert deliver().sent == 1
    assert len(slack.messages) == 1
    assert clock.at - START >= timedelta(seconds=60)


def test_a_rate_limit_beyond_the_budget_leaves_the_message_owed(engine, slack, deliver):
    queue(engine)
    slack.fault("429", retry_after=3600)
    done = deliver()
    assert (done.sent, done.refused, done.waiting) == (0, 0, 1)
    assert rows(engine)[0].state == "queued"
    assert slack.messages == []


def test_a_rate_limit_while_looking_up_is_waited_for(engine, slack, deliver):
    queue(engine)
    slack.fault("drop_after")
    slack.fault("429", method="conversations.history", retry_after=7)
    assert deliver().found == 1
    assert len(slack.messages) == 1


def test_a_channel_takes_one_message_a_second_and_channels_do_not_wait_for_each_other(
    engine, slack, deliver, clock
):
    for number in range(3):
        queue(engine, owner("C0A", "a"), owner("C0B", "b"), subject=f"campaign:n8n/{number}")
    slack.fault("429", channel="C0A", retry_after=60)
    assert deliver().sent == 6
    assert [call["channel"] for call in slack.calls].count("C0B") == 3
    assert [m["channel"] for m in slack.messages[:3]] == ["C0B"] * 3
    assert clock.at - START == timedelta(seconds=62)


def test_the_real_pace_suits_a_server_that_counts_seconds(engine):
    """No fake clock here: the server's own limit must not be met."""
    with SlackServer(seconds_a_message=1.0) as server:
        for number in range(2):
            queue(engine, owner("C0A", "a"), owner("C0B", "b"), subject=f"campaign:n8n/{number}")
        done = one_round(
            engine,
            WebClient(TOKEN, base_url=server.base_url),
            now=lambda: datetime.now(UTC),
            sleep=time.sleep,
        )
        assert done.sent == 4
        assert len(server.calls) == 4


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "not_in_channel"])
def test_a_closed_channel_falls_back_to_its_backup(engine, slack, deliver, error):
    queue(engine, owner(backup="C0BACKUP"))
    slack.fault(error, channel="C0OWNER")
    done = deliver()
    assert (done.sent, done.refused) == (1, 0)
    assert [message["channel"] for message in slack.messages] == ["C0BACKUP"]
    assert rows(engine)[0].sent_channel == "C0BACKUP"
    assert "C0BACKUP" in " ".join(done.notes)


def test_an_answer_lost_at_the_backup_is_looked_up_at_the_backup(engine, slack, deliver):
    queue(engine, owner(backup="C0BACKUP"))
    slack.set_channel("C0OWNER", is_archived=True)
    slack.fault("drop_after", channel="C0BACKUP")
    assert deliver().found == 1
    assert [message["channel"] for message in slack.messages] == ["C0BACKUP"]


def test_a_refused_message_is_told_to_the_operators_once(engine, slack, deliver, clock):
    queue(engine)
    slack.set_channel("C0OWNER", exists=False)
    done = deliver(operators=operators())
    assert (done.sent, done.refused) == (0, 1)
    for _ in range(2):
        with session(engine) as opened:
            outbox.settle(opened, {fact().key}, clock.at)
            gather(opened, clock.at)
        deliver(operators=operators())
    (message,) = slack.messages
    assert message["channel"] == "C0OPERATORS"
    assert "channel:C0OWNER" in message["text"]
    assert "channel_not_found" in message["text"]


def test_a_mended_channel_gets_what_it_had_refused(engine, slack, deliver, clock):
    queue(engine)
    slack.set_channel("C0OWNER", is_archived=True)
    deliver(operators=operators())
    slack.set_channel("C0OWNER", is_archived=False)
    assert deliver().sent == 0
    clock.at += REFUSED_AGAIN
    assert deliver().sent == 1
    with session(engine) as opened:
        assert outbox.settle(opened, {fact().key}, clock.at).ended == 1  # undeliverable is over


def test_operators_in_a_closed_channel_make_no_endless_story(engine, slack, deliver, clock):
    queue(engine, operators(), subject="x")
    with session(engine) as opened:
        outbox.owe(opened, fact(audience=Audience.OPERATORS), [operators()], START)
        gather(opened, START)
    slack.set_channel("C0OPERATORS", exists=False)
    for _ in range(4):
        deliver(operators=operators())
        with session(engine) as opened:
            gather(opened, clock.at)
    assert len(rows(engine)) == 2


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked", "missing_scope"])
def test_a_dead_token_stops_the_round_and_leaves_everything_owed(engine, slack, deliver, error):
    for number in range(3):
        queue(engine, owner(f"C0{number}X", f"o{number}"), subject=f"campaign:n8n/{number}")
    slack.fault(error, times=99)
    done = deliver()
    assert (done.sent, done.refused, done.waiting, done.stopped) == (0, 0, 3, True)
    assert len(slack.calls) == 1
    assert len(done.notes) == 1
    assert error in " ".join(done.notes)
    slack.reset()
    assert deliver().sent == 3


def test_a_message_that_slack_does_not_take_is_refused_and_the_next_goes_on(engine, slack, deliver):
    queue(engine)
    queue(engine, subject="campaign:n8n/2")
    slack.fault("msg_too_long")
    done = deliver()
    assert (done.sent, done.refused) == (1, 1)


def test_an_unreadable_history_keeps_the_message_unclear_and_says_so(engine, slack, deliver, clock):
    queue(engine)
    slack.fault("drop_after")
    slack.fault("missing_scope", method="conversations.history", times=99)
    done = deliver(operators=operators())
    assert (done.sent, done.waiting) == (0, 1)
    assert "history" in " ".join(done.notes)
    assert rows(engine)[0].state == "sending"
    slack.faults.clear()
    clock.at += timedelta(hours=1)
    assert deliver().found == 1
    assert [message["channel"] for message in slack.messages] == ["C0OWNER"]


def test_slack_out_of_reach_ends_the_round_soon(engine, clock):
    for number in range(20):
        queue(engine, owner(f"C0{number}X", f"o{number}"), subject=f"campaign:n8n/{number}")
    client = WebClient(TOKEN, base_url="http://127.0.0.1:9/api/", timeout=2)
    done = one_round(engine, client, now=clock.now, sleep=clock.sleep)
    assert (done.sent, done.waiting, done.stopped) == (0, 20, True)
    assert {row.state for row in rows(engine)} == {"queued"}
    assert "does not answer" in " ".join(done.notes)


def test_two_senders_at_once_send_once(either, slack, client):
    ids = [queue(either, owner(f"C0{n}X", f"o{n}"), subject=f"campaign:n8n/{n}")[0] for n in range(6)]
    with ThreadPoolExecutor(3) as pool:
        rounds = [pool.submit(at_one_instant, either, client) for _ in range(3)]
    assert sum(each.result().sent for each in rounds) == 6
    assert sorted(told(slack)) == sorted(ids)


def at_one_instant(engine, client):
    """Each has a clock of its own: none waits for what another one has slept."""
    clock = Clock(START)
    return one_round(engine, client, now=clock.now, sleep=clock.sleep)


def test_two_senders_that_clear_up_the_same_message_repeat_it_once(engine, slack, client, clock):
    """The second one sends while the first is still reading the history."""
    (delivery,) = queue(engine)
    slack.fault("drop_before")
    one_round(engine, client, now=clock.now, sleep=clock.sleep, budget=timedelta(seconds=1))
    clock.at += timedelta(hours=1)

    class Slow(WebClient):
        def conversations_history(self, **arguments):
            answer = super().conversations_history(**arguments)
            assert one_round(engine, client, now=clock.now, sleep=clock.sleep).sent == 1
            return answer

    slow = Slow(TOKEN, base_url=slack.base_url, timeout=5)
    assert one_round(engine, slow, now=clock.now, sleep=clock.sleep).sent == 0
    assert told(slack) == [delivery]


def test_two_senders_of_whom_one_dies_again_repeat_it_once(engine, slack, client, clock):
    """The second one's repetition is unclear in its turn, and must not be covered by a third."""
    (delivery,) = queue(engine)
    slack.fault("drop_before")
    one_round(engine, client, now=clock.now, sleep=clock.sleep, budget=timedelta(seconds=1))
    clock.at += timedelta(hours=1)

    class Slow(WebClient):
        def conversations_history(self, **arguments):
            answer = super().conversations_history(**arguments)
            slack.fault("drop_after")
            one_round(engine, client, now=clock.now, sleep=clock.sleep, budget=timedelta(seconds=1))
            return answer

    slow = Slow(TOKEN, base_url=slack.base_url, timeout=5)
    assert one_round(engine, slow, now=clock.now, sleep=clock.sleep).sent == 0
    assert told(slack) == [delivery]


def test_a_digest_is_queued_once_a_day(engine, slack, deliver):
    for _ in range(2):
        with session(engine) as opened:
            outbox.queue(opened, delivery="2019-12-02", channel="C0OPS", text="Stand", blocks=[], at=START)
        deliver()
    assert [message["text"] for message in slack.messages] == ["Stand"]


def test_the_check_names_what_is_missing(slack, client):
    slack.set_channel("C0ARCHIVED", is_archived=True)
    slack.set_channel("C0CLOSED", is_member=False)
    slack.fault("missing_scope", method="conversations.history", channel="C0MUTE", needed="groups:history")
    found = dict(check(client, ["C0FINE", "C0ARCHIVED", "C0CLOSED", "C0MUTE", "nonsense"]))
    assert found.pop("token") == ""
    assert found.pop("channel C0FINE") == ""
    assert "groups:history" in found["channel C0MUTE"]
    assert all(found.values())
    assert len(found) == 4


def test_the_check_stops_at_a_wrong_token(slack):
    wrong = WebClient("xoxb-wrong", base_url=slack.base_url)
    ((what, mend),) = check(wrong, ["C0FINE"])
    assert what == "token"
    assert "invalid_auth" in mend


@pytest.mark.airflow
def test_the_client_comes_from_airflows_connection(slack, monkeypatch):
    extra = f'{{"base_url": "{slack.base_url}", "timeout": 7}}'
    monkeypatch.setenv(
        "AIRFLOW_CONN_SLACK_TEST",
        f'{{"conn_type": "slack", "password": "{TOKEN}", "extra": {extra}}}',
    )
    found = hook_client("slack_test")
    assert found is not None
    assert found.auth_test()["user"] == "sendepause"
    assert found.timeout == 7
    assert len(found.retry_handlers) == 3


@pytest.mark.airflow
def test_no_connection_and_no_token_are_no_client(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_EMPTY", '{"conn_type": "slack"}')
    assert hook_client("slack_nowhere") is None
    assert hook_client("slack_empty") is None


def test_a_client_that_repeats_broken_calls_still_posts_once(engine, slack, clock):
    """slack-sdk repeats a broken call by itself; for a post that would be a second message."""
    queue(engine)
    slack.fault("drop_after")
    client = WebClient(TOKEN, base_url=slack.base_url, timeout=5)
    assert client.retry_handlers
    assert one_round(engine, client, now=clock.now, sleep=clock.sleep).found == 1
    assert len(slack.messages) == 1
    assert client.retry_handlers
