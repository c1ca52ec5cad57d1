"""One thread a channel and enforcement; its first message shows how the accounts stand, and changes."""

from datetime import timedelta

import pytest
from slack_sdk import WebClient
from sqlalchemy import select
from tests.alerts.conftest import START, fact, gather, operators, owner
from tests.slack_server import TOKEN

from sendepause.alerts import deliveries, outbox, posting
from sendepause.alerts.deliveries import insert_once, queue
from sendepause.alerts.gathering import TOGETHER
from sendepause.alerts.slack import deliver as one_round
from sendepause.model import Audience, Form, Stage
from sendepause.store.database import session
from sendepause.store.tables import DeliveryRow, ThreadRow

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Alles ruhig"}}


@pytest.fixture
def deliver(engine, client, clock):
    def run(**more):
        return one_round(engine, client, now=clock.now, sleep=clock.sleep, operators=operators(), **more)

    return run


def begin_thread(engine, channel="C0OWNER", root="root-1", backup=None):
    """As ``threads.refresh`` does, without a configuration."""
    with session(engine) as opened:
        queue(
            opened, delivery=root, channel=channel, backup_channel=backup, text="Stand", blocks=[SECTION],
            at=START + timedelta(hours=1), form=Form.ROOT, enforcement="whatsapp",
        )  # fmt: skip
        values = {"channel": channel, "enforcement": "whatsapp", "root": root}
        opened.execute(insert_once(opened, ThreadRow).values(**values))


def tell(engine, *subjects, stage=Stage.PAUSED, who=None, rule="whatsapp", at=START):
    with session(engine) as opened:
        for subject in subjects:
            outbox.owe(opened, fact(subject, stage, rule=rule), [who or owner()], at)
        return gather(opened, at)


def row(engine, id) -> DeliveryRow:
    with session(engine, write=False) as opened:
        return opened.get_one(DeliveryRow, id)


def root_of(slack):
    return next(m for m in slack.messages if m["metadata"]["event_payload"]["delivery"].startswith("root"))


def test_the_thread_begins_before_its_messages_and_they_are_in_it(engine, slack, deliver):
    tell(engine, "campaign:a/1")
    begin_thread(engine)
    assert deliver().sent == 2
    root, reply = slack.messages
    assert root is root_of(slack)
    assert "thread_ts" not in root or root["thread_ts"] == root["ts"]
    assert reply["thread_ts"] == root["ts"]


def test_what_is_for_the_channel_is_shown_there_too_and_what_continues_is_not(engine, slack, deliver):
    tell(engine, "campaign:a/1")
    tell(engine, "campaign:a/2", at=START + TOGETHER)
    begin_thread(engine)
    deliver()
    _, first, later = slack.messages
    shown = {m["ts"] for m in WebClient(TOKEN, base_url=slack.base_url).conversations_history(
        channel="C0OWNER")["messages"]}  # fmt: skip
    assert first["ts"] in shown
    assert later["ts"] not in shown


@pytest.mark.parametrize("fault", ["drop_after", "500_after", "no_json"])
def test_an_unclear_reply_is_looked_up_in_its_thread(engine, slack, client, deliver, fault):
    begin_thread(engine)
    deliver()
    tell(engine, "campaign:a/1")
    tell(engine, "campaign:a/2", at=START + TOGETHER)  # in the thread alone: the channel never shows it
    slack.fault(fault, times=2)
    done = deliver()
    assert (done.sent, done.found) == (2, 2)
    assert len(slack.messages) == 3
    assert not slack.counts().get("conversations.history")


def test_a_lost_reply_is_repeated_in_its_thread(engine, slack, deliver):
    begin_thread(engine)
    tell(engine, "campaign:a/1")
    deliver(budget=timedelta(seconds=0.5))
    slack.fault("500_before")
    deliver()
    root, reply = slack.messages
    assert reply["thread_ts"] == root["ts"]


