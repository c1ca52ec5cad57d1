"""Channels, people, tokens and scopes, as an app meets them."""

import pytest
from slack_sdk import WebClient
from tests.slack.conftest import CHANNEL, refusal
from tests.slack_server import APP_TOKEN, TOKEN, SlackServer


class TestAChannel:
    def test_may_be_renamed(self, client, slack) -> None:
        slack.set_channel(CHANNEL, name="nord-neu")
        assert client.conversations_info(channel=CHANNEL)["channel"]["name"] == "nord-neu"

    def test_that_is_archived_is_read_but_not_written(self, client, slack) -> None:
        client.chat_postMessage(channel=CHANNEL, text="before")
        slack.set_channel(CHANNEL, is_archived=True)
        assert client.conversations_info(channel=CHANNEL)["channel"]["is_archived"]
        assert client.conversations_history(channel=CHANNEL)["messages"][0]["text"] == "before"
        assert refusal(client.chat_postMessage, channel=CHANNEL, text="t")["error"] == "is_archived"

    def test_that_the_app_is_not_in_is_seen_but_closed(self, client, slack) -> None:
        slack.set_channel(CHANNEL, is_member=False)
        assert client.conversations_info(channel=CHANNEL)["channel"]["is_member"] is False
        for call, more in ((client.chat_postMessage, {"text": "t"}), (client.conversations_history, {})):
            assert refusal(call, channel=CHANNEL, **more)["error"] == "not_in_channel"

    def test_that_is_private_does_not_exist_for_an_app_outside(self, client, slack) -> None:
        slack.set_channel(CHANNEL, is_private=True, is_member=False)
        for call, more in ((client.conversations_info, {}), (client.chat_postMessage, {"text": "t"})):
            assert refusal(call, channel=CHANNEL, **more)["error"] == "channel_not_found"

    @pytest.mark.parametrize("channel", ["#nord", "", "c0north"])
    def test_has_an_id(self, client, channel: str) -> None:
        assert refusal(client.chat_postMessage, channel=channel, text="t")["error"] == "channel_not_found"

    def test_exists_where_it_was_made(self) -> None:
        with SlackServer(channels={CHANNEL: {"name": "nord"}}) as slack:
            client = WebClient(TOKEN, base_url=slack.base_url)
            assert client.conversations_info(channel=CHANNEL)["channel"]["name"] == "nord"
            assert refusal(client.conversations_info, channel="C0SOUTH")["error"] == "channel_not_found"


class TestAPerson:
    def test_who_left_is_shown_as_deleted(self, client, slack) -> None:
        assert client.users_info(user="U0ERIKA")["user"]["deleted"] is False
        slack.set_user("U0ERIKA", deleted=True)
        assert client.users_info(user="U0ERIKA")["user"]["deleted"] is True

    def test_who_never_was_is_not_found(self, client, slack) -> None:
        slack.set_user("U0NOBODY", exists=False)
        for user in ("U0NOBODY", "erika"):
            assert refusal(client.users_info, user=user)["error"] == "user_not_found"

    def test_exists_where_they_were_made(self) -> None:
        with SlackServer(users={"U0ERIKA": {"name": "erika"}}) as slack:
            client = WebClient(TOKEN, base_url=slack.base_url)
            assert client.users_info(user="U0ERIKA")["user"]["name"] == "erika"
            assert refusal(client.users_info, user="U0OTTO")["error"] == "user_not_found"


class TestAToken:
    @pytest.mark.parametrize(
        ("token", "error"),
        [("xoxb-wrong", "invalid_auth"), ("", "not_authed"), (APP_TOKEN, "not_allowed_token_type")],
    )
    def test_is_checked(self, slack, token: str, error: str) -> None:
        client = WebClient(token, base_url=slack.base_url)
        assert refusal(client.auth_test)["error"] == error

    def test_of_a_bot_opens_no_socket(self, slack) -> None:
        client = WebClient(base_url=slack.base_url)
        answer = refusal(client.apps_connections_open, app_token=TOKEN)
        assert answer["error"] == "not_allowed_token_type"
        assert client.apps_connections_open(app_token=APP_TOKEN)["url"].startswith("ws://127.0.0.1:")

    def test_names_its_scopes(self, slack, client) -> None:
        slack.set_scopes("chat:write", "users:read")
        assert client.auth_test().headers["X-OAuth-Scopes"] == "chat:write,users:read"


NEEDS = [
    ("chat_postMessage", {"channel": CHANNEL, "text": "t"}, "chat:write"),
    ("chat_update", {"channel": CHANNEL, "ts": "1.000001", "text": "t"}, "chat:write"),
    ("chat_postEphemeral", {"channel": CHANNEL, "user": "U0ERIKA", "text": "t"}, "chat:write"),
    ("users_info", {"user": "U0ERIKA"}, "users:read"),
    ("files_getUploadURLExternal", {"filename": "a.png", "length": 1}, "files:write"),
    ("files_completeUploadExternal", {"files": [{"id": "F0123456789"}]}, "files:write"),
    ("files_info", {"file": "F0123456789"}, "files:read"),
]


class TestAScope:
    @pytest.mark.parametrize(("method", "arguments", "scope"), NEEDS)
    def test_that_is_missing_is_named(self, slack, client, method: str, arguments: dict, scope: str) -> None:
        slack.scopes.discard(scope)
        answer = refusal(getattr(client, method), **arguments)
        assert (answer["error"], answer["needed"]) == ("missing_scope", scope)
        assert answer["provided"] == ",".join(sorted(slack.scopes))

    @pytest.mark.parametrize("method", ["conversations_history", "conversations_info"])
    def test_goes_by_the_kind_of_channel(self, slack, client, method: str) -> None:
        word = "history" if method.endswith("history") else "read"
        slack.set_channel("C0PRIVATE", is_private=True)
        slack.set_scopes(f"channels:{word}")
        assert getattr(client, method)(channel=CHANNEL)["ok"]
        for private in ("C0PRIVATE", "G0OLD"):
            answer = refusal(getattr(client, method), channel=private)
            assert (answer["error"], answer["needed"]) == ("missing_scope", f"groups:{word}")

    def test_of_which_none_is_there_names_all_that_would_do(self, slack, client) -> None:
        slack.set_scopes("chat:write")
        answer = refusal(client.conversations_replies, channel=CHANNEL, ts="1.000001")
        assert answer["needed"] == "channels:history,groups:history,mpim:history,im:history"

    def test_is_not_needed_for_ones_own_token(self, slack, client) -> None:
        slack.set_scopes()
        assert client.auth_test()["user_id"]


def test_a_method_that_is_none_is_said_to_be_unknown(client) -> None:
    assert refusal(client.api_call, api_method="chat.shout")["error"] == "unknown_method"
