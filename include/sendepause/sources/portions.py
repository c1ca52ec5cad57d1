"""Portions of one file: put together for eyes, or kept until the file is known to be whole."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import IO

import polars as pl

from sendepause.frames import MESSAGES
from sendepause.model import Resolution
from sendepause.sources.base import Reading

IN_MEMORY = 100_000
"""So many rows of one file's portions wait in memory, about 20 MB of events; more wait on the disk."""

_FINEST = (Resolution.MS, Resolution.S, Resolution.MIN)


def joined(portions: Iterable[Reading]) -> Reading:
    """All portions as one. Of the rows of one message id the first counts, unless it lacks the text that a
    later portion has; of those that all lack it, the earliest."""
    found = list(portions)
    if len(found) == 1:
        return found[0]
    messages = pl.concat(part.messages for part in found).drop("position").with_row_index("position")
    named = messages.filter(pl.col("message_id").is_not_null())
    known = pl.col("text").is_not_null()
    first = named.sort(~known, pl.when(~known).then("sent_at"), "position").unique(
        "message_id", keep="first", maintain_order=True
    )
    nameless = messages.filter(pl.col("message_id").is_null())
    rows = pl.concat([first, nameless]).sort("position").drop("position").with_row_index("position")
    return Reading(
        messages=rows.match_to_schema(MESSAGES),
        resolution=min((part.resolution for part in found), key=_FINEST.index),
        evidence=found[-1].evidence,  # what a file is made of is known at its end
        notes=tuple(note for part in found for note in part.notes),
        form=next((part.form for part in found if part.form), ""),
    )


def ahead(portions: Iterator[Reading]) -> Generator[Reading]:
    """The same portions, each read in a thread of its own while the one before is worked on."""
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, portions, None)
        while (portion := waiting.result()) is not None:
            waiting = thread.submit(next, portions, None)
            yield portion


class Spool:
    """Tables of one file, in order, until it is known that all of it can be read.

    Beyond ``IN_MEMORY`` rows all but the last lie in temporary files without a name, which end with the
    process.
    """

    def __init__(self) -> None:
        self._held: list[pl.DataFrame] = []
        self._stored: list[IO[bytes]] = []
        self._files = ExitStack()
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, rows: pl.DataFrame) -> None:
        """Keep one more table."""
        self._rows += len(rows)
        if self._held and sum(map(len, self._held)) + len(rows) > IN_MEMORY:
            self._stored.append(self._written(pl.concat(self._held)))
            self._held = []
        self._held.append(rows)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for file in self._stored:
            file.seek(0)
            yield pl.read_ipc(file)
        yield from self._held

    def _written(self, rows: pl.DataFrame) -> IO[bytes]:
        file = self._files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the spool
        rows.write_ipc(file, compression="lz4")
        return file

    def close(self) -> None:
        """Give the disk back."""
        self._files.close()
