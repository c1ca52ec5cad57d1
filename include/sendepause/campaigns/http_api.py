"""Any campaign system with an HTTP API, described in the configuration.

Which calls list, read, pause and resume, where their answers keep what we need, and what the values of
the state field mean. Secrets come from the connection alone; after any answer the caller reads the state.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
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
    Directory,
    Reveals,
    account_of,
    campaigns_of,
    marked,
    moment_of,
)
from sendepause.campaigns.http import Answer, HttpClient, at, segment
from sendepause.campaigns.http_api_settings import BLANK, LATE, Call, Release, settings_for
from sendepause.campaigns.senders import addresses
from sendepause.campaigns.shapes import Value
from sendepause.errors import BadInput, Refused, SendepauseError
from sendepause.model import Campaign, CampaignState, DirectoryEntry, Sender
from sendepause.settings import SystemSettings

MOST_PAGES = 500
MOST_PASSES = 4
MARKS = re.compile(r"<[^<>]*>|[\r\n]+")  # between the lines of a text, which may be HTML

Items: TypeAlias = list[Any]


class HttpApi(Connector):
    """The connector; see the module."""

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._settings = settings = settings_for(system)
        self._access = access
        self._client = HttpClient(
            name=f"The campaign system {system.id}",
            access=access,
            timeout=system.timeout_seconds,
            auth=settings.auth,
            retry=settings.retry,
            headers=settings.headers,
        )
        fields = settings.fields
        self.capabilities = Capabilities(
            resume=bool(settings.resume),
            goes_on=settings.goes_on,
            backlog=bool(settings.backlog),
            restores_version=any("{version" in f"{call.path}{call.body}" for call in settings.resume),
            reveals_account=Reveals.YES if fields.account or settings.sends else Reveals.PARTLY,
            tells_who_changed=fields.changed_by is not None,
            level=settings.level,
        )

    async def list(self) -> Campaigns:
        """Every campaign that may be one that sends, all pages."""
        items = [item for item in await self._everything() if self._wanted(item)]
        found = campaigns_of(self.system.id, _as_read, [self._row(item) for item in items])
        by_id = {str(self._id(item)): item for item in items}
        return [self._with_sender(one, by_id[one.id]) for one in found]

    async def read_state(self, id: str) -> CampaignState:
        """As the system tells it now; UNKNOWN for an id that it does not know."""
        return self._state(await self._item(id))

    async def pause(self, id: str) -> None:
        """The configured call, chosen by the state where there are several."""
        await self._change(self._settings.pause, id, None, CampaignState.PAUSED)

    async def resume(self, id: str, version: str | None) -> None:
        """The configured call. Refused where it names a version and none was noted."""
        if not self._settings.resume:
            raise Refused(f"{self._client.name} has no call to resume.", "Switch the campaign on by hand.")
        await self._change(self._settings.resume, id, version, CampaignState.RUNNING)

    async def backlog(self, id: str) -> Backlog:
        """What the settings say of its state, with the count where its fields hold one."""
        item = await self._item(id)
        state = at(item, self._settings.fields.state)
        for release in self._settings.backlog:
            if not release.when or _among(state, release.when):
                return Backlog(release.kind, _waiting(release, item))
        return Backlog(BacklogKind.UNKNOWN)

    async def directory(self) -> Directory:
        """The number of every session that the list shows one of, under each address of the gateway."""
        sends = self._settings.sends
        if sends is None:
            return []
        return [
            DirectoryEntry(sender, account, sends.via.evidence)
            for item in await self._everything()
            if (account := account_of(at(item, sends.account)) or self._account(item))
            for sender in self._senders(item)
        ]

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

    def _id(self, item: object) -> object:
        return at(item, self._settings.fields.id)

    def _row(self, item: object) -> dict[str, Any]:
        """What a campaign's item tells, under our names."""
        row = {ours: at(item, place) for ours, place in self._settings.fields.told.items()}
        if self._postponed(item):
            row["version"] = None  # the value before the pause is not told any more
        return row | {"account": self._account(item), "state": self._state(item)}

    def _state(self, item: object) -> CampaignState:
        if self._postponed(item):
            return CampaignState.PAUSED
        return self._settings.states.read(at(item, self._settings.fields.state))

    def _postponed(self, item: object) -> bool:
        rule = self._settings.paused_when
        if rule is None or not _among(at(item, self._settings.fields.state), rule.when):
            return False
        value = at(item, rule.place)
        return isinstance(value, (int, float)) and value >= rule.at_least

    def _account(self, item: object) -> str | None:
        """The number that mark and field name; None where they name two, as with two marks."""
        fields = self._settings.fields
        told = at(item, fields.account) if fields.account else None
        field = self._settings.numbers.get(str(told)) or account_of(told)
        found = {number for number in (field, self._mark(item)) if number}
        return found.pop() if len(found) == 1 else None

    def _mark(self, item: object) -> str | None:
        return marked(self._lines(item))

    def _lines(self, item: object) -> Iterator[str]:
        """The lines of the places in which people put a mark."""
        for place in self._settings.fields.marks:
            for text in _every(item, f"{place}.*"):
                yield from (line.strip() for line in MARKS.split(str(text)))

    def _wanted(self, item: object) -> bool:
        """Whether it may be one that sends. What people marked, or assigned, is always listed."""
        if str(self._id(item)) in self.system.accounts or any(map(MARK.fullmatch, self._lines(item))):
            return True
        only, skip = self._settings.only, self._settings.skip
        told = {place: patterns for place, patterns in only.items() if _told(item, place)}
        return all(_fits(item, *rule) for rule in told.items()) and not any(
            _fits(item, *rule) for rule in skip.items()
        )

    def _with_sender(self, one: Campaign, item: object) -> Campaign:
        state = at(item, self._settings.fields.state)
        pausable = one.state is not CampaignState.RUNNING or _fitting(self._settings.pause, state) is not None
        senders = tuple(self._senders(item))[:1]  # the others are the same one under another address
        return replace(one, level=self._settings.level, pausable=pausable, senders=senders)

    def _senders(self, item: object) -> Iterator[Sender]:
        """The sender that an item is, under each address that its gateway is known by."""
        sends = self._settings.sends
        name = str(at(item, sends.name) or "") if sends else ""
        if sends is None or not name:
            return
        for url in addresses(self._access, sends.known_as):
            yield Sender(sends.via, url, name)

    async def _item(self, id: str) -> object:
        """One campaign as the system shows it now; None for an id that it does not know."""
        read = self._settings.read
        if read is None:
            found = {str(self._id(item)): item async for page in self._pages() for item in page}
            return found.get(id)
        answer = await self._client.call(read.method, _filled(read.path, id), ok=read.missing)
        if answer.status in read.missing:
            return None
        if answer.data is None:
            raise Refused(
                f"{self._client.name} answers with something that is not JSON.",
                "Look whether the address is the API's, and whether a page for people stands before it.",
            )
        item = at(answer.data, read.item)
        # An answer about another campaign says nothing of this one.
        return item if str(self._id(item)) == id else None

    async def _change(
        self, calls: tuple[Call, ...], id: str, version: str | None, wanted: CampaignState
    ) -> None:
        """The call that fits the state; none where it is in the ``wanted`` one already."""
        call = calls[0]
        if len(calls) > 1 or call.when:
            item = await self._item(id)
            if self._state(item) is wanted:
                return
            fitting = _fitting(calls, at(item, self._settings.fields.state))
            if fitting is None:
                raise Refused(
                    f"{self._client.name} has no call that makes {id[:80]} {wanted} from its present state.",
                    "Do it by hand, or add a call with this state to its settings.",
                )
            call = fitting
        body = _body(call.body, id, version)
        accepted = self._settings.ok | self._settings.already
        await self._client.call(call.method, _filled(call.path, id, version), body=body, ok=accepted)

    async def _everything(self) -> Items:
        """Every row of the list. Rows slip from one page to another while others edit, so several pages are
        read again until two passes show the same ids; if none do, all that any of them showed counts."""
        found: dict[str, Any] = {}
        before: set[str] = set()
        for _ in range(MOST_PASSES):
            pages = [page async for page in self._pages() if page]
            items = [item for page in pages for item in page]
            now = {str(self._id(item)): item for item in items}
            if len(pages) < 2 or now.keys() == before:
                return items
            before, found = set(now), found | now
        return list(found.values())

    async def _pages(self) -> AsyncIterator[Items]:
        """The list's pages, one after another; an answer without the array is an error, not an empty list."""
        wanted, pages = self._settings.list, self._settings.list.pages
        path, params, seen, before = wanted.path, dict(wanted.params), 0, None
        if pages.kind in ("page", "offset"):
            params[pages.param] = pages.start if pages.kind == "page" else 0
        for number in range(1, MOST_PAGES + 1):
            answer = await self._client.call(wanted.method, path, params=params or None, body=wanted.body)
            items = self._items(answer)
            if pages.kind in ("page", "offset") and items == before:
                return  # some systems give their last page for every number beyond it
            seen += len(items)
            if seen > MOST_CAMPAIGNS:
                break
            yield items
            match pages.kind:
                # A short page may be the system's own limit: only an empty one ends the list.
                case "page" if items:
                    params[pages.param] = pages.start + number
                case "offset" if items:
                    params[pages.param] = seen
                case "cursor" if cursor := at(answer.data, pages.next):
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
        items = at(answer.data, place)
        if self._settings.list.keyed and isinstance(items, Mapping):
            items = list(items.values()) if all(isinstance(i, Mapping) for i in items.values()) else None
        if not isinstance(items, list):
            raise BadInput(
                f"{self._client.name} lists no array at {place or 'the top'} of its answer.",
                "Correct list.items in its settings, and look whether the address is the API's.",
            )
        return items

    def _next_url(self, answer: Answer) -> str | None:
        place = self._settings.list.pages.next
        url = at(answer.data, place) if place else answer.links.get("next", {}).get("url")
        return str(answer.url.join(url)) if isinstance(url, str) and url else None


