"""Another Airflow as a campaign system: its DAGs that send, through the REST API v2 of Airflow 3.

A campaign is a DAG with one of the tags of the settings, with the mark ``account:+49…`` as a tag, or named
in the system's ``accounts``. A paused DAG starts no run and no further task of a run; the tasks that a
worker has go to their end. Sendepause's own DAGs are never listed, paused or stopped.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sendepause.campaigns.base import (
    MARK,
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
    UnderWay,
    campaigns_of,
    marked,
    moment_of,
)
from sendepause.campaigns.http import Answer, Auth, HttpClient, at_most, segment
from sendepause.campaigns.shapes import Section, settings_of
from sendepause.errors import BadInput, Guarded, Refused, SendepauseError, Unreachable
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings

PAGE = 100  # as [api] maximum_page_limit is by default; an Airflow with a smaller one cuts the pages
TRIES = 3  # of a list that changes while it is read
ID = re.compile(r"[\w.-]{1,250}")  # Airflow's own rule; "~" means all DAGs in its paths
OWN_PREFIX, OWN_TAG = "sendepause_", "sendepause"
AT_WORK = ("running", "queued", "restarting")  # an executor has these tasks, and finishes them
# A stopped task works on until its worker's next heartbeat (every 5 s by default) and the end of its process
# (up to 5 s); measured: 8.3 s, 16 messages. Airflow shows it as failed at once.
DYING = timedelta(seconds=30)
# Besides changes of one DAG: those of several at once, and the command line's, which name none for certain.
CHANGES = ("patch_dag", "paused", "patch_dags", "cli_dag_pause", "cli_dag_unpause")
NO_OWN = (
    "Sendepause's own DAGs are not campaigns; they are neither paused nor stopped from here.",
    "To stop all acting, use `sendepause halt on`.",
)

Rows: TypeAlias = list[Mapping[str, Any]]

log = logging.getLogger(__name__)


class AirflowSettings(Section):
    """What ``settings`` of an ``airflow`` system holds: a DAG with any of these tags is a campaign."""

    tags: frozenset[str] = frozenset({"whatsapp"})


class AirflowApi(Connector):
    """The connector; see the module. The connection holds login and password, or a token as password."""

    capabilities = Capabilities(
        list_running=True,
        stop_running=True,
        goes_on=GoesOn.RUNNING,
        backlog=True,
        reveals_account=Reveals.PARTLY,  # by tags that people set
        tells_who_changed=True,
    )

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._tags = settings_of(AirflowSettings, system).tags
        self._access = access
        self._name = f"The Airflow {system.id}"
        self._door = HttpClient(self._name, access, system.timeout_seconds, Auth(kind="none"))
        # With the token of the login, once there is one; without a login the password is a token.
        self._client = None if access.login else HttpClient(self._name, access, system.timeout_seconds)

    async def list(self) -> Campaigns:
        """The DAGs that are campaigns, with whoever paused or unpaused them last, where the log tells it."""
        found = [row for row in await self._dags() if self._is_campaign(row)]
        changes = await self._changes() if found else {}
        rows = [
            {
                "id": row["dag_id"],
                "name": row.get("dag_display_name"),
                "account": marked(_tags(row)),
                "state": row.get("is_paused"),
                **changes.get((row["dag_id"], row.get("is_paused")), {}),
            }
            for row in found
        ]
        return campaigns_of(self.system.id, _state, rows)

    async def read_state(self, id: str) -> CampaignState:
        """As Airflow tells it now. A DAG whose file is gone may come back with it, so it is UNKNOWN."""
        if not _is_id(id):
            return CampaignState.UNKNOWN
        answer = await self._call("GET", _dag(id), ok=frozenset({404}))
        row = answer.told if answer.status != 404 else {}
        state = _state(row.get("is_paused")) if row.get("dag_id") == id else CampaignState.UNKNOWN
        gone = row.get("is_stale") is not False
        return CampaignState.UNKNOWN if gone and state is CampaignState.RUNNING else state

    async def pause(self, id: str) -> None:
        """No new runs, and no further tasks of those that run. Guarded for Sendepause's own DAGs."""
        await self._switch(id, True)

    async def resume(self, id: str, version: str | None) -> None:
        """Unpauses the DAG, as it is now: Airflow runs the newest version of a DAG only."""
        await self._switch(id, False)

    async def under_way(self, id: str) -> UnderWay:
        """Running: runs with a task that an executor has, or that failed just now: a stopped one works on for
        some seconds. Waiting: queued runs, and those between two tasks, deferred or to be tried again; a
        paused DAG's go on with a resume only.
        """
        _checked(id)
        failed_at = (datetime.now(UTC) - DYING).isoformat()
        at_work = await self._runs_of_tasks(id, {"state": AT_WORK})
        dying = await self._runs_of_tasks(id, {"state": "failed", "end_date_gte": failed_at})
        running = await self._count(f"{_dag(id)}/dagRuns", {"state": "running"})
        queued = await self._count(f"{_dag(id)}/dagRuns", {"state": "queued"})
        return UnderWay(len(at_work | dying), queued + max(0, running - len(at_work)))

    async def _runs_of_tasks(self, id: str, params: Mapping[str, Any]) -> set[object]:
        path = f"{_dag(id)}/dagRuns/~/taskInstances"
        tasks, _ = await self._pages(path, "task_instances", {**params, "order_by": "id"})
        return {task.get("dag_run_id") for task in tasks if task.get("dag_id") == id}

    async def stop_running(self, id: str) -> None:
        """Fails the DAG's runs, the queued ones first so that none moves up; errors come last."""
        await self._refuse_own(id)
        troubles: list[SendepauseError] = []

        async def stop(run: Mapping[str, Any]) -> None:
            path = f"{_dag(id)}/dagRuns/{segment(str(run.get('dag_run_id')))}"
            try:
                await self._call("PATCH", path, {"update_mask": "state"}, {"state": "failed"})
            except SendepauseError as error:  # the others are to end all the same
                troubles.append(error)

        for state in ("queued", "running"):
            runs, _ = await self._pages(f"{_dag(id)}/dagRuns", "dag_runs", {"state": state, "order_by": "id"})
            await at_most(self.system.at_once, stop, [run for run in runs if run.get("dag_id") == id])
        if troubles:
            raise troubles[0]

    async def backlog(self, id: str) -> Backlog:
        """Runs that start or go on with a resume: what waits, and what fell due by the clock meanwhile.

        What other DAGs' assets would have started meanwhile is not made up for (Airflow drops it).
        """
        waiting, due = (await self.under_way(id)).waiting, await self._due(id)
        if due is None:
            return Backlog(BacklogKind.RUNS)
        count = waiting + due
        return Backlog(BacklogKind.RUNS, count) if count else Backlog(BacklogKind.NOTHING, 0)

    async def check(self) -> Checks:
        """One list, and a dry run that plans nothing, which shows the right to change DAGs."""
        try:
            dags = await self._dags()
            campaigns = [row["dag_id"] for row in dags if self._is_campaign(row)]
            own = sum(map(_is_own, dags))
            return [
                Check(True, f"{self._name} lists {len(dags)} DAGs; {own} are Sendepause's own, left alone."),
                Check(
                    bool(campaigns),
                    f"{len(campaigns)} of them are campaigns.",
                    f"Give them a tag account:+49… or one of these: {', '.join(sorted(self._tags)) or '–'}.",
                ),
                *([await self._check_right(campaigns[0])] if campaigns else []),
            ]
        except SendepauseError as error:
            return [Check(False, error.what, error.mend)]

    async def _check_right(self, id: str) -> Check:
        answer = await self._dry_run(id, datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC))
        return Check(
            answer.status not in (403, 404),
            f"{self._name} lets the connection's user change DAGs, as far as a dry run shows; "
            "that a pause holds is proved by a drill.",
            "Give the user the right to edit DAGs and DAG runs.",
        )

    async def _switch(self, id: str, paused: bool) -> None:
        await self._refuse_own(id)
        await self._call("PATCH", _dag(id), {"update_mask": "is_paused"}, {"is_paused": paused})

    async def _refuse_own(self, id: str) -> None:
        """Raises before anything is changed; where the name tells it, before anything is called."""
        _checked(id)
        if id.startswith(OWN_PREFIX):
            raise Guarded(*NO_OWN)
        row = (await self._call("GET", _dag(id))).told
        if row.get("dag_id") != id or not isinstance(row.get("tags"), list):
            raise _not_airflow(self._name)  # whose it is, its tags tell
        if _is_own(row):
            raise Guarded(*NO_OWN)

    def _is_campaign(self, row: Mapping[str, Any]) -> bool:
        tags = _tags(row)
        return not _is_own(row) and (
            not self._tags.isdisjoint(tags)
            or any(MARK.fullmatch(tag) for tag in tags)
            or row["dag_id"] in self.system.accounts
        )

    async def _dags(self) -> Rows:
        """Every DAG that has a file. Which are campaigns is seen here: no filter finds the mark's tags."""
        for _ in range(TRIES):
            rows, still = await self._pages(
                "/api/v2/dags", "dags", {"exclude_stale": True, "order_by": "dag_id"}
            )
            if still:
                there = [row for row in rows if row.get("is_stale") is not True]
                return [row for row in there if isinstance(row.get("dag_id"), str)]
        raise Unreachable(f"{self._name} changed its list of DAGs each time it was read.")

    async def _changes(self) -> dict[tuple[str, object], dict[str, Any]]:
        """(DAG, paused or not) -> who made it so and when, as far as the newest page of the audit log tells.

        A change that names no DAG may be about any, so what is older tells nothing for certain.
        """
        params = {"included_events": CHANGES, "order_by": "-event_log_id", "limit": PAGE}
        try:
            events = _rows(await self._call("GET", "/api/v2/eventLogs", params), "event_logs", self._name)
        except SendepauseError as error:
            log.info("%s does not tell who paused what: %s", self.system.id, error.what)
            return {}
        newest: dict[str, tuple[object, dict[str, Any]]] = {}
        for event in events:
            dag = event.get("dag_id")
            if event.get("event") not in ("patch_dag", "paused") or not isinstance(dag, str):
                break
            who = event.get("owner")
            # Our own signature is nobody's hand.
            told = {"changed_by": None if who == self._access.login else who, "changed_at": event.get("when")}
            newest.setdefault(dag, (_made_paused(event), told))
        return {(dag, paused): told for dag, (paused, told) in newest.items()}

    async def _due(self, id: str) -> int | None:
        """How many runs the clock would start at once; None where that is not certain."""
        details = (await self._call("GET", f"{_dag(id)}/details")).told
        if "next_dagrun_run_after" not in details:
            return None
        now = datetime.now(UTC)
        due, first = (moment_of(details.get(f"next_dagrun_{name}")) for name in ("run_after", "logical_date"))
        if details["next_dagrun_run_after"] is None or (due and due > now):
            return 0
        if first is None or not isinstance(details.get("catchup"), bool):
            return None
        answer = await self._dry_run(id, first, now)  # Airflow's own count, whatever the timetable
        if answer.status != 200:
            return None
        total = _total(answer, self._name)
        # Without catchup: the one that was next when the file was last read, then the latest one.
        return total if details["catchup"] else min(total, 2)

    async def _dry_run(self, id: str, begin: datetime, end: datetime) -> Answer:
        """What a backfill would start; it starts nothing, and needs the right to change the DAG."""
        body = {"dag_id": id, "from_date": begin.isoformat(), "to_date": end.isoformat()}
        ok = frozenset({400, 403, 404, 409, 422})
        return await self._call("POST", "/api/v2/backfills/dry_run", body=body, ok=ok, writes=False)

    async def _count(self, path: str, params: Mapping[str, Any]) -> int:
        return _total(await self._call("GET", path, {**params, "limit": 1}), self._name)

    async def _pages(self, path: str, key: str, params: Mapping[str, Any]) -> tuple[Rows, bool]:
        """Every row of a list, and whether it held still: rows slip between pages while others change."""
        rows: Rows = []
        totals: set[int] = set()
        while True:
            answer = await self._call("GET", path, {**params, "limit": PAGE, "offset": len(rows)})
            page = _rows(answer, key, self._name)
            rows += page
            totals.add(_total(answer, self._name))
            if len(rows) > MOST_CAMPAIGNS:
                raise BadInput(f"{self._name} lists more than {MOST_CAMPAIGNS} {key}.")
            if not page or len(rows) >= max(totals):
                return rows, totals == {len(rows)}

    async def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        ok: frozenset[int] = frozenset(),
        writes: bool | None = None,
    ) -> Answer:
        """One call with the token, a new one where the old one has run out: a 401 has done nothing."""
        if self._client:
            run_out = frozenset({401}) if self._access.login else frozenset()
            answer = await self._client.call(
                method, path, params=params, body=body, ok=ok | run_out, writes=writes
            )
            if answer.status not in run_out:
                return answer
        self._client = await self._logged_in()
        return await self._client.call(method, path, params=params, body=body, ok=ok, writes=writes)

    async def _logged_in(self) -> HttpClient:
        body = {"username": self._access.login, "password": self._access.password or ""}
        answer = await self._door.call("POST", "/auth/token", body=body, writes=False)
        token = answer.told.get("access_token")
        if not isinstance(token, str):
            raise _not_airflow(self._name)
        return HttpClient(self._name, replace(self._access, password=token), self.system.timeout_seconds)


