"""The event store: Parquet files in a local folder or an object store, and the day rows made of them (Arrow).

::

    events/day=2019-11-02/bucket=07/events.parquet       by UTC day and a hash of the account
    events/month=2019-03/bucket=07/events.parquet        quiet months that are over, in one piece
    activity/day=2019-11-02/bucket=07/activity.arrow     by the account's local day
    activity/pending/*.json                              changed events whose day rows are not made yet
    activity/basis.json                                  the zones and the order of sources behind them

Merging is idempotent and does not depend on the order in which files arrive. There is one writer at a
time: the reading DAG has ``max_active_runs=1`` and writes in one task. Readers need no lock, since every
file is replaced as a whole.
"""

from __future__ import annotations

from sendepause.events.blocks import BUCKETS, Partition, bucket_of
from sendepause.events.merging import ORDER, drop_before, merge, merge_counted, scan
from sendepause.events.rows import activity, primary, refresh_activity

__all__ = [
    "BUCKETS",
    "ORDER",
    "Partition",
    "activity",
    "bucket_of",
    "drop_before",
    "merge",
    "merge_counted",
    "primary",
    "refresh_activity",
    "scan",
]