def _as_read(state: object) -> CampaignState:
    return state if isinstance(state, CampaignState) else CampaignState.UNKNOWN


def _every(data: object, place: str) -> Iterator[Any]:
    """All that stands at a dotted place; ``*`` is every entry of a list or an object, or a lone value."""
    part, _, rest = place.partition(".")
    if part == "*":
        inner = data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else [data]
    else:
        inner = [data.get(part)] if isinstance(data, Mapping) else []
    for value in inner:
        if rest:
            yield from _every(value, rest)
        elif value is not None:
            yield value


def _told(item: object, place: str) -> bool:
    """Whether the tool tells anything at a place, be it an empty list."""
    return at(item, place.partition(".*")[0]) is not None


def _fits(item: object, place: str, patterns: tuple[str, ...]) -> bool:
    """Whether something at the place matches one of the patterns, in which ``*`` is any text."""
    return any(fnmatchcase(str(value), pattern) for value in _every(item, place) for pattern in patterns)


def _among(value: object, values: tuple[Value, ...]) -> bool:
    return isinstance(value, (bool, int, str)) and value in values


def _fitting(calls: tuple[Call, ...], state: object) -> Call | None:
    return next((call for call in calls if not call.when or _among(state, call.when)), None)


def _waiting(release: Release, item: object) -> int | None:
    """How much waits; None where nobody can say, as before the first message is counted."""
    total, done = (at(item, place) if place else None for place in (release.total, release.done))
    if type(total) is not int or type(done) is not int or total <= 0:
        return None
    return max(0, total - done)


def _filled(path: str, id: str, version: str | None = None) -> str:
    """A path with its blanks filled in, percent-encoded so that an id cannot lead anywhere else."""
    return BLANK.sub(lambda blank: segment(_blank(blank[1], id, version)), path)


def _body(body: Any, id: str, version: str | None) -> Any:
    """A body with its blanks filled in, wherever a text holds them."""
    match body:
        case str():
            return BLANK.sub(lambda b: _blank(b[1], id, version) if b[1] in LATE else b[0], body)
        case dict():
            return {key: _body(value, id, version) for key, value in body.items()}
        case list():
            return [_body(value, id, version) for value in body]
    return body


def _blank(name: str, id: str, version: str | None) -> str:
    """What a blank is filled with. Without its version a system would start what nobody paused."""
    if name == "id":
        return id
    moment = moment_of(int(version) if version.isdecimal() else version) if version else None
    told = version if name == "version" else moment.isoformat() if moment else None
    if told is None:
        raise Refused(
            "The version that was paused is not known, so it cannot be restored.",
            "Look at the campaign, and switch it on by hand.",
        )
    return told
