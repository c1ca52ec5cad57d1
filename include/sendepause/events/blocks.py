"""The files of the event store: which days of which accounts lie in which file, and how one is replaced.

A month in one file shadows the days of that month: it is written with all that they hold, and only then are
they deleted. So a writer that is killed between the two leaves nothing twice.
"""

from __future__ import annotations

import io
import re
import zlib
from calendar import monthrange
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

import polars as pl

from sendepause import storage

BUCKETS = 16
"""Never changed: the bucket of an account is part of the path of its events."""

Partition = tuple[date, int]
"""A UTC day (of day rows: a local day) and a bucket."""

_PATH = re.compile(r"(?:day=(\d{4}-\d{2}-\d{2})|month=(\d{4}-\d{2}))/bucket=(\d{2})/")


def bucket_of(account: str) -> int:
    """The bucket of an account, the same on every machine and for ever."""
    return zlib.crc32(account.encode()) % BUCKETS


@dataclass(frozen=True, order=True, slots=True)
class Block:
    """What one file holds: one day of one bucket, or (``last`` is later) one month of it."""

    first: date
    last: date
    bucket: int

    @classmethod
    def of_day(cls, day: date, bucket: int) -> Block:
        return cls(day, day, bucket)

    @classmethod
    def of_month(cls, day: date, bucket: int) -> Block:
        """The month in which a day lies."""
        return cls(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]), bucket)

    @property
    def is_month(self) -> bool:
        return self.first < self.last

    @property
    def folder(self) -> str:
        """The name of the folder of all buckets of this time."""
        return f"month={self.first:%Y-%m}" if self.is_month else f"day={self.first}"

    def path(self, root: Path, kind: str) -> Path:
        """Where the block's file lies. ``kind``: ``events`` or ``activity``."""
        return root / kind / self.folder / f"bucket={self.bucket:02d}" / f"{kind}.parquet"

    def holds(self, days: Collection[date]) -> bool:
        """Whether any of the days lies in it."""
        return (
            self.first in days if not self.is_month else any(self.first <= day <= self.last for day in days)
        )


def blocks(root: Path, kind: str) -> dict[Block, Path]:
    """All files of a kind, without the days that a month shadows."""
    found = {}
    for path in (root / kind).glob(f"*=*/bucket=*/{kind}.parquet"):
        match = _PATH.search(path.as_posix())
        if match:
            day, month, bucket = match.groups()
            of = Block.of_day if day else Block.of_month
            found[of(date.fromisoformat(day or f"{month}-01"), int(bucket))] = path
    months = {block for block in found if block.is_month}
    if not months:
        return found
    return {
        block: path
        for block, path in found.items()
        if block.is_month or Block.of_month(block.first, block.bucket) not in months
    }


def chosen(
    found: dict[Block, Path], days: Collection[date] | None, buckets: Collection[int] | None
) -> dict[Block, Path]:
    """The blocks that hold any of the days, of some buckets; None means all. In the order of time."""
    return {
        block: path
        for block, path in sorted(found.items())
        if (days is None or block.holds(days)) and (buckets is None or block.bucket in buckets)
    }


def scan_files(paths: Sequence[Path], schema: pl.Schema) -> pl.LazyFrame:
    """The rows of some files. Those of an object store are fetched when this is called.

    What ``schema`` has and an older file has not yet, columns as well as fields, reads as null.
    """
    if not paths:
        return pl.LazyFrame(schema=schema)
    sources: list[Path] | list[IO[bytes]] = list(paths)
    if not storage.is_local(paths[0]):
        fetched: list[IO[bytes]] = [io.BytesIO(path.read_bytes()) for path in paths]
        sources = fetched
    # Neither globbing nor guessing columns from the path: the paths are exact and hold both signs.
    return pl.scan_parquet(
        sources,
        glob=False,
        hive_partitioning=False,
        schema=schema,
        missing_columns="insert",
        cast_options=pl.ScanCastOptions(missing_struct_fields="insert"),
    )


def read(paths: Sequence[Path], schema: pl.Schema) -> pl.DataFrame:
    """The rows of those of the files that are there."""
    there = [path for path in paths if path.exists()]
    return scan_files(there, schema).collect() if there else schema.to_frame()


def write(path: Path, frame: pl.DataFrame) -> None:
    """Put a file in place. Pseudonyms do not shrink further by trying harder than level 1, and what is
    asked of a block lies in all of it, so that the least and the greatest value help nobody."""
    buffer = io.BytesIO()
    frame.write_parquet(
        buffer, compression="zstd", compression_level=1, statistics=False, row_group_size=100_000
    )
    storage.write(path, buffer.getbuffer())
