"""The audit's nine exact signals in DuckDB SQL and in pandas: what `make bench` holds ours against.

Runs in an environment of its own, as ``python tests/auditing_peers.py duckdb|pandas EVENTS [RESULT]``, where
EVENTS is a pattern of Parquet files; prints one JSON object. The signals are those of ``audit/window.py`` for
times that are known to the second: days are days of UTC, an event counts once. Only what a window needs is
computed, no day rows.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

SQL = """
create or replace temp table events as
select account_id a, epoch_ms(sent_at) t, direction = 'out' ours, counterpart c, content x,
    row_number() over (partition by account_id order by sent_at, position, event_id) i
from read_parquet('{files}', hive_partitioning = false);

create or replace temp table sends as
select a, t, c, x, i, t - lag(t) over w gap, lag(c) over w former
from events where ours window w as (partition by a order by i);

create or replace temp table bouts as
select a, t // 60000 % 60 as cell from sends where gap is null or gap >= 300000;

create or replace temp table clock as
select a, sum(n)::int bouts,
    sum((n - of_all / 12) ** 2 / (of_all / 12)) + (12 - count(*)) * any_value(of_all) / 12 chi_5
from (select a, cell // 5, count(*) n, sum(count(*)) over (partition by a) of_all from bouts group by 1, 2)
group by a;

create or replace temp table chained as
select a, i, c, t, gap, sum(case when gap <= 600000 and c <> former then 0 else 1 end)
    over (partition by a order by i rows unbounded preceding) chain
from sends;

create or replace temp table largest as
select a, chain, counterparts from
(select a, chain, count(distinct c) counterparts, count(*) n, min(t) since, max(t) until
    from chained group by a, chain)
qualify row_number() over (partition by a order by counterparts desc, n desc, since, until) = 1;

create or replace temp table chains as
select a, any_value(counterparts) chain, quantile_cont(gap, 0.5) / 1000 chain_gap,
    case when quantile_cont(gap, 0.5) > 0 then
        (quantile_cont(gap, 0.75) - quantile_cont(gap, 0.25)) / quantile_cont(gap, 0.5) end chain_spread
from (select l.a, l.counterparts,
        case when row_number() over (partition by l.a order by k.i) > 1 then gap end gap
    from chained k join largest l on l.a = k.a and l.chain = k.chain)
group by a;

create or replace temp table quiet as
select a, max(coalesce(next, first + 24) - hour - 1) quiet from
(select a, hour, lead(hour) over (partition by a order by hour) next,
    min(hour) over (partition by a) first from
    (select a, t // 3600000 % 24 as hour, count(*) n, sum(count(*)) over (partition by a) of_all
        from sends group by 1, 2)
    where n > 0.01 * of_all)
group by a;

create or replace temp table contents as
select a, sum(n)::int contents, coalesce(sum(n) filter (n >= 5), 0) / sum(n) repeat_share,
    count(*) / sum(n) distinct_share, max(people) same_to_many
from (select a, x, count(*) n, count(distinct c) people from sends where x is not null group by a, x)
group by a;

create or replace temp table hours as
select a, max(people) reach_hour from
(select a, t // 3600000, count(distinct c) people from sends group by 1, 2) group by a;

create or replace temp table minutes as
select a, max(people) reach_minute from
(select a, t // 60000, count(distinct c) people from sends group by 1, 2) group by a;

create or replace temp table replies as
select a, count(*) replies, min(latency) filter (place >= ceil(n * 0.9 - 1e-9)) / 1000 reply_p90,
    count(*) filter (latency <= 3000) / count(*) instant_share
from (select a, latency, row_number() over (partition by a order by latency) place,
    count(*) over (partition by a) n from
    (select a, ours, t - lag(t) over w latency, c = lag(c) over w and not lag(ours) over w answers
        from events window w as (partition by a order by i))
    where ours and answers and latency <= 3600000)
group by a;

create or replace temp table modes as
select a, sum(n)::int gaps, coalesce(max(n) filter (bin > 0), 0) / sum(n) mode from
(select a, case when gap < 20000 then gap // 1000 else 20 + floor(ln(gap / 20000) / 0.05) end bin, count(*) n
    from sends where gap is not null group by 1, 2)
group by a;

create or replace temp table people as
select a, count(*) filter (not heard) / count(*) unanswered, count(*) filter (opened) first_contacts from
(select a, c, bool_or(ours) sent, bool_or(not ours) heard, arg_min(ours, i) opened
    from events where c is not null group by a, c)
where sent group by a;

create or replace temp table result as
select s.a account_id, sends, days, bouts, chi_5, chain, chain_spread, chain_gap,
    case when days >= 5 then quiet end quiet, contents, repeat_share, distinct_share, same_to_many,
    reach_hour, reach_minute, replies, reply_p90, instant_share, gaps, mode, unanswered, first_contacts
from (select a, count(*) as sends, count(distinct t // 86400000) as days from sends group by a) s
left join clock using (a) left join chains using (a) left join quiet using (a) left join contents using (a)
left join hours using (a) left join minutes using (a) left join replies using (a) left join modes using (a)
left join people using (a) order by 1;
"""


def with_duckdb(files: str) -> Any:
    import duckdb

    database = duckdb.connect()
    database.execute(SQL.format(files=files))
    return database


def with_pandas(files: str) -> Any:
    import numpy as np
    import pandas as pd

    columns = ["event_id", "account_id", "sent_at", "position", "direction", "counterpart", "content"]
    paths = sorted(Path("/").glob(files.lstrip("/")))
    events = pd.concat([pd.read_parquet(path, columns=columns) for path in paths], ignore_index=True)
    for name in ("account_id", "counterpart", "content"):
        events[name] = events[name].astype("category").cat.codes  # -1: null
    events["t"] = events.pop("sent_at").astype("datetime64[ms, UTC]").astype("int64")
    events["ours"] = events.pop("direction") == "out"
    names = sorted(
        set(pd.concat([pd.read_parquet(path, columns=["account_id"]) for path in paths]).account_id)
    )
    events = events.sort_values(["account_id", "t", "position", "event_id"], ignore_index=True)
    events = events.rename(columns={"account_id": "a", "counterpart": "c", "content": "x"})
    sends = events[events.ours].reset_index(drop=True)
    same = sends.a == sends.a.shift()
    sends["gap"] = sends.t.diff().where(same)
    by = sends.groupby("a")
    result = pd.DataFrame({"sends": by.size(), "days": (sends.t // 86_400_000).groupby(sends.a).nunique()})

    bouts = sends[sends.gap.isna() | (sends.gap >= 300_000)]
    table = pd.crosstab(bouts.a, bouts.t // 60_000 % 60 // 5)
    expected = table.sum(axis=1) / 12
    result["bouts"] = table.sum(axis=1)
    result["chi_5"] = (table.sub(expected, axis=0) ** 2).div(expected, axis=0).sum(axis=1)
    result["chi_5"] += (12 - table.shape[1]) * expected

    goes_on = (sends.gap <= 600_000) & (sends.c != sends.c.shift()) & (sends.c >= 0) & (sends.c.shift() >= 0)
    sends["chain"] = (~goes_on).cumsum()
    chains = sends.groupby("chain").agg(
        a=("a", "first"), n=("t", "size"), since=("t", "min"), until=("t", "max")
    )
    chains["people"] = sends[sends.c >= 0].groupby("chain").c.nunique()
    chains["people"] = chains.people.fillna(0)
    ordered = chains.sort_values(
        ["a", "people", "n", "since", "until"], ascending=[True, False, False, True, True]
    )
    chosen = ordered.reset_index().drop_duplicates("a")
    inside = sends[goes_on & sends.chain.isin(chosen.chain)]
    quartiles = inside.groupby("a").gap.quantile([0.25, 0.5, 0.75]).unstack()
    result["chain"] = chosen.set_index("a").people
    result["chain_gap"] = quartiles[0.5] / 1000
    result["chain_spread"] = ((quartiles[0.75] - quartiles[0.25]) / quartiles[0.5]).where(quartiles[0.5] > 0)

    hours = pd.crosstab(sends.a, sends.t // 3_600_000 % 24).reindex(columns=range(24), fill_value=0)
    empty = (hours.to_numpy() <= 0.01 * hours.sum(axis=1).to_numpy()[:, None]).astype(int)
    run = longest = np.zeros(len(hours), dtype=int)
    for hour in range(48):
        run = (run + 1) * empty[:, hour % 24]
        longest = np.maximum(longest, run)
    result["quiet"] = pd.Series(np.minimum(longest, 24), hours.index).where(result.days >= 5)

    texts = (
        sends[sends.x >= 0].groupby(["a", "x"]).agg(n=("t", "size"), people=("c", "nunique")).reset_index()
    )
    by_account = texts.groupby("a")
    result["contents"] = by_account.n.sum()
    result["repeat_share"] = texts.n.where(texts.n >= 5, 0).groupby(texts.a).sum() / result.contents
    result["distinct_share"] = by_account.size() / result.contents
    result["same_to_many"] = by_account.people.max()

    known = sends[sends.c >= 0]
    for name, unit in (("reach_hour", 3_600_000), ("reach_minute", 60_000)):
        reached = known.assign(slot=known.t // unit).drop_duplicates(["a", "slot", "c"])
        result[name] = reached.groupby(["a", "slot"]).size().groupby("a").max()

    before = events.shift()
    latency = events.t.diff()
    answers = events.ours & (before.ours == False) & (before.a == events.a) & (before.c == events.c)  # noqa: E712
    replies = events.assign(latency=latency)[answers & (events.c >= 0) & (latency <= 3_600_000)]
    replies = replies.sort_values(["a", "latency"])
    size = replies.groupby("a").size()
    place = replies.groupby("a").cumcount() + 1
    wanted = place == np.ceil(replies.a.map(size) * 0.9 - 1e-9)
    result["replies"] = size
    result["reply_p90"] = replies[wanted].set_index("a").latency / 1000
    result["instant_share"] = (replies.latency <= 3000).groupby(replies.a).mean()

    gaps = sends.dropna(subset="gap")
    steps = 20 + np.floor(np.log(np.maximum(gaps.gap, 1) / 20_000) / 0.05)
    bins = gaps.assign(bin=np.where(gaps.gap < 20_000, gaps.gap // 1000, steps)).groupby(["a", "bin"]).size()
    bins = bins.reset_index(name="n")
    result["gaps"] = bins.groupby("a").n.sum()
    result["mode"] = bins.n.where(bins.bin > 0, 0).groupby(bins.a).max() / result.gaps

    people = events[events.c >= 0].groupby(["a", "c"]).ours.agg(["max", "min", "first"]).reset_index()
    people = people[people["max"]]
    result["unanswered"] = people["min"].groupby(people.a).mean()
    result["first_contacts"] = people["first"].groupby(people.a).sum()
    return result.set_index(pd.Index([names[code] for code in result.index], name="account_id")).reset_index()


def _main(name: str, files: str, result: str | None = None) -> None:
    began = time.perf_counter()
    found = {"duckdb": with_duckdb, "pandas": with_pandas}[name](files)
    figures = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time()}
    if name == "duckdb":
        ((accounts,),) = found.execute("select count(*) from result").fetchall()
        if result:
            found.execute(f"copy result to '{result}' (format parquet)")
    else:
        accounts = len(found)
        if result:
            found.to_parquet(result)
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
    print(json.dumps({**figures, "accounts": accounts, "peak_mib": peak}))  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