def test_a_message_that_shows_something_else_later_is_changed_once(engine, slack, deliver):
    begin_thread(engine)
    deliver()
    with session(engine) as opened:
        deliveries.show(opened, "root-1", "Stand: pausiert", [SECTION])
    assert deliver().changed == 1
    assert deliver().changed == 0
    assert root_of(slack)["text"] == "Stand: pausiert"
    assert root_of(slack)["metadata"]["event_payload"] == {"delivery": "root-1"}
    assert slack.counts()["chat.update"] == 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "500_after", "429"])
def test_a_change_that_failed_is_made_again(engine, slack, deliver, fault):
    begin_thread(engine)
    deliver()
    with session(engine) as opened:
        deliveries.show(opened, "root-1", "Stand: neu", [SECTION])
    slack.fault(fault, method="chat.update")
    deliver()
    deliver()
    assert root_of(slack)["text"] == "Stand: neu"
    assert row(engine, "root-1").shown == row(engine, "root-1").version


def test_what_changed_again_meanwhile_is_brought_too(engine, slack, client, clock):
    begin_thread(engine)
    one_round(engine, client, now=clock.now, sleep=clock.sleep)
    with session(engine) as opened:
        deliveries.show(opened, "root-1", "eins", [SECTION])

    class Slow(WebClient):
        def chat_update(self, **arguments):
            with session(engine) as opened:
                deliveries.show(opened, "root-1", "zwei", [SECTION])
            return super().chat_update(**arguments)

    one_round(engine, Slow(TOKEN, base_url=slack.base_url), now=clock.now, sleep=clock.sleep)
    assert root_of(slack)["text"] == "eins"
    one_round(engine, client, now=clock.now, sleep=clock.sleep)
    assert root_of(slack)["text"] == "zwei"


def test_where_the_first_message_was_deleted_a_new_thread_begins(engine, slack, deliver):
    begin_thread(engine)
    deliver()
    slack.delete_message(channel="C0OWNER", ts=root_of(slack)["ts"])
    tell(engine, "campaign:a/1")
    assert deliver().sent == 1, "it arrives all the same"
    with session(engine, write=False) as opened:
        assert opened.scalars(select(ThreadRow)).all() == []


def test_a_first_message_that_cannot_be_changed_any_more_ends_its_thread(engine, slack, deliver):
    begin_thread(engine)
    deliver()
    with session(engine) as opened:
        deliveries.show(opened, "root-1", "neu", [SECTION])
    slack.fault("message_not_found", method="chat.update")
    deliver()
    with session(engine, write=False) as opened:
        assert opened.scalars(select(ThreadRow)).all() == []
        assert deliveries.to_change(opened) == []


def test_a_thread_in_the_backup_channel_holds_what_goes_there(engine, slack, deliver):
    slack.set_channel("C0OWNER", is_archived=True)
    begin_thread(engine, backup="C0BACKUP")
    tell(engine, "campaign:a/1", who=owner(backup="C0BACKUP"))
    assert deliver().sent == 2
    root, reply = slack.messages
    assert {root["channel"], reply["channel"]} == {"C0BACKUP"}
    assert reply["thread_ts"] == root["ts"]


def test_what_hangs_on_no_rule_is_in_no_thread(engine, slack, deliver):
    begin_thread(engine, channel="C0OPERATORS")
    with session(engine) as opened:
        outbox.owe(
            opened, fact("system:crm", Stage.SOURCE_ILL, Audience.OPERATORS, rule=""), [operators()], START
        )
        gather(opened, START)
    deliver()
    assert "thread_ts" not in slack.messages[-1]


def test_a_history_that_others_imitate_proves_nothing(engine, slack, client, deliver):
    """Another app with our metadata in the same channel is not our message."""
    (delivery,) = tell(engine, "campaign:a/1", rule="")
    slack.fault("500_before")
    theirs = {"event_type": posting.EVENT_TYPE, "event_payload": {"delivery": delivery}}
    slack.messages.append(
        {"channel": "C0OWNER", "ts": f"{START.timestamp() + 10:.6f}", "text": "x", "bot_id": "B0OTHER",
         "metadata": theirs, "type": "message"}
    )  # fmt: skip
    deliver()
    assert sum(m.get("bot_id") == "B0EXAMPLE" for m in slack.messages) == 1


