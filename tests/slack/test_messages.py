"""Posting, threads, changing, reading back."""

from typing import Any

import pytest
from tests.slack.conftest import CHANNEL, asking, button, mrkdwn, refusal

META = {"event_type": "sendepause_alert", "event_payload": {"delivery": "d1"}}


@pytest.fixture
def post(client):
    def posted(text: str = "t", **more: Any) -> str:
        return client.chat_postMessage(channel=CHANNEL, text=text, **more)["ts"]

    return posted


def texts(answer: Any) -> list[str]:
    return [message["text"] for message in answer["messages"]]


class TestText:
    @pytest.mark.filterwarnings("ignore:The top-level")
    def test_a_text_or_blocks(self, client) -> None:
        client.chat_postMessage(channel=CHANNEL, blocks=asking())
        assert refusal(client.chat_postMessage, channel=CHANNEL, text="")["error"] == "no_text"

    def test_up_to_40_000_characters(self, client) -> None:
        client.chat_postMessage(channel=CHANNEL, text="x" * 40_000)
        answer = refusal(client.chat_postMessage, channel=CHANNEL, text="x" * 40_001)
        assert answer["error"] == "msg_too_long"

    def test_that_looks_like_json_stays_a_text(self, client, slack) -> None:
        client.chat_postMessage(channel=CHANNEL, text="[1]")
        assert slack.messages[0]["text"] == "[1]"

    def test_whether_links_unfold_is_kept(self, client, slack) -> None:
        client.chat_postMessage(channel=CHANNEL, text="t", unfurl_links=False, unfurl_media=False)
        assert (slack.messages[0]["unfurl_links"], slack.messages[0]["unfurl_media"]) == (False, False)


class TestMetadata:
    @pytest.mark.parametrize(
        "payload", [{}, {"a": "x", "b": 1, "c": True}, {"a": {"b": 1.5}}, {"a": [{"b": "c"}, {"d": 2}]}]
    )
    def test_of_the_allowed_shape_come_back(self, client, payload: Any) -> None:
        metadata = {"event_type": "sendepause_alert", "event_payload": payload}
        client.chat_postMessage(channel=CHANNEL, text="t", metadata=metadata)
        found = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"][0]
        assert found["metadata"] == metadata

    @pytest.mark.parametrize(
        ("metadata", "error"),
        [
            ("{", "invalid_metadata_format"),
            ({"event_type": "a"}, "invalid_metadata_format"),
            ({"event_type": 1, "event_payload": {}}, "invalid_metadata_format"),
            ({"event_type": "a", "event_payload": []}, "invalid_metadata_format"),
            ({**META, "more": 1}, "invalid_metadata_format"),
            ({"event_type": "a", "event_payload": {"a": None}}, "invalid_metadata_schema"),
            ({"event_type": "a", "event_payload": {"a": ["b"]}}, "invalid_metadata_schema"),
            ({"event_type": "a", "event_payload": {"a": {"b": {"c": 1}}}}, "invalid_metadata_schema"),
            ({"event_type": "a", "event_payload": {"a": "x" * 8_000}}, "metadata_too_large"),
        ],
    )
    def test_of_another_shape_are_refused(self, client, metadata: Any, error: str) -> None:
        assert (
            refusal(client.chat_postMessage, channel=CHANNEL, text="t", metadata=metadata)["error"] == error
        )

    def test_come_without_their_payload_unless_asked_for(self, client, post) -> None:
        post(metadata=META)
        shown = client.conversations_history(channel=CHANNEL)["messages"][0]
        assert shown["metadata"] == {"event_type": "sendepause_alert"}

    @pytest.mark.parametrize("kind", ["sendepause.alert", "has space", ""])
    def test_of_an_event_type_that_is_none_are_dropped_with_a_warning_alone(
        self, client, post, slack, kind: str
    ) -> None:
        """docs.slack.dev/messaging/message-metadata: "and is ignored"."""
        metadata = {"event_type": kind, "event_payload": {"delivery": "d1"}}
        answer = client.chat_postMessage(channel=CHANNEL, text="t", metadata=metadata)
        assert answer["ok"]
        assert answer["warning"] == "invalid_metadata_schema"
        assert "metadata" not in answer["message"]
        assert "metadata" not in slack.messages[0]

    def test_that_were_kept_are_in_the_answer(self, client) -> None:
        answer = client.chat_postMessage(channel=CHANNEL, text="t", metadata={**META, "event_type": "a-b_1"})
        assert answer["message"]["metadata"]["event_payload"] == {"delivery": "d1"}
        assert "warning" not in answer


