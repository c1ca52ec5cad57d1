"""How fast Slack lets an app call: counted by a clock of the test's own, and answered over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from tests.slack.conftest import CHANNEL, refusal
from tests.slack_limits import WAYS, Chaos, Limiter, Limits
from tests.slack_server import TOKEN, SlackServer

POST = "chat.postMessage"


def taken(limiter: Limiter, method: str, calls: int, at: float, channel: str = CHANNEL) -> int:
    """How many of so many calls at one moment are let through."""
    return sum(limiter.wait(method, channel, at) == 0 for _ in range(calls))


class TestAChannel:
    def test_takes_a_small_burst_and_then_one_message_a_second(self) -> None:
        limiter = Limiter(Limits(channel_burst=3))
        assert taken(limiter, POST, 10, at=100.0) == 3
        assert limiter.wait(POST, CHANNEL, 100.25) == pytest.approx(0.75)
        assert [taken(limiter, POST, 5, at=101.0 + second) for second in range(3)] == [1, 1, 1]

    def test_gathers_its_burst_again_when_it_rests(self) -> None:
        limiter = Limiter(Limits(channel_burst=3))
        taken(limiter, POST, 3, at=100.0)
        assert taken(limiter, POST, 10, at=200.0) == 3

    def test_does_not_wait_for_another(self) -> None:
        limiter = Limiter(Limits())
        taken(limiter, POST, 10, at=100.0)
        assert taken(limiter, POST, 1, at=100.0, channel="C0SOUTH") == 1


class TestTheWorkspace:
    def test_takes_so_many_messages_in_any_minute(self) -> None:
        limiter = Limiter(Limits(workspace_a_minute=300))
        assert sum(taken(limiter, POST, 1, at=100.0, channel=f"C{n}") for n in range(400)) == 300
        assert limiter.wait(POST, "C999", 130.0) == pytest.approx(30.0)
        assert sum(taken(limiter, POST, 1, at=160.0, channel=f"C{n}") for n in range(400)) == 300

    def test_does_not_count_what_the_channel_refused(self) -> None:
        limiter = Limiter(Limits(workspace_a_minute=4, channel_burst=3))
        taken(limiter, POST, 10, at=100.0)
        assert taken(limiter, POST, 10, at=100.0, channel="C0SOUTH") == 1


class TestAMethod:
    @pytest.mark.parametrize(
        ("method", "calls"),
        [
            ("chat.update", 50),
            ("conversations.history", 50),
            ("conversations.replies", 50),
            ("conversations.info", 50),
            ("apps.connections.open", 50),
            ("chat.postEphemeral", 100),
            ("users.info", 100),
            ("views.open", 100),
            ("files.getUploadURLExternal", 100),
            ("files.completeUploadExternal", 100),
        ],
    )
    def test_has_the_calls_of_its_tier_in_any_minute(self, method: str, calls: int) -> None:
        limiter = Limiter(Limits())
        assert taken(limiter, method, 200, at=100.0) == calls
        assert limiter.wait(method, CHANNEL, 159.0) == pytest.approx(1.0)
        assert taken(limiter, method, 200, at=160.0) == calls

    def test_has_its_own_count(self) -> None:
        limiter = Limiter(Limits())
        taken(limiter, "chat.update", 50, at=100.0)
        assert limiter.wait("conversations.history", CHANNEL, 100.0) == 0
        assert limiter.wait("auth.test", CHANNEL, 100.0) == 0


class TestTheShortestTime:
    def test_is_a_channels_where_one_has_most(self) -> None:
        assert Limits(channel_burst=3).least_seconds({"C0A": 13, "C0B": 1}) == 10

    def test_is_the_workspaces_where_there_are_many(self) -> None:
        assert Limits(workspace_a_minute=300).least_seconds({f"C{n}": 10 for n in range(200)}) == 360

    def test_is_none_for_a_few(self) -> None:
        assert Limits().least_seconds({"C0A": 1, "C0B": 2}) == 0

    def test_is_both_where_a_full_minute_keeps_a_channel_from_its_seconds(self) -> None:
        """Seven by second 3, the other seven of the channel with most in seconds 60 to 65."""
        limits = Limits(workspace_a_minute=7, channel_burst=2)
        assert limits.least_seconds({"C0A": 2, "C0B": 12}) == pytest.approx(65)


class TestAnAnswer:
    def test_is_429_with_whole_seconds_to_wait(self) -> None:
        with SlackServer(limits=Limits(channel_burst=1, channel_a_second=0.5)) as slack:
            client = WebClient(TOKEN, base_url=slack.base_url)
            client.chat_postMessage(channel=CHANNEL, text="1")
            with pytest.raises(Exception, match="ratelimited") as raised:
                client.chat_postMessage(channel=CHANNEL, text="2")
            assert raised.value.response.status_code == 429
            assert raised.value.response.headers["Retry-After"] == "2"
            assert len(slack.messages) == 1

    def test_is_obeyed_by_slack_sdks_own_handler(self) -> None:
        with SlackServer(limits=Limits(channel_burst=1)) as slack:
            client = WebClient(TOKEN, base_url=slack.base_url, retry_handlers=[RateLimitErrorRetryHandler()])
            for number in range(2):
                client.chat_postMessage(channel=CHANNEL, text=str(number))
            assert len(slack.messages) == 2
            assert slack.counts() == {POST: 3}

    def test_may_be_hidden_in_a_200(self) -> None:
        with SlackServer(limits=Limits(channel_burst=1, inside_200=True)) as slack:
            client = WebClient(TOKEN, base_url=slack.base_url)
            client.chat_postMessage(channel=CHANNEL, text="1")
            answer = refusal(client.chat_postMessage, channel=CHANNEL, text="2")
            assert answer == {"ok": False, "error": "ratelimited"}

    def test_limits_nothing_unless_told_to(self, slack, client) -> None:
        for number in range(60):
            client.chat_postMessage(channel=CHANNEL, text=str(number))
        assert len(slack.messages) == 60

    def test_can_be_limited_later_and_let_go_again(self, slack, client) -> None:
        slack.limit(Limits(channel_burst=1))
        client.chat_postMessage(channel=CHANNEL, text="1")
        assert refusal(client.chat_postMessage, channel=CHANNEL, text="2")["error"] == "ratelimited"
        slack.limit(None)
        client.chat_postMessage(channel=CHANNEL, text="3")


class TestChaos:
    def test_fails_the_share_in_turn_in_every_way_and_always_alike(self) -> None:
        def run(seed: int) -> list[str]:
            chaos = Chaos(share=0.1, seed=seed)
            return [chaos.fault(POST).get("fault", "") for _ in range(2_000)]

        failed = [fault for fault in run(1) if fault]
        assert 150 < len(failed) < 250
        assert failed[: len(WAYS)] == list(WAYS)
        assert run(1) == run(1) != run(2)

    def test_spares_other_methods(self) -> None:
        chaos = Chaos(share=1.0, methods=[POST])
        assert not chaos.fault("auth.test")
        assert chaos.fault(POST)

    def test_in_every_way_a_message_is_kept_or_not_as_its_name_says(self, slack) -> None:
        client = WebClient(TOKEN, base_url=slack.base_url, timeout=2, retry_handlers=[])
        chaos = slack.chaos(share=1.0, seconds=0.05)
        for number in range(len(WAYS)):
            with pytest.raises(Exception):  # noqa: B017 each way has an exception of its own
                client.chat_postMessage(channel=CHANNEL, text=WAYS[number])
        assert chaos.failed == dict.fromkeys(WAYS, 1)
        kept = {message["text"] for message in slack.messages}
        assert kept == {"drop_after", "500_after", "hang_after", "no_json"}
        slack.chaos(share=0)
        client.chat_postMessage(channel=CHANNEL, text="well again")

    def test_holds_a_hanging_call_so_long(self, slack) -> None:
        slack.fault("hang_before", seconds=0.2)
        began = time.monotonic()
        with pytest.raises(Exception):  # noqa: B017
            WebClient(TOKEN, base_url=slack.base_url, retry_handlers=[]).chat_postMessage(
                channel=CHANNEL, text="t"
            )
        assert time.monotonic() - began >= 0.2


def test_many_clients_at_once_lose_and_double_nothing(slack) -> None:
    client = WebClient(TOKEN, base_url=slack.base_url)

    def post(number: int) -> str:
        return client.chat_postMessage(channel=f"C0{number % 20}", text=str(number))["ts"]

    with ThreadPoolExecutor(32) as pool:
        stamps = list(pool.map(post, range(400)))
    assert len(set(stamps)) == len(slack.messages) == 400
    assert slack.counts() == {POST: 400}
