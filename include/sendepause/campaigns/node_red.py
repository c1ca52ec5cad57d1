"""Node-RED: a campaign is a tab. Read, written and tested against Node-RED 4.1 and 5.0.

A pause disables the tab, a resume enables it as it is then. Both deploy all flows together with the revision
that they were read in, so that what somebody else deployed meanwhile is never overwritten: Node-RED answers
409, and the flows are read again (nodered.org/docs/api/admin/methods/post/flows). Of the deployment types it
is ``nodes``, which stops nothing but that tab; ``flows`` was seen to restart tabs that are linked to it too,
and what waited in them was lost.

Two things of its source decide how states are read (runtime/lib/flows/index.js). A tab that is not disabled
may still not run, since all flows can be stopped at once: ``/flows/state`` tells. And in safe mode any deploy
starts them all, so nothing is deployed then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from sendepause.campaigns.base import (
    MOST_CAMPAIGNS,
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
    campaigns_of,
)
from sendepause.campaigns.http import Answer, Auth, HttpClient, Retry
from sendepause.campaigns.node_red_flows import Flows
from sendepause.campaigns.shapes import Section, settings_of
from sendepause.errors import BadInput, Refused, SendepauseError, Unreachable
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings

TRIES = 6  # deploys of others in a row that a switch gives way to
LOCKED_OUT = 600.0  # s; so long Node-RED takes no login after five wrong ones
DEPLOYING = 0.5  # s; while something is deployed all flows are told as stopped
READ, WRITE = "flows.read", "flows.write"
HEADERS = {"Node-RED-API-Version": "v2", "Node-RED-Deployment-Type": "nodes"}


class NodeRedSettings(Section):
    """What ``settings`` of a ``node_red`` system holds: nothing, all is in its connection."""


class NodeRed(Connector):
    """The connector; see the module."""

    def __init__(self, system: SystemSettings, access: Access) -> None:
        settings_of(NodeRedSettings, system)
        self.system = system
        self.capabilities = Capabilities(
            goes_on=GoesOn.RUNNING,  # code in function nodes that calls others by itself; else nothing
            backlog=True,
            reveals_account=Reveals.PARTLY,
        )
        self._name = f"The campaign system {system.id}"
        self._door = _Door(self._name, access, system.timeout_seconds)
        self._deploys = _OneAtATime()

    async def list(self) -> Campaigns:
        """The tabs that send or may send, and those that people named."""
        flows, _ = await self._read()
        senders = {id: flows.senders(id) for id in flows.tabs}
        marks = {id: flows.account(id) for id in flows.tabs}
        wanted = [
            tab
            for id, tab in flows.tabs.items()
            if senders[id] or flows.is_marked(id) or id in self.system.accounts
        ]
        if len(wanted) > MOST_CAMPAIGNS:
            raise BadInput(
                f"{self._name} has more than {MOST_CAMPAIGNS} tabs that may send.",
                "Divide them among several Node-RED instances.",
            )
        runs = await self._runs() if any(tab.get("disabled") is not True for tab in wanted) else False
        rows = [
            {"id": tab["id"], "name": tab.get("label"), "account": marks[tab["id"]], "state": tab}
            for tab in wanted
        ]
        campaigns = campaigns_of(self.system.id, lambda tab: _state(tab, runs), rows)
        return [replace(one, senders=senders[one.id]) for one in campaigns]

    async def read_state(self, id: str) -> CampaignState:
        """PAUSED only where the tab itself is disabled.

        Where all flows are stopped an enabled one is UNKNOWN: it does not run, and whoever starts the
        flows starts it as well.
        """
        flows, _ = await self._read()
        tab = flows.tabs.get(id)
        asks = tab is not None and tab.get("disabled") is not True
        return _state(tab, await self._runs() if asks else False)

    async def pause(self, id: str) -> None:
        """Disables the tab and nothing else. What waits in it is dropped."""
        await self._switch(id, disabled=True)

    async def resume(self, id: str, version: str | None) -> None:
        """Enables the tab as it is now: Node-RED keeps no versions."""
        await self._switch(id, disabled=False)

    async def backlog(self, id: str) -> Backlog:
        """Inject nodes that fire when a tab starts do so at a resume; nothing else was kept."""
        flows, _ = await self._read()
        if id not in flows.tabs:
            return Backlog(BacklogKind.UNKNOWN)
        count = flows.at_start(id)
        return Backlog(BacklogKind.RUNS, count) if count else Backlog(BacklogKind.NOTHING, 0)

    async def check(self) -> Checks:
        """Who asks, whether it may deploy as far as that can be read, and whether the flows run."""
        try:
            door = await self._door.check()
            if not door.ok:
                return [door]
            flows, _ = await self._read()
            runs = await self._runs()
        except SendepauseError as error:
            return [Check(False, error.what, error.mend)]
        return [
            door,
            Check(
                runs,
                f"{self._name} has {len(flows.tabs)} tabs, and {'runs' if runs else 'has stopped'} them.",
                "Start the flows, out of safe mode: until then no state can be told for certain.",
            ),
        ]

    async def _switch(self, id: str, *, disabled: bool) -> None:
        """Deploys all flows as they were read, with this one tab switched; again where others were faster."""
        async with self._deploys():
            for tried in range(TRIES):
                await asyncio.sleep(0.1 * tried)
                flows, rev = await self._read()
                tab = flows.tabs.get(id)
                if tab is None:
                    raise Refused(
                        f"{self._name} has no tab {id[:80]}.", "Look whether the tab was deleted there."
                    )
                if tab.get("disabled", False) is disabled:
                    return
                await self._never_out_of_safe_mode()
                body = {"flows": flows.switched(id, disabled), "rev": rev}
                answer = await self._door.call("POST", "/flows", body, ok=frozenset({409}))
                if answer.status != 409:
                    return
        raise Unreachable(
            f"{self._name} was deployed by somebody else {TRIES} times in a row.",
            "Nothing to do, if that ends: it is tried again.",
        )

    async def _never_out_of_safe_mode(self) -> None:
        if await self._asked() == "safe":
            raise Refused(
                f"{self._name} is in safe mode, in which any deploy starts all of its flows.",
                "Switch the tab in its editor, or restart it without safe mode.",
            )

    async def _read(self) -> tuple[Flows, str]:
        answer = await self._door.call("GET", "/flows")
        try:
            return Flows(answer.told.get("flows")), str(answer.told["rev"])
        except (TypeError, KeyError):
            raise BadInput(
                f"{self._name} answers without flows and their revision.",
                "Look whether the connection's address is that of Node-RED's editor.",
            ) from None

    async def _runs(self) -> bool:
        """Whether flows run at all, if they are not disabled."""
        if await self._asked() in ("start", None):
            return True
        await asyncio.sleep(DEPLOYING)
        return await self._asked() in ("start", None)

    async def _asked(self) -> object:
        """``start``, ``stop`` or ``safe``; None of a Node-RED that cannot stop its flows (before 3.0)."""
        answer = await self._door.call("GET", "/flows/state", ok=frozenset({404}))
        if answer.status == 404:
            return None
        return answer.told.get("state", "?")


def _state(tab: object, runs: bool) -> CampaignState:
    """The state of a tab, where it is known for certain."""
    disabled = tab.get("disabled", False) if isinstance(tab, Mapping) else None
    if disabled is True:
        return CampaignState.PAUSED
    return CampaignState.RUNNING if disabled is False and runs else CampaignState.UNKNOWN


class _OneAtATime:
    """A lock in each event loop: a connector outlives the loops that it is used in."""

    def __init__(self) -> None:
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    def __call__(self) -> asyncio.Lock:
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


class _Door:
    """Calls to one Node-RED, with a token where it asks for one.

    The connection holds a user and a password, for which Node-RED gives a token that lasts a week; or a
    password alone, which is such a token; or neither. Five wrong logins in ten minutes lock that user
    out, in the editor too, so one that was refused is not tried again before those have passed.
    """

    def __init__(self, name: str, access: Access, seconds: float) -> None:
        self._name, self._access = name, access
        self._open = HttpClient(name, access, seconds, auth=Auth(kind="none"), headers=HEADERS)
        self._token: str | None = None if access.login else access.password or ""
        self._with_token: tuple[str, HttpClient] = ("", self._open)
        self._logins = _OneAtATime()
        self._refused_at: float | None = None
        self._locked_at: float | None = None

    async def call(
        self, method: str, path: str, body: Any = None, *, ok: frozenset[int] = frozenset()
    ) -> Answer:
        """One call; a token that is not taken any more is asked for anew, once. Raises as HttpClient."""
        token = await self._key()
        answer = await self._with(token).call(method, path, body=body, ok=ok | {401})
        if answer.status == 401 and self._access.login:
            token = await self._key(instead_of=token)
            answer = await self._with(token).call(method, path, body=body, ok=ok | {401})
        if answer.status == 401:
            raise Refused(
                f"{self._name} answered 401 Unauthorized to a {method}.",
                "Put a user and a password, or a valid token alone, into the connection; both need the "
                f"permissions {READ} and {WRITE}.",
            )
        return answer

    async def check(self) -> Check:
        """Whether we are let in, and may deploy as far as that can be read."""
        try:
            token = await self._key()
        except Refused as error:
            # One more login, which tells the two reasons apart: Node-RED says the same of both.
            if await self._ask_for_token(READ) is not None:
                return Check(
                    False, f"{self._name} lets this user read and not deploy.", f"Give it {WRITE} as well."
                )
            return Check(False, error.what, error.mend)
        answer = await self._with(token).call("GET", "/settings", ok=frozenset({401, 403, 404}))
        told = answer.told if answer.status == 200 else {}
        version, user = told.get("version"), told.get("user")
        return Check(
            _may(user.get("permissions"), WRITE) if isinstance(user, Mapping) else True,
            f"{self._name} is Node-RED {str(version)[:20]}." if version else f"{self._name} lets us in.",
            f"Who the connection names may not deploy: give them {WRITE} as well.",
        )

    def _with(self, token: str) -> HttpClient:
        """The client for a token: always the same one, since each keeps connections of its own."""
        if not token:
            return self._open
        if self._with_token[0] != token:
            access = replace(self._access, password=token)
            self._with_token = token, replace(self._open, access=access, auth=Auth())
        return self._with_token[1]

    async def _key(self, instead_of: str | None = None) -> str:
        """The token; "" where none is needed. ``instead_of``: one that is not taken any more."""
        async with self._logins():
            if self._token is None or self._token == instead_of:
                self._token = await self._log_in()
            return self._token

    async def _log_in(self) -> str:
        if self._refused_at is not None and time.monotonic() - self._refused_at < LOCKED_OUT:
            raise self._refusal()
        token = await self._ask_for_token(f"{READ} {WRITE}")
        self._refused_at = time.monotonic() if token is None else None
        if token is None:
            raise self._refusal()
        return token

    def _refusal(self) -> Refused:
        return Refused(
            f"{self._name} does not let the connection's user in, or only with fewer permissions.",
            f"Correct user and password in the connection; the user needs {READ} and {WRITE}. So as not to "
            f"lock it out, it is not tried again for {LOCKED_OUT / 60:.0f} minutes.",
        )

    def _locked_out(self) -> Unreachable:
        """Not to be asked again for that long: each login that is tried meanwhile counts as well."""
        return Unreachable(
            f"{self._name} takes no login now, as it does for ten minutes after five wrong ones.",
            "Correct user and password in the connection, and wait; else look into its log.",
            retry_after=LOCKED_OUT,
        )

    async def _ask_for_token(self, scope: str) -> str | None:
        """What Node-RED gives for user and password, "" where it asks for no login, None where it refuses."""
        if self._locked_at is not None and time.monotonic() - self._locked_at < LOCKED_OUT:
            raise self._locked_out()
        once = replace(self._open, retry=Retry(attempts=1))
        body = {
            "client_id": "node-red-admin",
            "grant_type": "password",
            "scope": scope,
            "username": self._access.login,
            "password": self._access.password,
        }
        said = frozenset({400, 401, 403, 404, 500})
        answer = await once.call("POST", "/auth/token", body=body, ok=said)
        if answer.status == 404:
            return ""
        if answer.status == 500:
            self._locked_at = time.monotonic()
            raise self._locked_out()
        token = answer.told.get("access_token")
        return token if answer.status == 200 and isinstance(token, str) and token else None


def _may(permissions: object, what: str) -> bool:
    """Whether permissions as Node-RED writes them (``*``, ``read``, ``[flows.read, …]``) hold this one."""
    held = permissions if isinstance(permissions, list) else [permissions]
    kind = what.rpartition(".")[2]
    return bool({"*", what, kind, f"*.{kind}"} & {one for one in held if isinstance(one, str)})
