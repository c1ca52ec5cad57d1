"""What reading costs: a file end to end into the event store, against bare passes over it and other readers.

Each contestant is a process of its own, so that its peak memory is its own; imports are not timed, and
of three runs the fastest counts (of one for the peers, which take long). Called
as ``python tests/bench_reading.py CONTESTANT FILE`` it is that process, and prints one JSON object.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # where this is a contestant's process

from tests.memory import peak_mib  # noqa: E402

PEERS = ROOT / ".venv-peers" / "bin" / "python"
PEER_NAMES = ("whatstk", "chat_miner")
CHAT_LINES, WEBHOOK_LINES = 300_000, 1_000_000
_AUTHORS = ("Werkstatt Kiel", "Tamme Ohlsen")
_WORDS = (
    *(
        "Bremse",
        "Reifen",
        "Termin",
        "morgen",
        "danke",
        "gern",
        "für",
        "schön",
        "prüfen",
        "können",
        "die",
        "der",
    ),
    *("und", "wir", "Sie", "ist", "nicht", "abholen", "Größe", "Rückruf", "Auspuff", "Ölwechsel", "passt"),
)
HEADER = r"^(\d\d\.\d\d\.\d\d), (\d\d:\d\d) - ([^:]+): (.*)$"


def reading(scale: float) -> dict[str, Any]:
    """MB/s (of 1,000,000 bytes) and peak MiB of each contestant, and how many times as fast ours is."""
    from tests.sources.webhooks import webhook_lines

    with tempfile.TemporaryDirectory() as folder:
        chat, webhooks = Path(folder, "chat.txt"), Path(folder, "webhooks.jsonl")
        chat.write_bytes(german_chat(int(CHAT_LINES * scale)))
        with webhooks.open("wb") as file:
            file.writelines(webhook_lines(int(WEBHOOK_LINES * scale)))
        return {
            "chat_export": _compare(chat, ("ours_chat", "bare", "polars_chat", *PEER_NAMES)),
            "webhooks": _compare(webhooks, ("ours_webhooks", "bare", "json", "polars_json")),
        }


def german_chat(lines: int) -> bytes:
    """So many lines as an Android phone exports them in German: two authors, words with umlauts, emoji, times
    and links, media left out, and messages of several lines. The same for every run."""
    rng, moment, written = random.Random(7), datetime(2024, 9, 1, 8, tzinfo=UTC), list[str]()
    while len(written) < lines:
        moment += timedelta(seconds=rng.randrange(20, 360))
        words = " ".join(rng.choices(_WORDS, k=rng.randrange(2, 16)))
        kind = rng.random()
        if kind < 0.04:
            words = "<Medien ausgeschlossen>"
        elif kind < 0.20:
            words += f" um {rng.randrange(24)}:{rng.randrange(60):02}"
        elif kind < 0.22:
            words += f" https://werkstatt.example/{rng.randrange(10**6)}"
        elif kind < 0.32:
            words += f" {rng.choice('🚗👍🔧😊')}"
        written.append(f"{moment:%d.%m.%y, %H:%M} - {rng.choice(_AUTHORS)}: {words}")
        if kind > 0.95:
            written.append(" ".join(rng.choices(_WORDS, k=6)))
    return "\n".join(written[:lines]).encode()


def _compare(file: Path, contestants: tuple[str, ...]) -> dict[str, Any]:
    megabytes = file.stat().st_size / 1e6
    found: dict[str, Any] = {"megabytes": round(megabytes, 1)}
    measured = {name: _run(name, file) for name in contestants}
    ours = measured[contestants[0]]
    assert ours is not None
    for name, figures in measured.items():
        if figures is None:
            found[name] = "not installed"
            continue
        found[name] = {
            "mb_per_s": round(megabytes / figures["seconds"], 1),
            "peak_mib": round(figures["peak_mib"]),
            "rows": figures["rows"],
            "ours_is_times": round(figures["seconds"] / ours["seconds"], 2),
        }
    return found


def _run(name: str, file: Path) -> dict[str, Any] | None:
    """What one process says of itself; None for a peer that is not installed."""
    peer = name in PEER_NAMES
    if peer and not PEERS.exists():
        return None
    command = [str(PEERS) if peer else sys.executable, __file__, name, str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3600, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


# The contestants: what is prepared, and then what is timed, which gives the number of rows


def _bare(file: Path) -> Callable[[], int]:
    def pass_over() -> int:
        with file.open(encoding="utf-8", newline="\n") as lines:
            return sum(1 for _ in lines)

    return pass_over


def _polars_chat(file: Path) -> Callable[[], int]:
    import polars as pl

    def scan() -> int:
        groups = pl.col("line").str.extract_groups(HEADER)
        parts = pl.scan_lines(file, name="line").select(groups).unnest("line")
        stamp = pl.concat_str("1", "2", separator=" ").str.to_datetime("%d.%m.%y %H:%M")
        return parts.with_columns(at=stamp).collect(engine="streaming").height

    return scan


def _polars_json(file: Path) -> Callable[[], int]:
    import polars as pl

    value = pl.Struct({"statuses": pl.List(pl.Struct({"id": pl.String, "timestamp": pl.String}))})
    entry = pl.List(pl.Struct({"changes": pl.List(pl.Struct({"value": value}))}))
    return lambda: (
        (
            pl.scan_ndjson(file, schema={"entry": entry})
            .select(pl.col("entry").list.len())
            .collect(engine="streaming")
        ).height
    )


def _json(file: Path) -> Callable[[], int]:
    def parse() -> int:
        with file.open("rb") as lines:
            return sum(1 for line in lines if json.loads(line))

    return parse


def _whatstk(file: Path) -> Callable[[], int]:
    from whatstk import df_from_whatsapp

    return lambda: len(df_from_whatsapp(str(file), hformat="%d.%m.%y, %H:%M - %name:"))


def _chat_miner(file: Path) -> Callable[[], int]:
    from chatminer.chatparsers import WhatsAppParser

    def parse() -> int:
        parser = WhatsAppParser(str(file))
        parser.parse_file()
        return len(parser.parsed_messages.get_df())

    return parse


def _ours(kind: str, file: Path) -> Callable[[], int]:
    """One file through reader, pseudonyms and fingerprints into an empty event store, as the ingest does."""
    from sendepause import events
    from sendepause.keys import Pseudonymiser
    from sendepause.sources import reader
    from sendepause.sources.base import ReadContext
    from sendepause.sources.conversion import Conversion, Place, Rules
    from sendepause.sources.ingest import LOOK_AROUND_DAYS, in_portions
    from sendepause.sources.portions import ahead

    account = "+493023125117"
    now = datetime(2026, 11, 25, tzinfo=UTC)
    rules = Rules(
        {account}, Pseudonymiser(b"a key for measuring, of 32 bytes"), now - timedelta(days=1200), now
    )
    place = Place("bench", account, "chat", kind != "chat_export")
    context = ReadContext(time_zone="Europe/Berlin", owner="Werkstatt Kiel", account=account)

    def end_to_end() -> int:
        conversion, kept = Conversion(place, rules), 0
        with file.open("rb") as stream, tempfile.TemporaryDirectory(dir=file.parent) as store:
            for portion in ahead(reader(kind)(stream, file.name, context)):
                conversion.add(portion)
            for part in in_portions(conversion.events):
                kept += events.merge_counted(
                    store,
                    part,
                    look_around_days=LOOK_AROUND_DAYS.get(kind, 0),
                    settled=now.date() - timedelta(days=35),
                )[1]
        return kept

    return end_to_end


CONTESTANTS: dict[str, Callable[[Path], Callable[[], int]]] = {
    "ours_chat": lambda file: _ours("chat_export", file),
    "ours_webhooks": lambda file: _ours("cloud_api_webhook", file),
    "bare": _bare,
    "polars_chat": _polars_chat,
    "polars_json": _polars_json,
    "json": _json,
    "whatstk": _whatstk,
    "chat_miner": _chat_miner,
}


def _main(name: str, file: Path) -> None:
    work = CONTESTANTS[name](file)
    seconds, peak = [], 0
    for _ in range(1 if name in PEER_NAMES else 3):  # whatever else the machine did is in the slower ones
        began = time.perf_counter()
        rows = work()
        seconds.append(time.perf_counter() - began)
        peak = peak or peak_mib()  # of reading the file once
    print(json.dumps({"seconds": min(seconds), "rows": rows, "peak_mib": peak}))  # noqa: T201


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
