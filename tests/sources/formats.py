"""Small invented chats, and how to read them in a test."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from sendepause.sources import read_whole
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.show import as_json_lines

LRM = "\u200e"

ENVELOPED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "n8n": lambda one: {"headers": {}, "params": {}, "query": {}, "body": one},
    "n8n item": lambda one: {"json": {"headers": {}, "body": one}},
    "SQS": lambda one: {"MessageId": "1", "ReceiptHandle": "x", "Body": json.dumps(one)},
    "SQS list": lambda one: {"Messages": [{"MessageId": "1", "Body": json.dumps(one)}]},
    "Lambda": lambda one: {
        "Records": [{"messageId": "1", "body": json.dumps(one), "eventSource": "aws:sqs"}]
    },
    "SNS": lambda one: {"Type": "Notification", "Message": json.dumps(one)},
    "RabbitMQ": lambda one: {
        "routing_key": "kiel.messages.upsert",
        "payload": json.dumps(one),
        "payload_bytes": 9,
    },
    "Kafka": lambda one: {"topic": "evolution.messages.upsert", "offset": 4, "value": json.dumps(one)},
}
"""What queues and automation tools make of a tool's record."""


def read(kind: str, data: str | bytes, name: str = "file.txt", **context: Any) -> Reading:
    """The reading of a file given as text or bytes; the zone is Berlin's unless another is given."""
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return read_whole(kind, stream, name, ReadContext(**({"time_zone": "Europe/Berlin"} | context)))


def shown(kind: str, data: str | bytes, name: str = "file.txt", **context: Any) -> list[dict[str, Any]]:
    """The messages as ``sendepause read`` prints them."""
    reading = read(kind, data, name, **context)
    return [json.loads(line) for line in as_json_lines(reading, context.get("time_zone", "Europe/Berlin"))]


def zipped(files: dict[str, bytes | str]) -> bytes:
    """A ZIP archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()
