"""One reader per kind of input. A reader is imported only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, cast

from sendepause.errors import BadInput

if TYPE_CHECKING:
    from sendepause.sources.base import ReadContext, Reader, Reading

READERS: dict[str, str] = {
    "chat_export": "sendepause.sources.chat_export.read",
    "cloud_api_webhook": "sendepause.sources.cloud_api_webhook.read",
    "chat_exporter_json": "sendepause.sources.chat_exporter_json.read",
    "evolution": "sendepause.sources.evolution.read",
    "waha": "sendepause.sources.waha.read",
    "baileys": "sendepause.sources.baileys_records.read",
    "whatsapp_web_js": "sendepause.sources.whatsapp_web_js.read",
    "n8n_executions": "sendepause.sources.n8n_executions.read",
    "chatwoot": "sendepause.sources.chatwoot.read",
    "csv": "sendepause.sources.csv_table.read",
    "table": "sendepause.sources.table.read",
}


def reader(kind: str) -> Reader:
    """The reader of a kind of source; refuses unknown kinds."""
    if kind not in READERS:
        raise BadInput("There is no such kind of source.", f"Use one of: {', '.join(READERS)}.", place="kind")
    module, _, function = READERS[kind].rpartition(".")
    return cast("Reader", getattr(import_module(module), function))


def read_whole(kind: str, stream: BinaryIO, name: str, context: ReadContext) -> Reading:
    """One file in one piece, each message id once; for eyes and tests, since it takes the file's memory."""
    from sendepause.sources.portions import joined

    return joined(reader(kind)(stream, name, context))
