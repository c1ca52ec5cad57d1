"""n8n, through its public API: workflows that send are campaigns.

What runs is the published version, not the draft; a pause takes it off, and a resume puts the very same
version back. Executions that run or wait go on after a pause: n8n 2.10 and later end them when asked.
Measured against n8n 2.8.4 and 2.41.1; docs.n8n.io/api describes the calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field

from sendepause.campaigns.base import (
    MARK,
    Access,
    Backlog,
    BacklogKind,
    Campaigns,
    Capabilities,
    Check,
    Checks,
    Connector,
    GoesOn,
    Reveals,
    UnderWay,
    campaigns_of,
)
from sendepause.campaigns.http import Answer, Auth, HttpClient
from sendepause.campaigns.n8n_workflow import (
    Seen,
    Workflow,
    content_of,
    followed,
    nodes_of,
    seen_of,
    state_of,
)
from sendepause.campaigns.senders import gateway
from sendepause.campaigns.shapes import Section, settings_of
from sendepause.errors import BadInput, Refused, SendepauseError
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings

MOST_PAGES = 200
MOST_PASSES = 4  # rows slip between pages while people edit: read again until two passes agree
MOST_EXECUTION_PAGES = 4
MOST_CALLED = 30  # workflows that one calls, also by others
MOST_LOOKED_INTO = 200  # their executions
UNDER_WAY = ("new", "running", "waiting")  # n8n 2.41; the first is unknown to older ones
STOPPABLE = ("queued", "running", "waiting")
SCOPES = (
    *("workflow:list", "workflow:read", "workflow:activate", "workflow:deactivate"),
    *("execution:list", "execution:read", "execution:stop"),
)
_ID = re.compile(r"[\w-]{1,200}", re.ASCII)

Workflows: TypeAlias = list[Workflow]
Ids: TypeAlias = list[str]


def _gateway(value: str) -> str:
    found = gateway(value)
    if not found or "@" in value:
        raise ValueError("is no address of a gateway; write it like https://waha.example.com, without a user")
    return found


class N8nSettings(Section):
    """What ``settings`` of an ``n8n`` system holds. n8n's public API does not tell its release."""

    release: Literal["1", "2.0", "2.10", "2.41"] = Field(
        description="the newest of these that the n8n is not older than"
    )
    gateways: dict[str, Annotated[str, AfterValidator(_gateway)]] = Field(
        default={}, description="a gateway credential's name or id in n8n -> the gateway's base URL"
    )
    limit: int = Field(default=250, ge=1, le=250, description="workflows a page")


