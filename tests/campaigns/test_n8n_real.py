"""Pauses against the real n8n: counted is what arrives, not what n8n says of itself.

n8n shows a workflow as off up to 0.1 s before its triggers are, so silence is held to a moment later.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from tests.campaigns.contract import run, trouble
from tests.campaigns.grounds import ACCOUNT
from tests.enforce.scene import acting, enforce, order, written
from tests.tools.n8n import (
    N8n,
    batch,
    called,
    calling,
    every_second,
    on_call,
    running,
    sending,
    wait_for,
    waiting,
    workflow,
)
from tests.tools.node import N8N, N8N_2_8, USUAL, Tool, find, need
from tests.tools.receiver import Receiver, receiving

from sendepause import campaigns
from sendepause.campaigns.base import Access, Backlog, BacklogKind, Connector, UnderWay
from sendepause.campaigns.n8n import SCOPES
from sendepause.enforce import Outcome, Result
from sendepause.errors import Refused
from sendepause.model import AccountBy, Campaign, CampaignState, EntryKind, Sender, Via
from sendepause.settings import SystemSettings

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.timeout(600)]

MARK = f"account:{ACCOUNT}"
MOMENT = 0.5  # seconds
SILENCE = 3.0  # seconds; the campaigns here send at least once a second


@pytest.fixture(scope="session", params=[N8N, N8N_2_8], ids=str)
def n8n(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[N8n]:
    """One of each release for all tests."""
    tool: Tool = request.param
    if tool not in USUAL and find(tool) is None:
        pytest.skip(f"{tool} is not installed; to have this test run: .ci/tools {tool}")
    with running(need(tool), tmp_path_factory.mktemp("n8n")) as up:
        sys.stderr.write(f"\n{tool}: up after {up.seconds:.1f} s\n")
        yield up


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as up:
        yield up


@pytest.fixture
def newest(n8n: N8n) -> N8n:
    if n8n.release < (2, 41):
        pytest.skip("n8n 2.8 can neither stop executions nor limit a key")
    return n8n


def connect(n8n: N8n, key: str = "", **settings: object) -> Connector:
    system = SystemSettings(
        id="flows",
        connector="n8n",
        connection="flows",
        settings={"release": "2.41" if n8n.release >= (2, 41) else "2.0"} | settings,
    )
    return campaigns.connect(system, Access("http", n8n.url, password=key or n8n.key(*known(n8n))))


def known(n8n: N8n) -> list[str]:
    """The scopes that the documentation asks for, as far as this n8n knows them."""
    every = n8n.editor.get("/api-keys/scopes").raise_for_status().json()["data"]
    return [scope for scope in SCOPES if scope in every]


def listed(connector: Connector, id: str) -> Campaign:
    return next(one for one in run(connector.list()) if one.id == id)


def pause(engine: Engine, connector: Connector, id: str) -> Outcome:
    """The whole way of a pause, from the list to the ledger."""
    (outcome,) = enforce(acting(engine), connector, [order(listed(connector, id))])
    return outcome


def test_after_a_pause_nothing_arrives_any_more(n8n: N8n, receiver: Receiver, engine: Engine) -> None:
    id = n8n.make(workflow("Hourly offers", every_second(), sending(receiver.url)), MARK)
    receiver.wait_for(2)
    connector = connect(n8n)
    found = listed(connector, id)
    assert (found.account, found.account_by, found.state) == (ACCOUNT, AccountBy.MARK, CampaignState.RUNNING)
    assert found.senders == (Sender(Via.WAHA, receiver.url, "sales"),)
    assert found.version == n8n.shown(id)["activeVersionId"]
    assert pause(engine, connector, id).result is Result.PAUSED
    time.sleep(MOMENT)
    assert receiver.quiet(SILENCE) == 0
    run(connector.pause(id))
    assert run(connector.read_state(id)) is CampaignState.PAUSED
    assert run(connector.backlog(id)) == Backlog(BacklogKind.NOTHING, 0)


def test_a_batch_that_runs_is_stopped_or_said_to_go_on(n8n: N8n, receiver: Receiver, engine: Engine) -> None:
    path = uuid.uuid4().hex
    id = n8n.make(batch(path, receiver.url, 0.2), MARK)
    n8n.call(path, items=40)
    receiver.wait_for(3)
    connector = connect(n8n)
    assert run(connector.under_way(id)).running == 1
    assert pause(engine, connector, id).result is Result.PAUSED
    (entry,) = written(engine, EntryKind.PAUSED)
    assert entry.facts["under_way"] == {"running": 1, "waiting": 0}
    time.sleep(MOMENT)
    if connector.capabilities.stop_running:
        assert receiver.quiet(SILENCE) == 0
        assert run(connector.under_way(id)) == UnderWay()
        assert receiver.count() < 40
    else:
        assert receiver.quiet(SILENCE) > 5
        assert entry.facts["left"] == {"running": 1, "waiting": 0} and entry.facts["complete"] is False
        assert isinstance(trouble(connector.stop_running(id)), Refused)


def test_what_a_campaign_called_is_stopped_and_what_others_called_goes_on(
    newest: N8n, receiver: Receiver, engine: Engine
) -> None:
    nodes = [called(), sending(f"{receiver.url}/ours"), waiting(0.3)]
    loop = workflow("A loop", *nodes, nodes[1])
    loop["nodes"][1]["parameters"]["url"] = (
        f"={receiver.url}/{{{{ $('Called').item.json.body.items[0].chat }}}}"
    )
    shared = newest.make(loop)
    paths = [uuid.uuid4().hex, uuid.uuid4().hex]
    ours, theirs = (newest.make(workflow(path, on_call(path), calling(shared)), MARK) for path in paths)
    newest.call(paths[0])
    receiver.wait_for(2)
    connector = connect(newest)
    assert run(connector.under_way(ours)) == UnderWay(running=2)
    assert pause(engine, connector, ours).result is Result.PAUSED
    time.sleep(MOMENT)
    assert receiver.quiet(SILENCE) == 0
    newest.call(paths[1])
    receiver.wait_for(receiver.count() + 2)
    run(connector.stop_running(ours))
    assert receiver.quiet(SILENCE) > 2
    run(connector.stop_running(theirs))
    time.sleep(MOMENT)
    assert receiver.quiet(SILENCE) == 0


def test_what_waits_is_counted_and_ended_where_n8n_lists_it(
    n8n: N8n, receiver: Receiver, engine: Engine
) -> None:
    path = uuid.uuid4().hex
    id = n8n.make(workflow(path, on_call(path), waiting(3600), sending(receiver.url)), MARK)
    n8n.call(path)
    time.sleep(2)
    connector = connect(n8n)
    found = run(connector.under_way(id))
    if n8n.release < (2, 41):
        assert found == UnderWay(complete=False)  # it is there all the same
        return
    assert found == UnderWay(waiting=1)
    assert pause(engine, connector, id).result is Result.PAUSED
    assert run(connector.under_way(id)) == UnderWay()


def test_a_resume_brings_back_what_ran_although_the_draft_was_edited(
    n8n: N8n, receiver: Receiver, engine: Engine
) -> None:
    id = n8n.make(workflow("Offers", every_second(), sending(f"{receiver.url}/old")), MARK)
    receiver.wait_for(1)
    connector = connect(n8n)
    version = listed(connector, id).version
    assert pause(engine, connector, id).result is Result.PAUSED
    n8n.edit(id, workflow("Offers", every_second(), sending(f"{receiver.url}/new")))
    assert isinstance(trouble(connector.resume(id, None)), Refused)
    assert run(connector.read_state(id)) is CampaignState.PAUSED
    began = time.monotonic()
    run(connector.resume(id, version))
    assert run(connector.read_state(id)) is CampaignState.RUNNING
    assert receiver.wait_for(2, since=began, path="/old") and receiver.count(path="/new") == 0
    assert listed(connector, id).version == version
    assert isinstance(trouble(connector.resume(id, str(uuid.uuid4()))), Refused)
    assert listed(connector, id).version == version
    n8n.unpublish(id)


def test_a_key_that_may_not_pause_leaves_the_campaign_running_and_says_so(
    newest: N8n, receiver: Receiver, engine: Engine
) -> None:
    id = newest.make(workflow("Offers", every_second(), sending(receiver.url)), MARK)
    weak = connect(newest, newest.key(*(scope for scope in SCOPES if scope != "workflow:deactivate")))
    (wrong,) = (line for line in run(weak.check()) if not line.ok)
    assert "workflow:deactivate" in wrong.what and "execution" not in wrong.what
    outcome = pause(engine, weak, id)
    assert outcome.result is Result.NOT_PAUSED and isinstance(outcome.error, Refused)
    assert "workflow:deactivate" in outcome.error.what
    assert run(weak.read_state(id)) is CampaignState.RUNNING
    assert receiver.quiet(SILENCE) > 0
    newest.unpublish(id)


def test_check_is_content_with_a_key_as_documented(n8n: N8n) -> None:
    n8n.make(workflow("Offers", on_call(uuid.uuid4().hex), sending("http://127.0.0.1:9")))
    lines = run(connect(n8n).check())
    assert all(line.ok for line in lines), lines
    assert isinstance(trouble(connect(n8n, "wrong").list()), Refused)


def test_a_renamed_workflow_is_the_same_and_an_archived_one_is_over(n8n: N8n, receiver: Receiver) -> None:
    id = n8n.make(workflow("Offers", every_second(), sending(receiver.url)), MARK)
    connector = connect(n8n)
    n8n.edit(id, workflow("Better offers", every_second(), sending(receiver.url)))
    assert listed(connector, id).name == "Better offers"
    receiver.wait_for(1)
    n8n.archive(id)
    assert run(connector.read_state(id)) is CampaignState.DONE
    assert id not in {one.id for one in run(connector.list())}
    time.sleep(MOMENT)
    assert receiver.quiet(SILENCE) == 0
    assert isinstance(trouble(connector.resume(id, n8n.shown(id)["versionId"])), Refused)


def test_a_deleted_workflow_is_unknown(n8n: N8n) -> None:
    id = n8n.make(workflow("Offers", on_call(uuid.uuid4().hex), sending("http://127.0.0.1:9")), MARK)
    connector = connect(n8n)
    n8n.archive(id)
    n8n.delete(id)
    assert run(connector.read_state(id)) is CampaignState.UNKNOWN
    for call in (connector.pause(id), connector.under_way(id), connector.backlog(id)):
        assert isinstance(trouble(call), Refused)


def test_what_is_called_sends_only_while_it_is_published(n8n: N8n, receiver: Receiver) -> None:
    """So a workflow that others call is off when n8n says so, and is resumed before its callers."""
    path = uuid.uuid4().hex
    sends = n8n.make(workflow("Sends", called(), sending(receiver.url)))
    caller = n8n.make(workflow(path, on_call(path), calling(sends)))
    connector = connect(n8n)
    assert listed(connector, caller).senders == listed(connector, sends).senders != ()
    n8n.call(path)
    receiver.wait_for(1)
    versions = {id: listed(connector, id).version for id in (sends, caller)}
    run(connector.pause(sends))
    time.sleep(MOMENT)
    n8n.call(path)
    assert receiver.quiet(SILENCE) == 0
    run(connector.pause(caller))
    assert isinstance(trouble(connector.resume(caller, versions[caller])), Refused)
    run(connector.resume(sends, versions[sends]))
    run(connector.resume(caller, versions[caller]))
    time.sleep(MOMENT)
    n8n.call(path)
    receiver.wait_for(2)


def test_every_workflow_is_listed_while_others_are_deleted(n8n: N8n) -> None:
    """More than a page of 250, and rows that slip between smaller ones."""
    made = workflow("Offers", on_call("never"), sending("http://127.0.0.1:9"))
    with ThreadPoolExecutor(8) as hands:
        ids = list(hands.map(lambda number: n8n.make(made, publish=False), range(260)))
        assert set(ids) <= {one.id for one in run(connect(n8n).list())}
        connector = connect(n8n, limit=20)
        going = [hands.submit(n8n.delete, id) for id in ids[:120:2]]
        stays = set(ids) - set(ids[:120:2])
        while not all(one.done() for one in going):
            assert stays <= {one.id for one in run(connector.list())}
        wait_for("the last deletion", lambda: all(one.result() is None for one in going))
        assert {one.id for one in run(connector.list())} & set(ids) == stays