def test_an_unclear_reply_whose_thread_was_deleted_is_looked_up_in_the_channel(engine, slack, deliver):
    begin_thread(engine)
    deliver()
    slack.delete_message(channel="C0OWNER", ts=root_of(slack)["ts"])
    tell(engine, "campaign:a/1")
    slack.fault("drop_after")
    done = deliver()
    assert (done.sent, done.found) == (1, 1)
    assert sum("metadata" in m for m in slack.messages) == 1


def test_a_mended_channel_gets_a_thread_of_its_own_again(engine, slack, deliver):
    slack.set_channel("C0OWNER", is_archived=True)
    begin_thread(engine, backup="C0BACKUP")
    deliver()
    slack.set_channel("C0OWNER", is_archived=False)
    tell(engine, "campaign:a/1", who=owner(backup="C0BACKUP"))
    deliver()
    with session(engine, write=False) as opened:
        assert opened.scalars(select(ThreadRow)).all() == []


@pytest.mark.parametrize("word", ["no_permission", "access_denied"])
def test_a_channel_that_the_app_may_not_write_to_stops_no_other(engine, slack, deliver, word):
    slack.fault(word, channel="C0OWNER", times=9)
    tell(engine, "campaign:a/1", rule="")
    tell(engine, "campaign:a/2", rule="", who=owner("C0OTHER", "sued"))
    done = deliver()
    assert (done.sent, done.refused, done.stopped) == (1, 1, False)


def test_what_a_channel_refused_is_tried_again_only_while_it_is_so(engine, slack, deliver, clock):
    slack.set_channel("C0OWNER", is_archived=True)
    tell(engine, "campaign:a/1", rule="")
    deliver()
    with session(engine) as opened:
        outbox.settle(opened, set(), START)
        assert deliveries.undeliverable(opened) == []
    slack.set_channel("C0OWNER", is_archived=False)
    clock.at += timedelta(days=1)
    assert deliver().sent == 0


class TestPicture:
    PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100

    def queue(self, engine):
        with session(engine) as opened:
            queue(
                opened, delivery="digest-1", channel="C0OPERATORS", text="Stand", blocks=[SECTION], at=START,
                form=Form.DIGEST, picture=self.PNG, picture_alt="Drei Konten, alle ruhig",
            )  # fmt: skip

    def test_it_is_uploaded_and_shown_at_the_end_of_its_message(self, engine, slack, deliver):
        self.queue(engine)
        assert deliver().sent == 1
        (message,) = slack.messages
        image = message["blocks"][-1]
        assert image["type"] == "image"
        assert image["alt_text"] == "Drei Konten, alle ruhig"
        assert image["slack_file"] == {"id": row(engine, "digest-1").file}

    @pytest.mark.parametrize("fault", ["drop_after", "500_after"])
    def test_a_lost_answer_makes_no_second_message(self, engine, slack, deliver, fault):
        self.queue(engine)
        slack.fault(fault)
        deliver()
        assert len(slack.messages) == 1

    def test_an_upload_that_fails_once_is_made_again(self, engine, slack, deliver):
        self.queue(engine)
        slack.fault("500_after", method="files.getUploadURLExternal")
        deliver()
        assert slack.messages[0]["blocks"][-1]["type"] == "image"

    def test_without_the_scope_the_digest_goes_without_it_and_says_so(self, engine, slack, deliver):
        self.queue(engine)
        slack.fault("missing_scope", method="files.getUploadURLExternal", times=9)
        done = deliver()
        assert done.sent == 1
        assert "picture" in " ".join(done.notes)
        assert [block["type"] for block in slack.messages[0]["blocks"]] == ["section"]

    def test_slack_may_take_a_while_to_look_at_it(self, engine, slack, deliver):
        self.queue(engine)
        slack.fault("invalid_blocks", times=1)
        deliver()
        assert slack.messages[0]["blocks"][-1]["type"] == "image"

    def test_a_picture_that_slack_never_takes_keeps_no_digest_back(self, engine, slack, deliver):
        self.queue(engine)
        slack.fault("invalid_blocks", times=3)
        assert deliver().sent == 1
        assert [block["type"] for block in slack.messages[0]["blocks"]] == ["section"]