class TestAThread:
    def test_is_read_with_its_root_oldest_first(self, client, post) -> None:
        root = post("root")
        for number in range(3):
            post(f"reply {number}", thread_ts=root)
        answer = client.conversations_replies(channel=CHANNEL, ts=root)
        assert texts(answer) == ["root", "reply 0", "reply 1", "reply 2"]
        assert answer["messages"][0]["reply_count"] == 3
        assert all(message["thread_ts"] == root for message in answer["messages"])

    def test_does_not_show_in_the_channel_but_for_its_root(self, client, post) -> None:
        post("reply", thread_ts=post("root"))
        assert texts(client.conversations_history(channel=CHANNEL)) == ["root"]

    def test_shows_in_the_channel_what_was_sent_there_too(self, client, post) -> None:
        post("reply", thread_ts=post("root"), reply_broadcast=True)
        assert texts(client.conversations_history(channel=CHANNEL)) == ["reply", "root"]

    def test_is_found_by_any_of_its_messages(self, client, post) -> None:
        reply = post("reply", thread_ts=post("root"))
        assert texts(client.conversations_replies(channel=CHANNEL, ts=reply)) == ["root", "reply"]

    def test_goes_on_where_a_reply_is_answered(self, client, post, slack) -> None:
        root = post("root")
        post("second", thread_ts=post("first", thread_ts=root))
        assert slack.messages[2]["thread_ts"] == root

    def test_of_one_message_is_that_message(self, client, post) -> None:
        assert texts(client.conversations_replies(channel=CHANNEL, ts=post("alone"))) == ["alone"]

    def test_that_is_none_is_not_found(self, client) -> None:
        answer = refusal(client.conversations_replies, channel=CHANNEL, ts="1575000000.000100")
        assert answer["error"] == "thread_not_found"

    def test_of_another_channel_is_not_found(self, client, post) -> None:
        answer = refusal(client.conversations_replies, channel="C0SOUTH", ts=post())
        assert answer["error"] == "thread_not_found"

    def test_whose_root_is_gone_sends_the_reply_to_the_channel(self, client, post, slack) -> None:
        """Slack says nothing of it but by the missing ``thread_ts`` (slack-go/slack#1571)."""
        root = post("root")
        slack.delete_message(CHANNEL, root)
        answer = client.chat_postMessage(channel=CHANNEL, text="late", thread_ts=root)
        assert "thread_ts" not in answer["message"]
        assert texts(client.conversations_history(channel=CHANNEL)) == ["late"]

    def test_lives_on_below_a_root_that_was_deleted_later(self, client, post, slack) -> None:
        root = post("root", metadata=META)
        post("reply", thread_ts=root)
        slack.delete_message(CHANNEL, root)
        shown = client.conversations_replies(channel=CHANNEL, ts=root, include_all_metadata=True)["messages"]
        assert [message["text"] for message in shown] == ["This message was deleted.", "reply"]
        assert "metadata" not in shown[0]
        answer = refusal(client.chat_update, channel=CHANNEL, ts=root, text="new")
        assert answer["error"] == "message_not_found"


