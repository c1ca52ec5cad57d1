"""Reads what n8n's executions sent: each message that a node handed over, by the answer that the node got.

Executions as ``GET /api/v1/executions?includeData=true`` gives them, in pages or alone, and rows of the
table ``execution_data`` (``workflowData`` and ``data``, the latter in the flatted form). Which nodes send is
read from the workflow that an execution holds, as the connector to n8n reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from sendepause.campaigns.n8n_workflow import content_of
from sendepause.errors import BadInput
from sendepause.model import Sender
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.envelopes import as_json, opened
from sendepause.sources.flatted import unflatted
from sendepause.sources.gathered import Message
from sendepause.sources.json_records import Record, inner, items
from sendepause.sources.large_objects import by_entry
from sendepause.sources.n8n_answers import evidence, sent_by
from sendepause.sources.numbers import milliseconds
from sendepause.sources.recorded import Seen, read_records

MOST_ITEMS = 500_000
"""Most items of one execution: in the flatted form a few bytes can stand for very many."""

_SENDING = re.compile(r".*\.(httprequest|whatsapp|twilio|evolutionapi|waha)(tool)?", re.IGNORECASE)


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """One message for each answer that tells of one; the workflow is its campaign.

    Text and account stand there only where the answer, or a node's parameter without an expression, names
    them. Where an answer has no time, the start of the node's run counts. Evidence: what the messages were
    sent through; an installation that sends by gateways and by the Platform proves no account's kind.
    """

    def messages_in(record: Record, seen: Seen) -> list[Message] | None:
        found = list(_executions(record))
        if not found:
            found = [one for letter in opened(record, _is_ours) for one in _executions(letter)]
        if not found:
            return None
        return [message for execution in found for message in _sent(execution, context, seen)]

    what = "an n8n execution with its data (includeData=true)"
    return read_records(stream, context, Seen("n8n executions"), messages_in, what, taken=by_entry("data"))


@dataclass(frozen=True)
class _Execution:
    workflow: str | None
    nodes: Mapping[str, Record]
    run_data: Record
    not_run: frozenset[str]  # names of nodes whose data a person pinned: they were not run


def _is_ours(record: Record) -> bool:
    return next(_executions(record), None) is not None


def _executions(record: Record, depth: int = 2) -> Iterator[_Execution]:
    """An execution, or those of a page (``{"data": [{…}, …]}``)."""
    execution = _execution(record)
    if execution is not None:
        yield execution
    elif depth:
        for inside in items(record.get("data")):
            yield from _executions(inside, depth - 1)


def _execution(record: Record) -> _Execution | None:
    data = as_json(record.get("data"))
    if isinstance(data, list) and data and isinstance(inner(data[0], "resultData"), str):
        data = unflatted(data)
    record["data"] = data  # it may be looked at again, and is large
    run_data = inner(data, "resultData", "runData")
    if not isinstance(run_data, dict):
        return None
    workflow = as_json(record.get("workflowData"))
    id = record.get("workflowId") or inner(workflow, "id")
    return _Execution(
        workflow=str(id) if isinstance(id, str | int) else None,
        nodes={str(node.get("name")): node for node in items(inner(workflow, "nodes"))},
        run_data=run_data,
        not_run=_pinned(record, workflow, data),
    )


def _pinned(record: Record, workflow: Any, data: Any) -> frozenset[str]:
    """Only where a person started it in the editor do pinned data stand in for a run."""
    mode = record.get("mode") or inner(data, "executionData", "runtimeData", "source")
    places = [inner(data, "resultData", "pinData")]
    places += [inner(workflow, "pinData")] if mode == "manual" else []
    return frozenset(name for place in places if isinstance(place, dict) for name in place)


def _sent(execution: _Execution, context: ReadContext, seen: Seen) -> Iterator[Message]:
    seen.shape("node runs")
    left = MOST_ITEMS
    for name, runs in execution.run_data.items():
        sender = _sender(execution.nodes.get(name))
        if sender is None or name in execution.not_run:
            continue
        call = execution.nodes[name].get("parameters")
        for started, answer in _answers(runs):
            left -= 1
            if left < 0:
                raise BadInput("An execution has too many items.", "Give n8n's own executions, unchanged.")
            message = sent_by(answer, sender.via, call if isinstance(call, dict) else {}, context)
            if message is None:
                continue
            seen.proof(evidence(message, sender.via), sender)
            at = message.sent_at if message.sent_at is not None else started
            yield replace(message, sent_at=at, campaign_id=execution.workflow)


def _sender(node: Record | None) -> Sender | None:
    """What a node sends through; None for a node that sends nothing, or is switched off."""
    kind = node.get("type") if node else None
    if not isinstance(kind, str) or not _SENDING.fullmatch(kind):
        return None
    senders = content_of([node], {}).senders
    return senders[0] if senders else None


def _answers(runs: Any) -> Iterator[tuple[int | None, Record]]:
    """The items that a node's runs gave, each with the start of its run."""
    for run in items(runs):
        started = milliseconds(run.get("startTime"))
        outputs = inner(run, "data", "main")
        for output in outputs if isinstance(outputs, list) else ():
            for item in items(output):
                answer = item.get("json")
                if isinstance(answer, dict):
                    yield started, answer
