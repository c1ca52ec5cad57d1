"""Files that are one object, larger than a record may be: an interface's page, a program's whole store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from sendepause.sources.chained import beginning, chained
from sendepause.sources.json_records import MAX_RECORD, Record, records, shelves

_BOM = b"\xef\xbb\xbf"


def by_entry(
    shelf: str, record_of: Callable[[str, Any], Any] = lambda _, entry: entry, within: bool = False
) -> Callable[[BinaryIO], Iterator[Record]]:
    """What gives a file's records; of one large object, of each entry under its key ``shelf`` the record that
    ``record_of`` makes. ``within``: the key stands one level deeper."""

    def taken(stream: BinaryIO) -> Iterator[Record]:
        head = beginning(stream, MAX_RECORD + 1)
        if not _is_one_large_object(head):
            yield from records(chained(head, stream))
            return
        whole = chained(head, stream) if within else chained(b'{"":', head.removeprefix(_BOM), stream, b"}")
        for _, _, entries in shelves(whole, shelf, most=1):
            for key, entry in entries:
                if isinstance(record := record_of(key, entry), dict):
                    yield record

    return taken


def _is_one_large_object(head: bytes) -> bool:
    """Whether it is no list, and no record a line, and does not end here."""
    line, several, _ = head.removeprefix(_BOM).strip().partition(b"\n")
    pretty = line.rstrip().endswith((b"{", b"[", b","))
    return len(head) > MAX_RECORD and line.startswith(b"{") and (pretty or not several)
