"""Evolution API: bots and webhooks that can be switched, instances that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.gateways import KEY, EvolutionServer, serve_gateway
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT, PATIENCE, TOO_LATE

from sendepause import campaigns
from sendepause.assigning import assign
from sendepause.campaigns.base import (
    Access,
    Backlog,
    BacklogKind,
    Campaigns,
    Checks,
    Connector,
    GoesOn,
    UnderWay,
)
from sendepause.campaigns.evolution_items import BOTS, EVENTS, events_of, item_of, version_of
from sendepause.errors import BadInput, Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import AccountBy, Campaign, CampaignState, Evidence, Level, Sender, Via
from sendepause.settings import SystemSettings

OTHER = "+4930123451"
NAME = "Filiale Mitte/2"  # names of instances hold what people like


def connect(
    url: str, *, seconds: float = 5, key: str = KEY, accounts: dict[str, Any] | None = None, **settings: Any
) -> Connector:
    system = SystemSettings(
        id="evolution",
        connector="evolution",
        connection="evolution",
        timeout_seconds=seconds,
        accounts=accounts or {},
        settings=settings,
    )
    return campaigns.connect(system, Access("http", url, password=key))


@pytest.fixture
def server() -> Iterator[EvolutionServer]:
    gateway = EvolutionServer()
    with serve_gateway(gateway):
        yield gateway


def listed(connector: Connector) -> dict[str, Campaign]:
    return {one.id: one for one in run(connector.list())}


class OneKindOfBot(Connector):
    """The bots of one kind and one instance, under their own ids: what the contract looks at."""

    def __init__(self, inner: Connector) -> None:
        self.system, self.capabilities, self._inner = inner.system, inner.capabilities, inner
        self._prefix = f"bot/flowise/{NAME}/"

    async def list(self) -> Campaigns:
        found = [one for one in await self._inner.list() if one.id.startswith(self._prefix)]
        return [replace(one, id=one.id.removeprefix(self._prefix)) for one in found]

    async def read_state(self, id: str) -> CampaignState:
        return await self._inner.read_state(self._prefix + id)

    async def pause(self, id: str) -> None:
        await self._inner.pause(self._prefix + id)

    async def resume(self, id: str, version: str | None) -> None:
        await self._inner.resume(self._prefix + id, version)

    async def under_way(self, id: str) -> UnderWay:
        return await self._inner.under_way(self._prefix + id)

    async def backlog(self, id: str) -> Backlog:
        return await self._inner.backlog(self._prefix + id)

    async def check(self) -> Checks:
        return await self._inner.check()


class BotGround:
    """One instance with bots that listen to a word each."""

    secret = KEY

    def __init__(self, server: EvolutionServer) -> None:
        self.server = server
        self.connector: Connector = OneKindOfBot(connect(server.url))

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        self.server.put(NAME, ownerJid=account)
        enabled = {"running": True, "paused": False}.get(state, state)
        self.server.put_bot(
            "flowise", NAME, id, enabled, triggerType="keyword", triggerOperator="equals", triggerValue=id
        )

    def state(self, id: str) -> str:
        (bot,) = (bot for bot in self.server.bots["flowise", NAME] if bot["id"] == id)
        return "running" if bot["enabled"] else "paused"

    def lie(self) -> None:
        self.server.lies = True

    def lose_answers(self) -> None:
        self.connector = OneKindOfBot(connect(self.server.url, seconds=PATIENCE))
        self.server.answers_after = TOO_LATE

    def go_down(self) -> None:
        self.connector = OneKindOfBot(connect(f"http://127.0.0.1:{CLOSED_PORT}"))


class TestEvolutionBots(Contract):
    @pytest.fixture
    def ground(self, server: EvolutionServer) -> BotGround:
        return BotGround(server)


# -- what is listed


def test_an_instance_its_bots_and_its_webhook_are_listed_with_what_can_be_done(
    server: EvolutionServer,
) -> None:
    server.put(NAME)
    server.put_bot("openai", NAME, "b1", description="Answers at night")
    server.webhooks[NAME] = {"url": "http://crm/in", "enabled": True, "events": ["MESSAGES_UPSERT"]}
    found = listed(connect(server.url))
    instance, bot, webhook = (
        found[f"instance/{NAME}"], found[f"bot/openai/{NAME}/b1"], found[f"webhook/{NAME}"]
    )  # fmt: skip
    assert (instance.level, instance.pausable) == (Level.SESSION, False)
    assert (bot.level, bot.pausable, bot.name) == (Level.CAMPAIGN, True, f"Answers at night ({NAME})")
    assert (webhook.level, webhook.pausable) == (Level.SESSION, True)
    for one in found.values():
        assert (one.state, one.account) == (CampaignState.RUNNING, ACCOUNT)
        assert one.senders == (Sender(Via.EVOLUTION, server.url, NAME),)
    assert len(found) == 3


@pytest.mark.parametrize("kind", BOTS)
def test_every_kind_of_bot_is_found_switched_and_read_back(server: EvolutionServer, kind: str) -> None:
    server.put("main")
    server.put_bot(kind, "main", "b1")
    connector, id = connect(server.url), f"bot/{kind}/main/b1"
    assert listed(connector)[id].pausable
    for call, state in (
        (connector.pause(id), CampaignState.PAUSED),
        (connector.resume(id, None), CampaignState.RUNNING),
    ):
        run(call)
        assert run(connector.read_state(id)) is state


def test_kinds_of_bots_that_the_server_does_not_have_are_no_trouble(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("dify", "main", "b1")
    server.kinds_off = {"dify", "evoai"}
    connector = connect(server.url)
    assert list(listed(connector)) == ["instance/main"]
    assert run(connector.read_state("bot/dify/main/b1")) is CampaignState.UNKNOWN


@pytest.mark.parametrize("told", [b"", b"<html>", {}, [{"enabled": True}], [{"id": 1}]])
def test_bots_that_cannot_be_read_are_an_error_and_not_none(server: EvolutionServer, told: Any) -> None:
    server.put("main")
    instances, live = list(server.instances.values()), {"instance": {"state": "open"}}
    server.scripted = [(200, instances), (200, live), (200, told)]
    assert isinstance(trouble(connect(server.url).list()), BadInput)


@pytest.mark.parametrize(
    "told", [b"", b"<html>", {}, [{"instance": {"instanceName": "old"}}], [{"name": None}], [{"name": ""}]]
)
def test_an_answer_without_instances_is_an_error_and_not_an_empty_list(
    server: EvolutionServer, told: Any
) -> None:
    server.scripted = [(200, told)]
    assert isinstance(trouble(connect(server.url).list()), BadInput)


def test_a_bot_whose_id_is_too_long_is_left_out_and_the_others_stay(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("n8n", "main", "x" * 300)
    server.put_bot("n8n", "main", "b1", triggerType="keyword")
    assert list(listed(connect(server.url))) == ["instance/main", "bot/n8n/main/b1"]


# -- whose number it is


def test_an_instance_of_the_platform_shows_a_phone_number_id_and_that_is_no_number(
    server: EvolutionServer,
) -> None:
    server.put("cloud", integration="WHATSAPP-BUSINESS", number="493012345678", ownerJid=None)
    connector = connect(server.url)
    (one,) = listed(connector).values()
    assert (one.account, one.account_by) == (None, AccountBy.UNKNOWN)
    assert one.senders == (Sender(Via.CLOUD_API, "", "493012345678"),)
    assert run(connector.directory()) == []
    mapped = connect(server.url, accounts={"instance/cloud": OTHER})
    assert listed(mapped)["instance/cloud"].account == OTHER
    (entry,) = run(mapped.directory())
    assert (entry.account, entry.evidence) == (OTHER, Evidence.PLATFORM)


@pytest.mark.parametrize(
    ("fields", "account"),
    [
        ({"ownerJid": "4930123450:12@s.whatsapp.net"}, ACCOUNT),
        ({"ownerJid": None, "number": "4930123450"}, ACCOUNT),
        ({"ownerJid": "123456789012345@lid", "number": None}, None),
        ({"ownerJid": "", "number": ""}, None),
    ],
)
def test_a_number_is_the_connected_one_or_the_one_that_was_given(
    server: EvolutionServer, fields: dict[str, Any], account: str | None
) -> None:
    server.put("main", **fields)
    connector = connect(server.url, known_as=["http://evolution:8080"])
    assert listed(connector)["instance/main"].account == account
    entries = {entry.sender: (entry.account, entry.evidence) for entry in run(connector.directory())}
    names = [Sender(Via.EVOLUTION, url, "main") for url in (server.url, "http://evolution:8080")]
    assert entries == (dict.fromkeys(names, (account, Evidence.CONSUMER)) if account else {})


def test_a_mapping_that_the_instance_contradicts_is_reported_for_its_bots(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("n8n", "main", "b1")
    connector = connect(server.url, accounts={"instance/main": OTHER})
    bot = listed(connector)["bot/n8n/main/b1"]
    (assigned,) = assign([bot], run(connector.directory()), {}, {})
    assert assigned.account_by is AccountBy.CONTRADICTED
    assert {assigned.account, *assigned.also} == {ACCOUNT, OTHER}


# -- instances


@pytest.mark.parametrize(
    ("live", "stored", "state"),
    [
        ("open", "open", CampaignState.RUNNING),
        ("open", "connecting", CampaignState.RUNNING),
        ("connecting", "connecting", CampaignState.UNKNOWN),
        ("close", "open", CampaignState.UNKNOWN),  # it is reconnecting, or the server has just been started
        ("close", "close", CampaignState.PAUSED),  # logged out
        (None, "close", CampaignState.UNKNOWN),  # not loaded: the key is absent
        ("refused", "close", CampaignState.UNKNOWN),
    ],
)
def test_an_instance_is_paused_only_where_server_and_database_say_so(
    server: EvolutionServer, live: str | None, stored: str, state: CampaignState
) -> None:
    server.put("main", state=stored)
    server.live["main"] = live
    connector = connect(server.url)
    assert listed(connector)["instance/main"].state is state
    assert run(connector.read_state("instance/main")) is state


def test_an_instance_that_is_not_loaded_is_unknown(server: EvolutionServer) -> None:
    server.put("main")
    server.webhooks["main"] = {"url": "http://crm/in", "enabled": False, "events": []}
    del server.live["main"]
    connector = connect(server.url)
    assert list(listed(connector)) == ["instance/main"]
    for id in ("instance/main", "webhook/main"):
        assert run(connector.read_state(id)) is CampaignState.UNKNOWN


def test_an_instance_is_never_logged_out_from_here(server: EvolutionServer) -> None:
    server.put("main")
    connector = connect(server.url)
    for call in (connector.pause("instance/main"), connector.resume("instance/main", None)):
        error = trouble(call)
        assert isinstance(error, Refused) and "Linked devices" in error.mend
    assert server.writes == []


# -- bots


def test_switching_a_bot_loses_none_of_its_fields(server: EvolutionServer) -> None:
    server.put("main")
    prompt = {
        "systemMessages": ["Be kind."],
        "maxTokens": 300,
        "keepOpen": False,
        "expire": 0,
        "triggerValue": "",
    }
    server.put_bot("openai", "main", "b1", **prompt)
    before = dict(server.bots["openai", "main"][0])
    connector = connect(server.url)
    run(connector.pause("bot/openai/main/b1"))
    assert server.bots["openai", "main"][0] == before | {"enabled": False}
    run(connector.resume("bot/openai/main/b1", None))
    assert server.bots["openai", "main"][0] == before


def test_a_bot_that_is_off_and_stands_in_for_all_others_still_runs(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("typebot", "main", "b1")
    server.fallback["typebot", "main"] = "b1"
    connector = connect(server.url)
    assert not listed(connector)["bot/typebot/main/b1"].pausable
    run(connector.pause("bot/typebot/main/b1"))
    assert run(connector.read_state("bot/typebot/main/b1")) is CampaignState.RUNNING
    assert listed(connector)["bot/typebot/main/b1"].state is CampaignState.RUNNING
    server.fallback["typebot", "main"] = None
    assert run(connector.read_state("bot/typebot/main/b1")) is CampaignState.PAUSED


@pytest.mark.parametrize("told", [(200, {"expire": 300}), (404, {}), (200, b""), (200, None)])
def test_a_bot_whose_settings_are_not_shown_is_not_paused_for_certain(
    server: EvolutionServer, told: Any
) -> None:
    server.put("main")
    server.put_bot("typebot", "main", "b1", enabled=False)
    server.scripted = [(200, server.bots["typebot", "main"]), told]
    assert run(connect(server.url).read_state("bot/typebot/main/b1")) is CampaignState.UNKNOWN


def test_a_bot_that_an_update_would_not_accept_is_asked_about(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("typebot", "main", "b1", triggerType=None)  # as a bot started by the API is kept
    assert not listed(connect(server.url))["bot/typebot/main/b1"].pausable


def test_an_update_that_fails_inside_is_unclear_and_the_state_decides(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("n8n", "main", "b1")
    server.put_bot("n8n", "main", "b2")  # two that listen to everything: each update of one is an error
    connector = connect(server.url)
    assert isinstance(trouble(connector.pause("bot/n8n/main/b1")), Unclear)
    assert run(connector.read_state("bot/n8n/main/b1")) is CampaignState.RUNNING


def test_open_conversations_of_a_bot_are_under_way_after_its_pause(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("dify", "main", "b1", enabled=False)
    server.conversations = [
        {"botId": "b1", "status": "opened", "remoteJid": "4930123499@s.whatsapp.net"},
        {"botId": "b1", "status": "closed"},
        {"botId": "b1", "status": "paused"},
        {"botId": "b2", "status": "opened"},
    ]
    connector = connect(server.url)
    assert connector.capabilities.goes_on is GoesOn.WAITING
    assert run(connector.under_way("bot/dify/main/b1")) == UnderWay(waiting=1)
    assert not run(connector.under_way("webhook/main")).complete
    assert isinstance(trouble(connector.stop_running("bot/dify/main/b1")), Refused)
    assert run(connector.backlog("bot/dify/main/b1")) == Backlog(BacklogKind.NOTHING)


# -- webhooks


def test_switching_a_webhook_off_and_on_again_brings_back_its_events_and_headers(
    server: EvolutionServer,
) -> None:
    server.put(NAME)
    before = {
        "url": "http://crm/in?token=hook-secret",
        "headers": {"authorization": "hook-secret"},
        "enabled": True,
        "events": ["MESSAGES_UPSERT", "CALL", "BRAND_NEW"],
        "webhookByEvents": True,
        "webhookBase64": False,
    }
    server.webhooks[NAME] = dict(before)
    connector, id = connect(server.url), f"webhook/{NAME}"
    version = listed(connector)[id].version
    assert version and "secret" not in str(listed(connector)[id])
    for _ in range(2):
        run(connector.pause(id))
        assert run(connector.read_state(id)) is CampaignState.PAUSED
    assert server.webhooks[NAME] == before | {"enabled": False, "events": []}  # the server deletes them
    assert isinstance(trouble(connector.resume(id, None)), Refused)
    run(connector.resume(id, version))
    assert server.webhooks[NAME] == before
    assert len(server.writes) == 2


@given(st.lists(st.sampled_from([*EVENTS, "BRAND_NEW", "NEWER"]), unique=True))
def test_the_events_of_a_webhook_survive_as_a_short_version(events: list[str]) -> None:
    version = version_of(events)
    assert (version is None) == (not events)
    if version is not None:
        assert len(version) <= 200
        assert set(events_of(version)) == set(events)


@pytest.mark.parametrize("version", [None, "", "v7", "no,version", "zz"])
def test_a_version_that_is_none_of_ours_stands_for_no_events(version: str | None) -> None:
    assert events_of(version) == []


@pytest.mark.parametrize("found", [None, {}, {"url": ""}, []])
def test_an_instance_without_a_webhook_has_none_to_switch(server: EvolutionServer, found: Any) -> None:
    server.put("main")
    server.webhooks["main"] = found
    connector = connect(server.url)
    assert list(listed(connector)) == ["instance/main"]
    assert run(connector.read_state("webhook/main")) is CampaignState.UNKNOWN
    assert isinstance(trouble(connector.pause("webhook/main")), Refused)


# -- what goes wrong


@pytest.mark.parametrize(
    "id",
    ["", "/", "instance/", "instance/..", "webhook/.", "bot/n8n", "bot/fax/main/b1", "bot/n8n/main/..",
     "bot/n8n//b1", "bot/n8n/../b1", "main", "instance/none", "bot/n8n/none/b1", "webhook/none"],
)  # fmt: skip
def test_an_id_that_names_nothing_is_unknown_and_switches_nothing(server: EvolutionServer, id: str) -> None:
    server.put("main")
    server.put_bot("n8n", "main", "b1")
    connector = connect(server.url)
    assert run(connector.read_state(id)) is CampaignState.UNKNOWN
    for call in (connector.pause(id), connector.resume(id, "1")):
        assert isinstance(trouble(call), Refused)
    assert server.writes == []


@given(st.text())
def test_any_text_is_an_id_or_none(text: str) -> None:
    item_of(text)


@pytest.mark.parametrize("key", ["wrong-but-secret", "t" * 30])
def test_a_wrong_key_is_refused_and_repeated_nowhere(server: EvolutionServer, key: str) -> None:
    error = trouble(connect(server.url, key=key).list())
    assert isinstance(error, Refused) and key not in str(error)
    assert not run(connect(server.url, key=key).check())[0].ok


def test_no_secret_of_a_bot_or_webhook_is_in_an_error(server: EvolutionServer) -> None:
    server.put("main")
    server.put_bot("n8n", "main", "b1", basicAuthPass="bot-password")
    server.webhooks["main"] = {"url": "http://crm/in?token=hook-secret", "enabled": True, "events": ["CALL"]}
    connector = connect(server.url)
    told = repr(run(connector.list())) + repr(run(connector.check()))
    for id in ("bot/n8n/main/b1", "webhook/main"):
        found = server.bots["n8n", "main"] if id.startswith("bot") else server.webhooks["main"]
        for status in (400, 403, 500):
            server.scripted = [(200, found), (status, {"response": {"message": repr(found)}})]
            error = trouble(connector.pause(id))
            assert isinstance(error, (Refused, Unclear))
            told += repr(error) + str(error)
    assert not any(secret in told for secret in ("bot-password", "hook-secret", "bot-secret", KEY))


def test_a_list_that_breaks_off_is_an_error_and_not_a_shorter_list(server: EvolutionServer) -> None:
    server.put("main")
    server.put("second")
    server.scripted = [(200, list(server.instances.values()))] + [(500, {})] * 30
    assert isinstance(trouble(connect(server.url).list()), Unreachable)


def test_more_than_a_system_can_have_is_an_error_and_not_cut(
    server: EvolutionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sendepause.campaigns.evolution.MOST_CAMPAIGNS", 1)
    server.put("main")
    server.put("second")
    assert isinstance(trouble(connect(server.url).list()), BadInput)


def test_check_names_how_many_instances_show_no_number(server: EvolutionServer) -> None:
    server.put("main")
    server.put("cloud", integration="WHATSAPP-BUSINESS", number="106540352242922", ownerJid=None)
    connection, numbers = run(connect(server.url).check())
    assert connection.ok and "2 instances" in connection.what
    assert not numbers.ok and "cloud_api" in numbers.mend
    assert all(check.ok for check in run(connect(server.url, accounts={"instance/cloud": OTHER}).check()))


def test_every_error_is_one_of_ours(server: EvolutionServer) -> None:
    server.put("main")
    connector = connect(server.url)
    for body in (b"\xff", b"null", b"[" * 5000, b'"text"', b"7", b"[null]"):
        for call in (connector.list, connector.directory, connector.check):
            server.scripted = [(200, body)]
            with suppress(SendepauseError):
                run(call())
