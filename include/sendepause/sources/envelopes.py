"""The envelopes that queues and automation tools put around a tool's record.

n8n's and Lambda's ``body``, n8n's items (``json``), SQS (``Body`` as JSON text, ``Messages`` and ``Records``
around it), SNS (``Message``), RabbitMQ's management interface (``payload``), Kafka's ``value``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sendepause.sources.json_records import Record, items

NAMES = ("body", "json", "Body", "Message", "payload", "value")
_SEVERAL = ("Messages", "Records")
_DEEPEST = 4


def opened(
    record: Record, wanted: Callable[[Record], bool], names: tuple[str, ...] = NAMES, depth: int = _DEEPEST
) -> Iterator[Record]:
    """The outermost records inside ``record``, itself first, that are ``wanted``.

    :param names: the fields that may hold one record, as an object or as JSON text.
    """
    if wanted(record):
        yield record
        return
    if depth:
        for name in _SEVERAL:
            if name in record:
                for letter in items(record[name]):
                    yield from opened(letter, wanted, names, depth - 1)
        for name in names:
            if name in record and isinstance(inside := as_json(record[name]), dict):
                yield from opened(inside, wanted, names, depth - 1)


def as_json(value: Any) -> Any:
    """The value of JSON text, also of JSON text inside JSON text; else the value as it is.

    Databases and queues hand JSON over as text; some tools write it as text of text.
    """
    for _ in range(2):
        if not isinstance(value, str) or not value.lstrip().startswith(("{", "[", '"')):
            break
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            break
    return value
