"""Reads webhooks of the WhatsApp Business Platform (Cloud API): JSON Lines, a list, or one call a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import polars as pl

from sendepause.errors import BadInput
from sendepause.model import Evidence, Resolution
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.cloud_api_facts import FACTS, Facts, messages
from sendepause.sources.cloud_api_shapes import Value, of_lines, of_record
from sendepause.sources.json_chunks import Opened
from sendepause.sources.json_records import portions_of


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Incoming messages, own ones that an app echoes, and those that only their statuses tell of.

    Each message stands once in the readings of a file of up to 50,000 facts; in larger ones it may stand
    again where its later statuses come in a later portion. Evidence: only the Business Platform sends these
    webhooks.
    """
    zone(context)
    opened, facts = Opened(stream), Facts()
    form = _form(opened)
    told = 0
    for rows in _rows(opened, facts):
        told += 1
        yield _reading(rows, context, form)
    if not facts.recognised:
        raise BadInput(
            "No record is a Cloud API webhook.",
            "Check the kind of this source, or give the tool's own records.",
        )
    if facts.timeless or not told:
        notes = (f"{facts.timeless} messages without a time stamp were left out.",) * bool(facts.timeless)
        yield _reading(pl.DataFrame(schema=FACTS), context, form, notes)


def _rows(opened: Opened, facts: Facts) -> Iterator[pl.DataFrame]:
    for values in _values(opened):
        yield from facts.add(values)
    yield from facts.rest()


def _values(opened: Opened) -> Iterator[Iterable[Value]]:
    if opened.is_lines():
        for lines in opened.lines():
            yield of_lines(lines)
    else:
        for portion in portions_of(opened):
            yield (value for record in portion for value in of_record(record))


def _form(opened: Opened) -> str:
    if opened.is_array():
        return "Cloud API webhooks, in a list"
    return "Cloud API webhooks, one a line" if opened.is_lines() else "a Cloud API webhook"


def _reading(rows: pl.DataFrame, context: ReadContext, form: str, notes: tuple[str, ...] = ()) -> Reading:
    in_ms = (rows["sent_at"] % 1000 != 0).any()
    resolution = Resolution.MS if in_ms else Resolution.S
    return Reading(messages(rows, context), resolution, Evidence.PLATFORM, notes, form)
