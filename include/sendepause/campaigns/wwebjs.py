"""Servers that put an HTTP interface around whatsapp-web.js (wwebjs-api): one session, one WhatsApp number.

As read in the source of github.com/avoylenko/wwebjs-api (July 2026): stopping and starting are GET calls;
a stop closes the browser and keeps the login, and the server then forgets the session, so that it answers
about a stopped one as about one that never was. What it doesn't know is therefore PAUSED only where the
session is known to exist: by the system's ``accounts``, or because this connector saw it connected.
A restart of the server may start every session again (``AUTO_START_SESSIONS``, on by default).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sendepause.campaigns.base import (
    MOST_CAMPAIGNS,
    Access,
    Campaigns,
    Capabilities,
    Check,
    Checks,
    Connector,
    Directory,
    GoesOn,
    Level,
    Reveals,
    account_of,
    campaigns_of,
    unnamed,
)
from sendepause.campaigns.http import Auth, HttpClient, at_most, segment
from sendepause.campaigns.senders import addresses
from sendepause.campaigns.shapes import GatewaySettings, settings_of
from sendepause.errors import BadInput, Refused, SendepauseError
from sendepause.model import CampaignState, DirectoryEntry, Sender, Via
from sendepause.settings import SystemSettings

MOST_NAMES = 20  # of sessions, in one line of a check


class Wwebjs(Connector):
    """The connector; see the module. The connection's password is the API key, if the server has one."""

    capabilities = Capabilities(
        goes_on=GoesOn.NOTHING,  # the browser is closed before the answer; nothing is queued
        reveals_account=Reveals.PARTLY,  # while the session is connected
        level=Level.SESSION,
    )

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._addresses = addresses(access, settings_of(GatewaySettings, system).known_as)
        self._client = HttpClient(
            name=f"The whatsapp-web.js server {system.id}",
            access=access,
            timeout=system.timeout_seconds,
            auth=Auth(header="x-api-key", prefix="") if access.password else Auth(kind="none"),
        )
        # Sessions that are known to exist, with their numbers where those are known, too.
        self._known: dict[str, str | None] = {id: number for id, number in system.accounts.items() if number}

    async def list(self) -> Campaigns:
        """The sessions that the server has now, and those that are known and stopped."""
        ids = dict.fromkeys([*await self._sessions(), *self._known])
        rows = await at_most(self.system.at_once, self._row, ids)
        found = campaigns_of(self.system.id, lambda state: CampaignState(str(state)), rows)
        gateway = self._addresses[0] if self._addresses else ""
        return [
            replace(one, level=Level.SESSION, senders=(Sender(Via.WWEBJS, gateway, one.id),)) for one in found
        ]

    async def read_state(self, id: str) -> CampaignState:
        """RUNNING while connected, PAUSED where the server has no such session and it is known to exist."""
        try:
            path = f"/session/status/{segment(id)}"
        except Refused:
            return CampaignState.UNKNOWN
        answer = await self._client.call("GET", path, ok=frozenset({422}))  # 422: no name of a session
        told = answer.told
        match answer.status, told.get("success"), told.get("state", ""), told.get("message"):
            case 200, True, "CONNECTED", _:
                self._known.setdefault(id, None)
                return CampaignState.RUNNING
            case 200, False, None, "session_not_found" if id in self._known:
                return CampaignState.PAUSED
        return CampaignState.UNKNOWN  # starting, waiting for a QR code, a browser that does not answer

    async def pause(self, id: str) -> None:
        """Closes the session's browser, which takes up to 10 seconds; its login is kept."""
        if id not in self._known:
            await self.read_state(id)  # once it is stopped, nothing shows any more that it exists
        await self._switch("stop", id)

    async def resume(self, id: str, version: str | None) -> None:
        """Starts the session with the login that was kept; of one that runs already: nothing."""
        await self._switch("start", id, ok=frozenset({422}))

    async def directory(self) -> Directory:
        """The connected sessions' numbers, and those of the system's ``accounts``."""
        ids = await self._sessions()
        shown = dict(zip(ids, await at_most(self.system.at_once, self._number, ids), strict=True))
        numbers = {**self._known, **{id: number for id, number in shown.items() if number}}
        return [
            DirectoryEntry(sender := Sender(Via.WWEBJS, url, id), number, sender.via.evidence)
            for url in self._addresses
            for id, number in numbers.items()
            if number
        ]

    async def check(self) -> Checks:
        """Connection and key; which sessions cannot be told apart from none, and whose number differs."""
        try:
            ids = await self._sessions()
            numbers = dict(zip(ids, await at_most(self.system.at_once, self._number, ids), strict=True))
        except SendepauseError as error:
            return [Check(False, error.what, error.mend)]
        accounts = self.system.accounts
        unlisted = [id for id in ids if id not in accounts]
        others = [id for id, number in numbers.items() if number and number != (accounts.get(id) or number)]
        stopped = [id for id, number in accounts.items() if number and id not in ids]
        return [
            Check(
                True, f"{self._client.name} has {len(ids)} sessions.{_named('Stopped, or misspelt', stopped)}"
            ),
            Check(
                not unlisted,
                f"{len(unlisted)} of them are not in accounts.{_named('Missing', unlisted)}",
                "Add each with its number: the server forgets a session that is stopped, and what it does "
                "not know counts as paused only for sessions in accounts.",
            ),
            Check(
                not others,
                f"{len(others)} of them belong to another number than accounts says."
                + _named("Contradicted", others),
                "Correct the numbers in accounts.",
            ),
        ]

    async def _row(self, id: str) -> dict[str, Any]:
        try:
            state = await self.read_state(id)
        except SendepauseError:  # one browser that hangs, and the other sessions answer
            state = CampaignState.UNKNOWN
        if state is CampaignState.RUNNING:
            self._known[id] = await self._number(id) or self._known.get(id)
        return {"id": id, "state": state, "account": self._known.get(id)}

    async def _sessions(self) -> dict[str, None]:
        """The ids of the sessions that the server has now: those that were started and not stopped."""
        answer = await self._client.call("GET", "/session/getSessions")
        ids = answer.told.get("result")
        if not isinstance(ids, (list, tuple)) or len(ids) > MOST_CAMPAIGNS:
            raise BadInput(
                f"{self._client.name} lists no sessions, or more than {MOST_CAMPAIGNS}.",
                "Look whether the connection's address is that of a wwebjs-api server, with its base path.",
            )
        return {id: None for id in ids if isinstance(id, str)}

    async def _number(self, id: str) -> str | None:
        """The number of a connected session; None where it doesn't show one now."""
        try:
            answer = await self._client.call("GET", f"/client/getClassInfo/{segment(id)}")
        except SendepauseError:
            return None
        found: Any = answer.data
        for key in ("sessionInfo", "wid", "_serialized"):
            found = found.get(key) if isinstance(found, Mapping) else None
        return account_of(found)

    async def _switch(self, what: str, id: str, ok: frozenset[int] = frozenset()) -> None:
        path = f"/session/{what}/{segment(id)}"
        answer = await self._client.call("GET", path, ok=ok | {404}, writes=True)
        if answer.status == 404:
            raise Refused(
                f"{self._client.name} has no call to {what} a session.",
                "Older servers of this kind only know terminate, which deletes the login, so it is never "
                "called: update the server, or stop the session by hand.",
            )


def _named(what: str, ids: list[str]) -> str:
    more = " and more" if len(ids) > MOST_NAMES else ""
    return f" {what}: {unnamed(', '.join(ids[:MOST_NAMES]))}{more}." if ids else ""