class TestPages:
    @pytest.fixture
    def root(self, post) -> str:
        root = post("root")
        for number in range(5):
            post(str(number), thread_ts=root, metadata=META)
        return root

    def test_of_a_thread_go_forward(self, client, root) -> None:
        pages, cursor = [], None
        while True:
            page = client.conversations_replies(channel=CHANNEL, ts=root, limit=2, cursor=cursor)
            pages.append(texts(page))
            if not page["has_more"]:
                break
            cursor = page["response_metadata"]["next_cursor"]
        assert pages == [["root", "0"], ["1", "2"], ["3", "4"]]

    def test_of_a_channel_go_back(self, client, post) -> None:
        for number in range(5):
            post(str(number))
        first = client.conversations_history(channel=CHANNEL, limit=2)
        cursor = first["response_metadata"]["next_cursor"]
        post("meanwhile")
        second = client.conversations_history(channel=CHANNEL, limit=9, cursor=cursor)
        assert (texts(first), texts(second)) == (["4", "3"], ["2", "1", "0"])
        assert not second["has_more"]

    def test_slack_sdk_walks_them(self, client, root) -> None:
        pages = client.conversations_replies(channel=CHANNEL, ts=root, limit=4)
        assert [text for page in pages for text in texts(page)] == ["root", "0", "1", "2", "3", "4"]

    def test_carry_metadata_where_asked_for(self, client, root) -> None:
        page = client.conversations_replies(channel=CHANNEL, ts=root, include_all_metadata=True)
        assert [message.get("metadata") for message in page["messages"]] == [None] + [META] * 5

    @pytest.mark.parametrize(
        ("inclusive", "found"), [(False, ["root", "2", "3"]), (True, ["root", "1", "2", "3", "4"])]
    )
    def test_lie_between_two_moments(self, client, slack, root, inclusive: bool, found: list[str]) -> None:
        edges = {"oldest": slack.messages[2]["ts"], "latest": slack.messages[5]["ts"]}
        page = client.conversations_replies(channel=CHANNEL, ts=root, inclusive=inclusive, **edges)
        assert texts(page) == found

    def test_of_a_channel_lie_between_two_moments(self, client, post) -> None:
        first, _, third = post("0"), post("1"), post("2")
        page = client.conversations_history(channel=CHANNEL, oldest=first, latest=third)
        assert texts(page) == ["1"]

    @pytest.mark.parametrize(
        ("argument", "value", "error"),
        [
            ("cursor", "???", "invalid_cursor"),
            ("oldest", "yesterday", "invalid_ts_oldest"),
            ("latest", "-1", "invalid_ts_latest"),
        ],
    )
    def test_asked_for_wrongly_are_refused(self, client, root, argument: str, value: str, error: str) -> None:
        for call, more in ((client.conversations_history, {}), (client.conversations_replies, {"ts": root})):
            assert refusal(call, channel=CHANNEL, **more, **{argument: value})["error"] == error


