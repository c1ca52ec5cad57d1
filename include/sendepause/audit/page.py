"""The generated parts of ``docs/audit.md``."""

from __future__ import annotations

import re

from sendepause.audit.rules import CHANCE, PROBABILITY, Held, Rule
from sendepause.audit.signals import REGISTRY
from sendepause.model import Language


def between(page: str, name: str, text: str) -> str:
    """The page with a text between the marks ``<!-- name -->`` and ``<!-- end of name -->``."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: f"{begin}\n\n{text.strip()}\n\n{end}", page)


def signals_table() -> str:
    """Every signal: role, what it says, threshold, minimum sample, picture and source."""
    head = "| signal | role | what is measured | threshold | in minutes | from | picture | source |"
    lines = [head, "| --- | --- | --- | --- | --- | --- | --- | --- |", *(_line(rule) for rule in REGISTRY)]
    return "\n".join(lines)


def _line(rule: Rule) -> str:
    held, minute = rule.held, rule.minute_held
    cells = [
        f"`{rule.name}`",
        rule.role.value,
        rule.text[Language.EN].format(value="x"),
        _threshold(held, rule),
        "as left" if minute is None else _threshold(minute, rule),
        f"{held.minimum} {held.sample}" if held.minimum else "",
        rule.picture.value,
        rule.source[Language.EN],
    ]
    return "| " + " | ".join(cells) + " |"


def _threshold(held: Held, rule: Rule) -> str:
    if held.limit is None:
        return "none"
    told = f"{'at most' if held.at_most else 'from'} {held.limit:g} {_unit(held.unit)}".strip()
    if rule.strong is not None and rule.strong.limit is not None and rule.strong != held:
        told += f"; two points {'at most' if held.at_most else 'from'} {rule.strong.limit:g}"
    if rule.watch_from is not None:
        told += f"; watched from {rule.watch_from:g}"
    if rule.only_with is not None:
        with_ = rule.only_with
        told += f"; only with `{with_.column}` {'at most' if with_.at_most else 'from'} {with_.limit:g}"
    return told


def _unit(unit: str) -> str:
    return {CHANCE: "(-log10 p)", "share": "(share)", PROBABILITY: "(probability)"}.get(unit, unit)
