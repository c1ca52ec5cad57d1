"""Any campaign system with an HTTP API, described in the configuration.

Which calls list, read, pause and resume, where their answers keep what we need, and what the values of
the state field mean. Secrets come from the connection alone; after any answer the caller reads the state.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import quote

from pydantic import AfterValidator, Field, model_validator

from sendepause.campaigns.base import (
    MOST_CAMPAIGNS,
    Access,
    Campaigns,
    Capabilities,
    Check,
    Checks,
    Connector,
    Level,
    Reveals,
    campaigns_of,
)
from sendepause.campaigns.http import Answer, Auth, HttpClient, Retry
from sendepause.campaigns.shapes import Section, States, Value, settings_of
from sendepause.errors import BadInput, Refused, SendepauseError
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings

MOST_PAGES = 500

Items: TypeAlias = list[Any]


def _path(value: str) -> str:
    if not value.startswith("/") or value.startswith("//") or "?" in value or "#" in value:
        raise ValueError("must begin with one slash and hold no query: the host is the connection's")
    return value


Path = Annotated[str, AfterValidator(_path)]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Pages(Section):
    """How a list goes on. ``next`` is the place of the cursor, or of the link where no header tells it."""

    kind: Literal["none", "cursor", "page", "offset", "link"] = "none"
    param: str = ""
    next: str = ""
    start: int = Field(default=1, description="number of the first page")

    @model_validator(mode="after")
    def _complete(self) -> Pages:
        if self.kind in ("cursor", "page", "offset") and not self.param:
            raise ValueError(f"pages of the kind {self.kind} need param")
        if self.kind == "cursor" and not self.next:
            raise ValueError("pages of the kind cursor need next, the place of the cursor in the answer")
        return self


class ListCall(Section):
    """The call that lists campaigns. ``items`` is the place of the array in the answer, like data.results."""

    method: Literal["GET", "POST"] = "GET"
    path: Path
    params: dict[str, Value | list[Value]] = Field(default={})
    body: Any = None
    items: str = ""
    pages: Pages = Pages()


class Call(Section):
    """A call about one campaign; ``{id}`` and ``{version}`` are filled in, in the path percent-encoded.

    ``when``: only for a campaign whose state has one of these values (systems with several ways to pause).
    """

    method: Method
    path: Path
    body: Any = None
    when: tuple[Value, ...] = ()


class ReadCall(Section):
    """The call that reads one campaign. ``item`` is the place of the campaign in the answer."""

    method: Literal["GET"] = "GET"
    path: Path
    item: str = ""


class Fields(Section):
    """Our name -> its place in a listed campaign, like config.metadata.account."""

    id: str
    state: str
    name: str | None = None
    account: str | None = None
    changed_by: str | None = None
    changed_at: str | None = None
    version: str | None = None


class HttpApiSettings(Section):
    """What ``settings`` of an ``http_api`` system holds."""

    list: ListCall
    fields: Fields
    states: States
    pause: Call | tuple[Call, ...]
    resume: Call | None = None
    read: ReadCall | None = None  # without it the state is looked up in the list
    ok: frozenset[int] = Field(default=frozenset(), description="statuses beyond 2xx that mean success")
    already: frozenset[int] = Field(
        default=frozenset(), description="statuses that mean: it is in that state already"
    )
    auth: Auth = Auth()
    retry: Retry = Retry()
    headers: dict[str, str] = Field(default={})
    level: Level = Level.CAMPAIGN
    stop_running: bool = False


class HttpApi(Connector):
    """The connector; see the module."""

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._settings = settings_of(HttpApiSettings, system)
        self._client = HttpClient(
            name=f"The campaign system {system.id}",
            access=access,
            timeout=system.timeout_seconds,
            auth=self._settings.auth,
            retry=self._settings.retry,
            headers=self._settings.headers,
        )
        resume, fields = self._settings.resume, self._settings.fields
        self.capabilities = Capabilities(
            resume=resume is not None,
            stop_running=self._settings.stop_running,
            restores_version=resume is not None and "{version}" in str(resume.body) + resume.path,
            reveals_account=Reveals.YES if fields.account else Reveals.PARTLY,
            tells_who_changed=fields.changed_by is not None,
            level=self._settings.level,
        )

    async def list(self) -> Campaigns:
        """All pages, keyed by id: rows may slip between pages while others edit."""
        rows = [self._row(item) async for page in self._pages() for item in page]
        return campaigns_of(self.system.id, self._settings.states.read, rows)

    async def read_state(self, id: str) -> CampaignState:
        """As the system tells it now; UNKNOWN for an id that it does not know."""
        return self._settings.states.read(await self._raw_state(id))

    async def pause(self, id: str) -> None:
        """The configured call, chosen by the state where there are several."""
        calls = self._settings.pause
        await self._change(calls if isinstance(calls, Call) else await self._fitting(calls, id), id, None)

    async def resume(self, id: str, version: str | None) -> None:
        """The configured call. Refused where it names a version and none was noted."""
        if self._settings.resume is None:
            raise Refused(f"{self._client.name} has no call to resume.", "Switch the campaign on by hand.")
        await self._change(self._settings.resume, id, version)

    async def check(self) -> Checks:
        """One list, which shows the connection, the secret and the places of the fields."""
        try:
            found = await self.list()
        except SendepauseError as error:
            return [Check(False, error.what, error.mend)]
        unknown = sum(one.state is CampaignState.UNKNOWN for one in found)
        return [
            Check(True, f"{self._client.name} lists {len(found)} campaigns."),
            Check(
                not unknown,
                f"{unknown} of them are in a state that states does not name.",
                "Add the system's values to states.running, states.paused or states.done.",
            ),
        ]

    async def _raw_state(self, id: str) -> object:
        read = self._settings.read
        if read is None:
            rows = [self._row(item) async for page in self._pages() for item in page]
            return {str(row.get("id")): row.get("state") for row in rows}.get(id)
        answer = await self._client.call(read.method, _filled(read.path, id), ok=frozenset({404, 410}))
        if answer.status in (404, 410):
            return None
        item = _at(answer.data, read.item)
        row = self._row(item)
        # An answer about another campaign says nothing of this one.
        return row.get("state") if str(row.get("id", id)) == id else None

    async def _fitting(self, calls: tuple[Call, ...], id: str) -> Call:
        state = await self._raw_state(id)
        for call in calls:
            if not call.when or state in call.when:
                return call
        raise Refused(
            f"{self._client.name} has no call to pause a campaign in the state of {id[:80]}.",
            "Pause it by hand, or add a call with this state to its settings.",
        )

    async def _change(self, call: Call, id: str, version: str | None) -> None:
        body = _body(call.body, id, version)
        accepted = self._settings.ok | self._settings.already
        await self._client.call(call.method, _filled(call.path, id, version), body=body, ok=accepted)

    async def _pages(self) -> AsyncIterator[Items]:
        """The list's pages, one after another; an answer without the array is an error, not an empty list."""
        wanted, pages = self._settings.list, self._settings.list.pages
        path, params, seen, before = wanted.path, dict(wanted.params), 0, None
        if pages.kind in ("page", "offset"):
            params[pages.param] = pages.start if pages.kind == "page" else 0
        for number in range(1, MOST_PAGES + 1):
            answer = await self._client.call(wanted.method, path, params=params or None, body=wanted.body)
            items = self._items(answer)
            seen += len(items)
            if seen > MOST_CAMPAIGNS:
                break
            yield items
            match pages.kind:
                # A short page may be the system's own limit: only an empty one ends the list, or the
                # last one again, which some systems give for every number beyond it.
                case "page" if items and items != before:
                    params[pages.param] = pages.start + number
                case "offset" if items and items != before:
                    params[pages.param] = seen
                case "cursor" if cursor := _at(answer.data, pages.next):
                    params[pages.param] = cursor
                case "link" if url := self._next_url(answer):
                    path, params = url, {}
                case _:
                    return
            before = items
        raise BadInput(
            f"{self._client.name} lists more than {MOST_CAMPAIGNS} campaigns or {MOST_PAGES} pages.",
            "Narrow list.params to those that are not over, or ask for larger pages.",
        )

    def _items(self, answer: Answer) -> Items:
        place = self._settings.list.items
        items = _at(answer.data, place)
        if not isinstance(items, list):
            raise BadInput(
                f"{self._client.name} lists no array at {place or 'the top'} of its answer.",
                "Correct list.items in its settings, and look whether the address is the API's.",
            )
        return items

    def _next_url(self, answer: Answer) -> str | None:
        place = self._settings.list.pages.next
        url = _at(answer.data, place) if place else answer.links.get("next", {}).get("url")
        return str(answer.url.join(url)) if isinstance(url, str) and url else None

    def _row(self, item: object) -> dict[str, Any]:
        places = self._settings.fields.model_dump()
        return {ours: _at(item, place) for ours, place in places.items() if place is not None}


def _at(data: object, place: str) -> Any:
    """What stands at a dotted place (``data.results``) of an answer; None where there is no such place."""
    for part in place.split(".") if place else ():
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _filled(path: str, id: str, version: str | None = None) -> str:
    """A path with its blanks filled in, percent-encoded so that an id cannot lead anywhere else."""
    if id in ("", ".", ".."):
        raise Refused("A campaign's id is empty or made of dots, so no path can name it.")
    return path.replace("{id}", quote(id, safe="")).replace(
        "{version}", quote(_known(version, path), safe="")
    )


def _body(body: Any, id: str, version: str | None) -> Any:
    """A body with its blanks filled in, wherever a text holds them."""
    match body:
        case str():
            return body.replace("{id}", id).replace("{version}", _known(version, body))
        case dict():
            return {key: _body(value, id, version) for key, value in body.items()}
        case list():
            return [_body(value, id, version) for value in body]
    return body


def _known(version: str | None, template: str) -> str:
    """The version to be restored. Without it a system would start its newest draft, which nobody paused."""
    if version is None and "{version}" in template:
        raise Refused(
            "The version that was paused is not known, so it cannot be restored.",
            "Look at the campaign, and switch it on by hand.",
        )
    return version or ""
