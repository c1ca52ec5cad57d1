"""Reading the configuration folder: all errors at once, each with file, line, field and mend."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sendepause import settings as shape
from sendepause.audit.rules import CHANCE, PROBABILITY, SAME_MINUTE
from sendepause.audit.signals import ADJUSTABLE, BY_NAME
from sendepause.errors import BadInput
from sendepause.places import configuration_folder
from sendepause.settings import Settings

MAX_BYTES = 20 * 1024 * 1024  # a hundred thousand accounts fit; more is a mistake
MAX_NODES = 5_000_000  # of a file whose aliases are written out; the same hundred thousand accounts, twice
FILES: Mapping[str, tuple[str, ...]] = {
    "owners.yaml": ("owners", "operators"),
    "accounts.yaml": ("accounts",),
    "campaign_systems.yaml": ("campaign_systems",),
    "sources.yaml": ("sources",),
    "calendar.yaml": ("enforcements",),
    "policy.yaml": ("policy",),
}
SHARE, HOURS, SECONDS = "share", "h", "s"  # units of signals
OPTIONAL = {"campaign_systems.yaml", "sources.yaml", "policy.yaml"}
LIST_COLUMNS = ("export_names",)  # in accounts.csv several names stand in one cell, parted by "|"

# pydantic says what is wrong for programmers; these say what to do, for those who write the files.
MENDS = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or correct its spelling.",
    "enum": "Use one of the allowed values.",
    "literal_error": "Use one of the allowed values.",
    "string_pattern_mismatch": "Correct its form.",
    "value_error": "",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One error in the configuration. ``line`` counts from 1; None where the file itself is the matter."""

    file: str
    line: int | None
    field: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return " ".join(
            part for part in (f"{where}: {self.field} {self.what}.".replace("  ", " "), self.mend) if part
        )


class BadConfiguration(BadInput):
    """A configuration that does not check. ``faults`` holds all of its errors, not the first."""

    means = "It did not come into force; the last valid configuration stays."

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        listed = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"The configuration has {len(faults)} error(s):\n{listed}\n")


def load(path: Path | None = None) -> Settings:
    """Read and check the configuration in ``path`` (default: ``places.configuration_folder()``).

    :raises BadConfiguration: with every error in every file.
    """
    path = path or configuration_folder()
    faults: list[Fault] = []
    sections = {name: _section(path, name, keys, faults) for name, keys in FILES.items()}
    if faults:
        raise BadConfiguration(faults)
    return check(
        {key: value for section in sections.values() for key, value in section.content.items()}, sections
    )


def check(content: Mapping[str, Any], sections: Mapping[str, _Section] | None = None) -> Settings:
    """Settings from parsed content (also content that the store kept); see :func:`load`."""
    places = sections or {}
    try:
        checked = Settings(**content)
    except ValidationError as error:
        raise BadConfiguration([_fault(detail, places) for detail in error.errors()]) from None
    faults = list(_cross_check(checked, places))
    if faults:
        raise BadConfiguration(faults)
    return checked.model_copy(update={"hash": _hash(content_of(checked))})


def with_policy(settings: Settings, file: Path) -> Settings:
    """The same settings with the policy of another file.

    :raises BadConfiguration: with every error in that file.
    """
    faults: list[Fault] = []
    try:
        section = _yaml_section(file, FILES["policy.yaml"], faults)
    except OSError as error:
        raise BadConfiguration([Fault(str(file), None, "", f"cannot be opened: {error.strerror}")]) from error
    if faults:
        raise BadConfiguration(faults)
    return check({**content_of(settings), "policy": {}, **section.content}, {"policy.yaml": section})


def content_of(settings: Settings) -> dict[str, Any]:
    """What :func:`check` takes to make the same settings again: plain JSON values."""
    return settings.model_dump(mode="json", exclude={"hash"})


@dataclass(frozen=True, slots=True)
class _Section:
    """A parsed file: its content, and the YAML node (or CSV rows) that tells lines."""

    file: str
    content: dict[str, Any]
    node: yaml.Node | None = None
    rows: tuple[int, ...] = ()

    def line(self, location: tuple[int | str, ...]) -> int | None:
        if self.rows:
            index = location[1] if len(location) > 1 else None
            return self.rows[index] if isinstance(index, int) and index < len(self.rows) else 1
        return _line(self.node, location)


def _section(path: Path, name: str, keys: tuple[str, ...], faults: list[Fault]) -> _Section:
    try:
        return _read_section(path, name, keys, faults)
    except OSError as error:
        faults.append(Fault(name, None, "", f"cannot be opened: {error.strerror}"))
        return _Section(name, {})