def _state(value: object) -> CampaignState:
    if not isinstance(value, bool):
        return CampaignState.UNKNOWN
    return CampaignState.PAUSED if value else CampaignState.RUNNING


def _tags(row: Mapping[str, Any]) -> list[str]:
    tags = row.get("tags")
    found = tags if isinstance(tags, list) else []
    return [str(tag.get("name")) for tag in found if isinstance(tag, Mapping)]


def _is_own(row: object) -> bool:
    return isinstance(row, Mapping) and (
        str(row.get("dag_id")).startswith(OWN_PREFIX) or OWN_TAG in _tags(row)
    )


def _made_paused(event: Mapping[str, Any]) -> object:
    """Whether a change paused the DAG; None where the log does not tell it."""
    if event.get("event") == "paused":  # by the scheduler, after so many failures
        return True
    try:
        extra = json.loads(str(event.get("extra")))
    except (ValueError, RecursionError):
        return None
    return extra.get("is_paused") if isinstance(extra, Mapping) else None


def _is_id(id: str) -> bool:
    return bool(ID.fullmatch(id)) and id not in (".", "..")


def _checked(id: str) -> None:
    """Refused before anything is called: in a path, another text could name more than one DAG."""
    if not _is_id(id):
        raise Refused("No DAG can have this id, so nothing was called.", "Look at the campaign's id.")


def _dag(id: str) -> str:
    return f"/api/v2/dags/{segment(id)}"


def _rows(answer: Answer, key: str, name: str) -> Rows:
    rows = answer.told.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise _not_airflow(name)
    return rows


def _total(answer: Answer, name: str) -> int:
    total = answer.told.get("total_entries")
    if not isinstance(total, int):
        raise _not_airflow(name)
    return total


def _not_airflow(name: str) -> BadInput:
    return BadInput(
        f"{name} does not answer as the REST API of Airflow 3 does.",
        "Let the connection's host be the address of the web interface, without /api/v2.",
    )