class N8n(Connector):
    """The connector; see the module."""

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._settings = settings_of(N8nSettings, system)
        self._client = HttpClient(
            name=f"The campaign system {system.id}",
            access=access,
            timeout=system.timeout_seconds,
            auth=Auth(header="X-N8N-API-KEY", prefix=""),
        )
        release = self._settings.release
        self._publishing = release != "1"  # 1.x shows versions since 1.123, and restores none
        self.capabilities = Capabilities(
            list_running=self._publishing,
            stop_running=release in ("2.10", "2.41"),
            goes_on=GoesOn.WAITING,
            backlog=True,
            restores_version=self._publishing,
            reveals_account=Reveals.PARTLY,
        )

    async def list(self) -> Campaigns:
        """The workflows that send, or may: by their own nodes or those of workflows that they call."""
        return self._campaigns(await self._workflows())

    async def read_state(self, id: str) -> CampaignState:
        """By ``active`` and the published version; an archived workflow that is off is DONE."""
        found = await self._find(id)
        return state_of(found, self._publishing) if found else CampaignState.UNKNOWN

    async def pause(self, id: str) -> None:
        """Takes the published version off."""
        await self._change(f"{self._path(id)}/deactivate", None, "workflow:deactivate")

    async def resume(self, id: str, version: str | None) -> None:
        """Publishes the noted version again. Refused where n8n has versions and none was noted."""
        if self._publishing and version is None:
            raise Refused(
                "The version that was paused is not known, and n8n would start its newest draft instead.",
                "Look at the workflow in n8n, and publish the right version there.",
            )
        body = {"versionId": version} if self._publishing else None
        await self._change(f"{self._path(id)}/activate", body, "workflow:activate")

    async def under_way(self, id: str) -> UnderWay:
        """Executions of the workflow, and those that it started of workflows that it calls.

        Before n8n 2.41 waiting ones are not listed.
        """
        if not self.capabilities.list_running:
            raise self._cannot("list what runs of")
        found, whole = await self._executions(id)
        waiting = sum(status == "waiting" for status in found.values())
        return UnderWay(len(found) - waiting, waiting, whole and self._settings.release == "2.41")

    async def stop_running(self, id: str) -> None:
        """Cancels the executions that :meth:`under_way` counts; a node in the middle of its work ends it."""
        if not self.capabilities.stop_running:
            raise Refused(
                f"n8n before 2.10 cannot stop executions from outside, and {self.system.id} is one.",
                "Stop them in n8n, under Executions of the workflow, or update n8n.",
            )
        self._path(id)  # without a workflow's id n8n would stop those of all workflows
        body = {"status": list(STOPPABLE), "workflowId": id}
        answer = await self._change("/api/v1/executions/stop", body, "execution:stop", also=405)
        if answer.status == 405:
            raise Refused(
                f"{self._client.name} cannot stop executions from outside: it is older than n8n 2.10.",
                "Stop them in n8n, under Executions of the workflow, and correct settings.release.",
            )
        ended = frozenset({404, 409, 500})  # has ended meanwhile, in the words of different releases
        for execution in (await self._executions(id))[0]:
            await self._client.call("POST", f"/api/v1/executions/{execution}/stop", ok=ended)

    async def backlog(self, id: str) -> Backlog:
        """Schedules do not catch up, and what waits wakes up whether or not the workflow is published."""
        found = await self._find(id)
        if found is None:
            raise self._gone()
        from_now = content_of(nodes_of(found), self._settings.gateways).from_now
        return Backlog(BacklogKind.NOTHING, 0) if from_now else Backlog(BacklogKind.UNKNOWN)

    async def check(self) -> Checks:
        """Lists, and reads what the key may do where n8n tells it."""
        try:
            seen = await self._workflows()
        except SendepauseError as error:
            return [Check(False, error.what, error.mend)]
        sending = len(self._campaigns(seen))
        told = f"{self._client.name} shows {len(seen)} workflows, of which {sending} send or may send."
        checks = [Check(True, told)]
        if self._publishing and not all(one.versioned for one in seen.values()):
            told = f"{self._client.name} shows no published versions, so it is no n8n 2."
            checks.append(Check(False, told, 'Set settings.release to "1".'))
        try:
            return [*checks, await self._rights()]
        except SendepauseError as error:
            return [*checks, Check(False, error.what, error.mend)]

    def _campaigns(self, found: Mapping[str, Seen]) -> Campaigns:
        senders = followed({id: seen.content for id, seen in found.items()})
        rows = [
            seen.row
            for id, seen in found.items()
            if not seen.over
            and (senders[id] or any(map(MARK.fullmatch, seen.tags)) or id in self.system.accounts)
        ]
        campaigns = campaigns_of(self.system.id, lambda state: CampaignState(str(state)), rows)
        return [replace(one, senders=senders[one.id]) for one in campaigns]

    async def _rights(self) -> Check:
        """What the key may not do of what is needed, by n8n's own description of it (2.41: /discover)."""
        answer = await self._client.call("GET", "/api/v1/discover", ok=frozenset({404}))
        data = answer.told.get("data")
        scopes = data.get("scopes") if isinstance(data, Mapping) else None
        if not isinstance(scopes, list) and self._settings.release == "2.41":
            return Check(
                False,
                f"{self._client.name} does not answer as n8n 2.41 does.",
                "If it is older, set settings.release; docs/campaign_systems.md says to what.",
            )
        if not isinstance(scopes, list):
            return Check(True, "This n8n does not tell what the API key may do; the first pause shows it.")
        missing = [scope for scope in SCOPES if scope not in scopes]
        return Check(
            not missing,
            f"The API key may not {', '.join(missing)}." if missing else "The API key may do all it needs.",
            "Make a key with these scopes in n8n, under Settings, n8n API." if missing else "",
        )

    async def _workflows(self) -> dict[str, Seen]:
        """All workflows by id. What one pass showed and the last one did not is asked for by its id."""
        found: dict[str, Seen] = {}
        before: set[str] = set()
        for _ in range(MOST_PASSES):
            now, whole = await self._pass()
            if whole or now.keys() == before:
                return now
            before, found = set(now), found | now
        for id in found.keys() - now.keys():
            if (again := await self._find(id)) is not None:
                now[id] = self._seen(again)
        return now

    async def _pass(self) -> tuple[dict[str, Seen], bool]:
        """All pages once, and whether it was a single one, between which no row can slip."""
        found: dict[str, Seen] = {}
        params: dict[str, Any] = {"limit": self._settings.limit, "excludePinnedData": "true"}
        for number in range(MOST_PAGES):
            answer = await self._client.call("GET", "/api/v1/workflows", params=params)
            items, cursor = self._page(answer)
            for item in items:
                found[str(item.get("id"))] = self._seen(item)
            if not cursor:
                return found, number == 0
            params["cursor"] = cursor
        raise BadInput(
            f"{self._client.name} lists more than {MOST_PAGES} pages of workflows.",
            "Raise settings.limit, or delete workflows that nobody needs.",
        )

    def _seen(self, item: Workflow) -> Seen:
        return seen_of(item, self._settings.gateways, self._publishing)

    def _page(self, answer: Answer) -> tuple[Workflows, object]:
        """The rows of a page and the next one's cursor; another answer is an error, not an empty list."""
        items = answer.told.get("data")
        if not isinstance(items, list):
            raise BadInput(
                f"{self._client.name} does not answer as n8n's public API does.",
                "Write n8n's own address into the connection, without /api/v1, and look whether it is up.",
            )
        return [item for item in items if isinstance(item, Mapping)], answer.told.get("nextCursor")

    async def _executions(self, id: str) -> tuple[dict[str, str], bool]:
        """What is under way for a workflow: execution -> status, and whether that is certainly all.

        n8n does not end what a workflow has called when it ends the caller, so that belongs to it.
        """
        called, readable = await self._called(id)
        found, whole = await self._listed(id)
        ours = {one: status for one, (status, _) in found.items()}
        looked_into = 0
        for workflow in called:
            listed, all_listed = await self._listed(workflow)
            whole = whole and all_listed
            for one, (status, mode) in listed.items():
                if mode != "integrated":
                    continue
                looked_into += 1
                if looked_into > MOST_LOOKED_INTO:
                    return ours, False
                started_by = await self._parent(one)
                if started_by.get("workflowId") == id or started_by.get("executionId") in ours:
                    ours[one] = status
        return ours, whole and readable

    async def _listed(self, id: str) -> tuple[dict[str, tuple[str, str]], bool]:
        """Executions of one workflow that have not ended: id -> status and mode; and whether that is all.

        Those of others are not ours to count or to end, should n8n or a proxy not keep the filter.
        """
        found: dict[str, tuple[str, str]] = {}
        whole = True
        for status in UNDER_WAY if self._settings.release == "2.41" else UNDER_WAY[1:]:
            params: dict[str, Any] = {"workflowId": id, "status": status, "limit": 250}
            for _ in range(MOST_EXECUTION_PAGES):
                answer = await self._client.call("GET", "/api/v1/executions", params=params)
                items, cursor = self._page(answer)
                ours = [item for item in items if str(item.get("workflowId")) == id]
                whole = whole and len(ours) == len(items)
                found |= {
                    str(item["id"]): (status, str(item.get("mode")))
                    for item in ours
                    if _ID.fullmatch(str(item.get("id")))
                }
                if not cursor:
                    break
                params["cursor"] = cursor
            else:
                return found, False
        return found, whole

    async def _called(self, id: str) -> tuple[Ids, bool]:
        """The workflows that a workflow calls, those called by these too, nearest first."""
        reached, known, readable = [id], 0, True
        while known < len(reached):
            item = await self._find(reached[known])
            if item is None and known == 0:
                raise self._gone()  # n8n would list no executions of it, and call that an answer
            known += 1
            calls = content_of(nodes_of(item), {}).calls if item else ()
            named = [called for called in calls if _ID.fullmatch(called)]
            readable = readable and item is not None and len(named) == len(calls)
            reached += [called for called in named if called not in reached]
            if len(reached) > MOST_CALLED:
                return reached[1:MOST_CALLED], False
        return reached[1:], readable

    async def _parent(self, execution: str) -> Mapping[str, Any]:
        """Which execution of which workflow started an execution; empty where n8n does not tell."""
        params = {"includeData": "true"}
        answer = await self._client.call(
            "GET", f"/api/v1/executions/{execution}", params=params, ok=frozenset({404})
        )
        data = answer.told.get("data")
        parent = data.get("parentExecution") if isinstance(data, Mapping) else None
        return parent if isinstance(parent, Mapping) else {}

    async def _find(self, id: str) -> Workflow | None:
        """One workflow; None where there is none with this id, or something else answered."""
        if not _ID.fullmatch(id):
            return None
        params = {"excludePinnedData": "true"}
        answer = await self._client.call("GET", self._path(id), params=params, ok=frozenset({404}))
        found = answer.data
        return found if isinstance(found, Mapping) and str(found.get("id")) == id else None

    async def _change(self, path: str, body: object, scope: str, also: int = 200) -> Answer:
        """A write, with n8n's refusals in words that say what to mend."""
        answer = await self._client.call("POST", path, body=body, ok=frozenset({400, 403, 404, also}))
        match answer.status:
            case 400:
                raise Refused(
                    f"{self._client.name} refused to switch the workflow.",
                    "Open it in n8n: it may be archived, lack a trigger or a credential, or call a workflow "
                    "that has to be published first. Switch it there.",
                )
            case 403:
                raise Refused(
                    f"The API key of {self._client.name} lacks the scope {scope}.",
                    f"Make a key with {', '.join(SCOPES)} in n8n, and put it into the connection.",
                )
            case 404:
                raise self._gone()
        return answer

    def _path(self, id: str) -> str:
        if not _ID.fullmatch(id):
            raise self._gone()
        return f"/api/v1/workflows/{id}"

    def _gone(self) -> Refused:
        return Refused(
            f"{self._client.name} does not know the workflow or its version, or does not show it to the key.",
            "Look whether it still exists, and whether the key's user may edit it.",
        )