class TestChanging:
    def test_gives_new_blocks_and_keeps_the_rest(self, client, post, slack) -> None:
        ts = post(blocks=asking(), metadata=META)
        answer = client.chat_update(channel=CHANNEL, ts=ts, text="new", blocks=asking(button(value="2")))
        message = slack.messages[0]
        assert (answer["ts"], answer["text"]) == (ts, "new")
        assert message["blocks"][1]["elements"][0]["value"] == "2"
        assert message["metadata"] == META
        assert "edited" not in message

    def test_to_a_bare_text_takes_the_blocks_and_shows_as_edited(self, client, post, slack) -> None:
        client.chat_update(channel=CHANNEL, ts=post(blocks=asking()), text="new")
        assert "blocks" not in slack.messages[0]
        assert slack.messages[0]["edited"]

    def test_replaces_and_takes_metadata(self, client, post, slack) -> None:
        ts = post(metadata=META)
        other = {"event_type": "sendepause_root", "event_payload": {"root": "r1"}}
        client.chat_update(channel=CHANNEL, ts=ts, text="new", metadata=other)
        assert slack.messages[0]["metadata"] == other
        client.chat_update(channel=CHANNEL, ts=ts, text="new", metadata={})
        assert "metadata" not in slack.messages[0]

    def test_leaves_a_reply_in_its_thread(self, client, post) -> None:
        root = post("root")
        client.chat_update(channel=CHANNEL, ts=post("reply", thread_ts=root), text="new")
        assert texts(client.conversations_replies(channel=CHANNEL, ts=root)) == ["root", "new"]

    def test_takes_4_000_characters_of_text_and_no_more(self, client, post) -> None:
        ts = post()
        client.chat_update(channel=CHANNEL, ts=ts, text="x" * 4_000, blocks=asking())
        answer = refusal(client.chat_update, channel=CHANNEL, ts=ts, text="x" * 4_001, blocks=asking())
        assert answer["error"] == "msg_too_long"

    def test_checks_blocks_as_posting_does(self, client, post) -> None:
        answer = refusal(client.chat_update, channel=CHANNEL, ts=post(), text="t", blocks=[{"type": "x"}])
        assert answer["errors"] == ["unsupported type: x [json-pointer:/blocks/0/type]"]

    def test_is_for_ones_own_messages(self, client, slack) -> None:
        slack.messages.append({"channel": CHANNEL, "ts": "1575000000.000100", "text": "Moin", "user": "U0E"})
        answer = refusal(client.chat_update, channel=CHANNEL, ts="1575000000.000100", text="new")
        assert answer["error"] == "cant_update_message"

    @pytest.mark.parametrize("channel", [CHANNEL, "C0SOUTH"])
    def test_needs_a_message(self, client, post, channel: str) -> None:
        ts = "1575000000.000100" if channel == CHANNEL else post()
        assert refusal(client.chat_update, channel=channel, ts=ts, text="new")["error"] == "message_not_found"

    def test_is_over_in_an_archived_channel(self, client, post, slack) -> None:
        ts = post()
        slack.set_channel(CHANNEL, is_archived=True)
        assert refusal(client.chat_update, channel=CHANNEL, ts=ts, text="new")["error"] == "is_inactive"

    @pytest.mark.filterwarnings("ignore:The top-level")
    def test_can_send_a_reply_to_the_channel_later_but_not_change_it_at_once(self, client, post) -> None:
        reply = post("reply", thread_ts=post("root"))
        answer = refusal(client.chat_update, channel=CHANNEL, ts=reply, text="new", reply_broadcast=True)
        assert answer["error"] == "no_dual_broadcast_content_update"
        client.chat_update(channel=CHANNEL, ts=reply, reply_broadcast=True)
        assert texts(client.conversations_history(channel=CHANNEL)) == ["reply", "root"]


class TestAMessageForOne:
    def test_is_seen_by_one_and_kept_nowhere(self, client, slack) -> None:
        client.chat_postEphemeral(channel=CHANNEL, user="U0ERIKA", text="Danke", blocks=asking())
        assert (slack.ephemeral[0]["user"], slack.ephemeral[0]["text"]) == ("U0ERIKA", "Danke")
        assert client.conversations_history(channel=CHANNEL)["messages"] == []

    def test_needs_its_reader_in_the_channel(self, client, slack) -> None:
        slack.set_user("U0ERIKA", channels=["C0SOUTH"])
        answer = refusal(client.chat_postEphemeral, channel=CHANNEL, user="U0ERIKA", text="Danke")
        assert answer["error"] == "user_not_in_channel"

    def test_is_checked_as_any_other(self, client) -> None:
        answer = refusal(
            client.chat_postEphemeral,
            channel=CHANNEL,
            user="U0ERIKA",
            text="t",
            blocks=[{"type": "header", "text": mrkdwn()}],
        )
        assert answer["error"] == "invalid_blocks"