def _read_section(path: Path, name: str, keys: tuple[str, ...], faults: list[Fault]) -> _Section:
    table = path / "accounts.csv"
    if name == "accounts.yaml" and table.exists():
        if (path / name).exists():
            faults.append(
                Fault("accounts.csv", None, "", "stands beside accounts.yaml", "Keep one of the two.")
            )
        return _csv_section(table, faults)
    file = path / name
    if not file.exists():
        if name not in OPTIONAL:
            faults.append(
                Fault(name, None, "", f"is missing in {path}", "Create it; include/config shows an example.")
            )
        return _Section(name, {})
    return _yaml_section(file, keys, faults)


def _yaml_section(file: Path, keys: tuple[str, ...], faults: list[Fault]) -> _Section:
    try:
        node, content = _parsed(_text(file))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        faults.append(_yaml_fault(file.name, error))
        return _Section(file.name, {})
    if content is None:
        return _Section(file.name, {}, node)
    if not isinstance(content, dict):
        faults.append(Fault(file.name, 1, "", f"has no keys; it needs {' and '.join(keys)}"))
        return _Section(file.name, {})
    for key in content:
        if key not in keys:
            what = f"is not a key of this file; it has {', '.join(keys)}"
            faults.append(Fault(file.name, _line(node, (key,)), str(key), what, MENDS["extra_forbidden"]))
    return _Section(file.name, {key: content[key] for key in keys if key in content}, node)


def _parsed(text: str) -> tuple[yaml.Node | None, Any]:
    """A document's nodes, which know their lines, and its content.

    libyaml is some five times as fast, which ten thousand accounts need; what it refuses is left to the
    other parser, whose errors people understand.
    """
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            return _built(yaml.CSafeLoader(text))
    return _built(yaml.SafeLoader(text))


def _built(loader: yaml.SafeLoader | yaml.CSafeLoader) -> tuple[yaml.Node | None, Any]:
    node = loader.get_single_node()
    if node is not None and _written_out(node, {}) > MAX_NODES:
        raise ValueError("its aliases repeat each other without end")
    return node, None if node is None else loader.construct_document(node)  # not parsed a second time


def _written_out(node: yaml.Node, known: dict[int, float]) -> float:
    """How many nodes there are once every alias is written out; without end where one holds itself.

    Ten lines of aliases make billions of values ("billion laughs"), which is cheap only until it is used.
    """
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = float("inf")  # until it is counted: met again inside itself, it has no end
        inner = (
            node.value if isinstance(node, yaml.SequenceNode) else [n for pair in node.value for n in pair]
        )
        known[id(node)] = 1 + sum(_written_out(child, known) for child in inner)
    return known[id(node)]


def _yaml_fault(name: str, error: Exception) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark else None
    return Fault(
        name, line, "", f"is not readable as YAML: {problem}", "Check indentation, colons and quotes there."
    )


def _csv_section(file: Path, faults: list[Fault]) -> _Section:
    """Accounts as companies keep them: a sheet, comma or semicolon, one account a row."""
    try:
        text = _text(file)
    except ValueError as error:
        faults.append(Fault(file.name, None, "", str(error)))
        return _Section(file.name, {})
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text), delimiter=";" if header.count(";") >= header.count(",") else ","
    )
    accounts: list[dict[str, Any]] = []
    rows: list[int] = []
    for row in _rows(reader, file.name, faults):
        # A None key holds cells beyond the header: the row has more cells than there are columns.
        if None in row:
            what = "has more cells than the header has columns"
            faults.append(
                Fault(file.name, reader.line_num, "row", what, "Quote cells that hold the delimiter.")
            )
            continue
        entry: dict[str, Any] = {
            key.strip(): value.strip() for key, value in row.items() if value and value.strip()
        }
        for column in LIST_COLUMNS:
            if column in entry:
                entry[column] = [part.strip() for part in entry[column].split("|")]
        if entry:
            accounts.append(entry)
            rows.append(reader.line_num)
    return _Section(file.name, {"accounts": accounts}, rows=tuple(rows))


def _rows(reader: csv.DictReader[str], name: str, faults: list[Fault]) -> Iterator[dict[Any, Any]]:
    try:
        yield from reader
    except csv.Error as error:
        faults.append(Fault(name, reader.line_num, "row", f"cannot be read: {error}", "Look at its quotes."))


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES // 1024**2} MB, which no configuration is")
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; save it as UTF-8") from None


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int | None:
    """The line of the deepest part of ``location`` that exists in the document."""
    if node is None:
        return None
    line: int = node.start_mark.line + 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _file_of(key: str) -> str:
    return next((name for name, keys in FILES.items() if key in keys), "policy.yaml")


