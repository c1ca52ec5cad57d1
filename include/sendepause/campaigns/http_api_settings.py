"""What the settings of an ``http_api`` system hold, and the presets that known tools come with.

A preset is data: the settings of one tool as a YAML file in ``presets/``. The user's own settings are laid
over it, key by key, so that whatever is particular to an installation stays in the user's hands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import quote

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from sendepause.campaigns.base import BacklogKind, GoesOn, Level
from sendepause.campaigns.http import Auth, Retry
from sendepause.campaigns.shapes import GatewayUrl, Section, States, Value, settings_of
from sendepause.errors import BadInput
from sendepause.model import Via
from sendepause.settings import Number, SystemSettings

BLANK = re.compile(r"\{(\w+)\}")
LATE = frozenset({"id", "version", "version_time"})  # filled in for each campaign, not once for the system
PRESETS = files("sendepause.campaigns") / "presets"
CALLS = ("list", "read", "pause", "resume")


def _path(value: str) -> str:
    if not value.startswith("/") or value.startswith("//") or "?" in value or "#" in value:
        raise ValueError("must begin with one slash and hold no query: the host is the connection's")
    if missing := set(BLANK.findall(value)) - LATE:
        raise ValueError(
            f"has a blank that nothing fills; add to settings.fill: {', '.join(sorted(missing))}"
        )
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


class ApiStates(States):
    """As for a table, but a system may have no state of its own for a pause: see ``PausedWhen``."""

    paused: tuple[Value, ...] = ()


class ListCall(Section):
    """The call that lists campaigns. ``items`` is the place of the array in the answer, like data.results."""

    method: Literal["GET", "POST"] = "GET"
    path: Path
    params: dict[str, Value | list[Value]] = Field(default={})
    body: Any = None
    items: str = ""
    keyed: bool = Field(default=False, description="at items is an object, id -> campaign, and [] when empty")
    pages: Pages = Pages()


class Call(Section):
    """A call about one campaign. ``{id}``, ``{version}`` and ``{version_time}`` are filled in.

    In a path they are percent-encoded. ``version_time`` is the version, an epoch, in ISO 8601. ``when``:
    only for a campaign whose state has one of these values (systems with several ways to pause).
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
    missing: frozenset[int] = Field(default=frozenset({404, 410}), description="there is no such campaign")


class Fields(Section):
    """Our name -> its place in a listed campaign, like config.metadata.account."""

    id: str
    state: str
    name: str | None = None
    account: str | None = None
    tags: str | tuple[str, ...] = Field(default=(), description="where a mark account:+49… may stand")
    changed_by: str | None = None
    changed_at: str | None = None
    version: str | None = None

    @property
    def told(self) -> dict[str, str]:
        """The places of what is taken as it stands: name -> place."""
        return self.model_dump(exclude={"tags", "state", "account"}, exclude_none=True)

    @property
    def marks(self) -> tuple[str, ...]:
        """The places in which people put a mark."""
        return (self.tags,) if isinstance(self.tags, str) else self.tags


class PausedWhen(Section):
    """A pause that shows elsewhere than in the state: a number at ``place`` that is at least so large.

    It holds for the states ``when`` alone: what is being sent already is not paused by a later date.
    """

    when: tuple[Value, ...] = Field(min_length=1)
    place: str
    at_least: float


class Sends(Section):
    """What every campaign of this system is: a sender of a gateway that other systems send through."""

    via: Via
    name: str = Field(description="the place of the session's or instance's name")
    account: str = Field(description="the place of the number that it belongs to")
    known_as: tuple[GatewayUrl, ...] = Field(default=(), description="further base URLs of the same gateway")


class Release(Section):
    """What a resume releases from a state; the count is what stands at ``total`` less that at ``done``."""

    kind: BacklogKind
    when: tuple[Value, ...] = ()
    total: str | None = None
    done: str | None = None


def _listed(value: Any) -> Any:
    """One alone may stand without its list."""
    return (value,) if isinstance(value, Mapping) else value


Calls = Annotated[tuple[Call, ...], BeforeValidator(_listed)]


class HttpApiSettings(Section):
    """What ``settings`` of an ``http_api`` system holds, with its preset laid under it."""

    list: ListCall
    fields: Fields
    states: ApiStates
    pause: Calls
    resume: Calls = ()
    read: ReadCall | None = None  # without it the state is looked up in the list
    paused_when: PausedWhen | None = None
    ok: frozenset[int] = Field(default=frozenset(), description="statuses beyond 2xx that mean success")
    already: frozenset[int] = Field(
        default=frozenset(), description="statuses that mean: it is in that state already"
    )
    only: dict[str, tuple[str, ...]] = Field(default={}, description="place -> patterns, one of which fits")
    skip: dict[str, tuple[str, ...]] = Field(default={}, description="place -> patterns, none of which fits")
    numbers: dict[str, Number] = Field(default={}, description="what stands at fields.account -> number")
    sends: Sends | None = None
    backlog: Annotated[tuple[Release, ...], BeforeValidator(_listed)] = ()
    goes_on: GoesOn = GoesOn.HANDED_OVER
    level: Level = Level.CAMPAIGN
    auth: Auth = Auth()
    retry: Retry = Retry()
    headers: dict[str, str] = Field(default={})

    @model_validator(mode="after")
    def _can_be_paused(self) -> HttpApiSettings:
        if not self.pause:
            raise ValueError("pause names no call")
        if not self.states.paused and self.paused_when is None:
            raise ValueError(
                "nothing says when a campaign is paused: name it in states.paused or paused_when"
            )
        return self


def settings_for(system: SystemSettings) -> HttpApiSettings:
    """The settings of a system over those of its preset, with its blanks filled in, checked.

    BadInput for a preset that does not exist and for whatever cannot be used.
    """
    own = dict(system.settings)
    preset, fill = own.pop("preset", None), own.pop("fill", {})
    merged = _over(_preset(preset, system), own) if preset is not None else own
    for name in CALLS:
        if name in merged:
            merged[name] = _filled(merged[name], fill if isinstance(fill, Mapping) else {})
    return settings_of(HttpApiSettings, system.model_copy(update={"settings": merged}))


def presets() -> list[str]:
    """The presets that exist, by name."""
    return sorted(
        entry.name.removesuffix(".yaml") for entry in PRESETS.iterdir() if entry.name[-5:] == ".yaml"
    )


def _preset(name: object, system: SystemSettings) -> dict[str, Any]:
    known = presets()
    if name not in known:
        raise BadInput(
            f"The campaign system {system.id} names a preset that does not exist: {str(name)[:80]}.",
            f"Known presets: {', '.join(known)}.",
            place=f"campaign_systems.yaml: {system.id}",
        )
    loaded: dict[str, Any] = yaml.safe_load((PRESETS / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def _over(under: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """``own`` laid over ``under``: mappings key by key, all else (lists too) as a whole."""
    return {
        **under,
        **{
            key: _over(under[key], value)
            if isinstance(value, Mapping) and isinstance(under.get(key), Mapping)
            else value
            for key, value in own.items()
        },
    }


def _filled(call: Any, fill: Mapping[str, Any]) -> Any:
    """A call, or several, with the blanks of the system itself filled into the path, percent-encoded."""
    match call:
        case {"path": str(path)}:
            filled = BLANK.sub(
                lambda blank: quote(str(fill[blank[1]]), safe="") if blank[1] in fill else blank[0], path
            )
            return {**call, "path": filled}
        case list():
            return [_filled(one, fill) for one in call]
    return call