def _fault(detail: Any, sections: Mapping[str, _Section]) -> Fault:
    location: tuple[int | str, ...] = detail["loc"]
    section = sections.get(_file_of(str(location[0]))) if location else None
    file = section.file if section else _file_of(str(location[0]))
    what = {"missing": "is missing", "extra_forbidden": "is not known here"}.get(
        detail["type"], detail["msg"]
    )
    what = what.removeprefix("Value error, ")
    return Fault(
        file,
        section.line(location) if section else None,
        _field(location),
        what,
        MENDS.get(detail["type"], ""),
    )


def _field(location: tuple[int | str, ...]) -> str:
    """``accounts[3].owner``, counted from 0 as YAML lists are in most tools."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")


def _cross_check(settings: Settings, sections: Mapping[str, _Section]) -> Iterator[Fault]:
    """What no single field can show: names that point nowhere, and names given twice."""

    def fault(location: tuple[int | str, ...], what: str, mend: str) -> Fault:
        section = sections.get(_file_of(str(location[0])))
        line = section.line(location) if section else None
        return Fault(
            section.file if section else _file_of(str(location[0])), line, _field(location), what, mend
        )

    owners = {owner.id for owner in settings.owners}
    numbers = {account.number for account in settings.accounts}
    branches = {account.branch for account in settings.accounts}
    for index, account in enumerate(settings.accounts):
        if account.owner not in owners:
            mend = f"Use one of owners.yaml ({', '.join(sorted(owners))}), or add the owner there."
            yield fault(
                ("accounts", index, "owner"), f"names the owner {account.owner!r}, whom nobody knows", mend
            )
    for key, field in _UNIQUE.items():
        seen: set[str] = set()
        for index, entry in enumerate(getattr(settings, key)):
            value = getattr(entry, field)
            if value in seen:
                yield fault((key, index, field), f"{value!r} stands here a second time", "Give each its own.")
            seen.add(value)
    for index, source in enumerate(settings.sources):
        if source.account and source.account not in numbers:
            yield fault(
                ("sources", index, "account"),
                "is no account of accounts.yaml",
                "Add it there, or correct it.",
            )
    receivers = [index for index, source in enumerate(settings.sources) if source.kind == shape.RECEIVER]
    for index in receivers[1:]:
        yield fault(("sources", index, "kind"), "stands here a second time", "One takes all of Meta's calls.")
    yield from _threshold_faults(settings, fault)
    for index, rule in enumerate(settings.enforcements):
        if rule.pausing_days > rule.warning_days:
            mend = "Warn at least as early as you pause."
            yield fault(("enforcements", index, "pausing_days"), "is more than warning_days", mend)
        yield from _scope_faults(index, rule, branches, numbers, fault)


def _threshold_faults(settings: Settings, fault: Any) -> Iterator[Fault]:
    """Signals that nobody knows, and numbers that cannot be meant for their unit."""
    for kind, limits in settings.policy.thresholds.items():
        for name, limit in limits.items():
            place = ("policy", "thresholds", str(kind), name)
            if name not in ADJUSTABLE:
                mend = f"Use one of {', '.join(sorted(ADJUSTABLE))}."
                yield fault(place, "is no signal with a threshold", mend)
            elif wrong := wrong_limit(BY_NAME[name].held.unit, limit):
                usual = f"{BY_NAME[name].held.limit:g}"
                yield fault(place, f"{limit:g} {wrong}", f"Without an entry it is {usual}.")


def wrong_limit(unit: str, limit: float) -> str | None:
    """What is wrong with a threshold in that unit (of ``Held``), if anything."""
    if unit in (SHARE, SAME_MINUTE, PROBABILITY) and limit > 1:
        return "is no share; write it from 0 to 1, like 0.5"
    if unit == HOURS and limit > 24:
        return "is more than the 24 hours of a day"
    if unit not in (SHARE, SAME_MINUTE, PROBABILITY, HOURS, CHANCE, SECONDS) and limit != int(limit):
        return "is no whole number, and this is counted"
    return None


def _scope_faults(
    index: int, rule: shape.EnforcementSettings, branches: set[str | None], numbers: set[str], fault: Any
) -> Iterator[Fault]:
    for field, known in (("branches", branches), ("accounts", numbers)):
        for entry in getattr(rule.scope, field):
            if entry not in known:
                mend = "Correct it, or the rule hits nobody by it."
                yield fault(
                    ("enforcements", index, "scope", field), f"names {entry!r}, which no account has", mend
                )


_UNIQUE = {
    "owners": "id",
    "accounts": "number",
    "campaign_systems": "id",
    "sources": "id",
    "enforcements": "id",
}


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
