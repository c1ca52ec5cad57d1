"""Campaigns that hide, made up from a seed: what gateway communities recommend so that a ban is avoided.

Where each comes from: random pauses of a few seconds, of half a minute to a minute and a half, and a pause
for typing by the text's length stand in the issues of whatsapp-web.js, WebWhatsapp-Wrapper, WAHA and wbm;
breaks after a batch, texts of variants with names, rising daily numbers for a new number over one or two
weeks, office hours and several numbers that share one list in the guides of bulk tools. Log-normal pauses
are what keystroke studies found in people, and what "humanisers" imitate.

A campaign lies in the week of a real person (``tests/cases/behaviour``) where it says so; about one
recipient in twelve answers. Texts become fingerprints through the same pseudonyms that reading makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from sendepause.keys import Pseudonymiser

CASES = Path(__file__).parent.parent / "cases" / "behaviour"
HOSTS = ("collegemsg", "slack_chats", "whatsapp_export")
MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - the cases have no zone
DAY = 86_400
OFFICE = ((9 * 3_600, 12.5 * 3_600), (13.5 * 3_600, 18 * 3_600))  # s of a working day
AWAKE = ((8 * 3_600, 22 * 3_600),)
ANSWERED = 0.08

FRAME = pl.Schema(
    {
        "account_id": pl.String(),
        "sent_at": pl.Datetime("ms"),
        "direction": pl.String(),
        "counterpart": pl.String(),
        "content": pl.String(),
        "sketch": pl.List(pl.UInt64()),  # of the campaign's own texts; those of the cases are not known
        "resolution": pl.String(),
        "label": pl.String(),
        "kind": pl.String(),
        "source": pl.String(),
        "size": pl.Int32(),  # recipients: of the whole list, where several numbers share it
        "injected": pl.Boolean(),  # the campaign, and the answers to it
        "company": pl.String(),  # whose numbers belong together; null: each stands alone
        "text": pl.String(),  # "same", "three_variants", "spintax"
    }
)

Random = np.random.Generator
Seconds = npt.NDArray[np.float64]
Gaps = Callable[[Random, Sequence[str]], Seconds]
"""The pause before each text, in seconds."""

_PSEUDONYMS = Pseudonymiser(b"a key for made-up messages only")
_NAMES = (
    "Anna",
    "Bernd",
    "Carla",
    "David",
    "Elif",
    "Frank",
    "Greta",
    "Hasan",
    "Ines",
    "Jonas",
    "Karin",
    "Maria",
)
_PITCHES = (
    "Unsere neue Kollektion ist da und bis Sonntag gibt es zwanzig Prozent auf alles, auch auf Schuhe.",
    "Ab Montag haben wir wieder freie Termine für die Wartung Ihrer Heizung, melden Sie sich gern bei uns.",
    "Nur diese Woche: kostenlose Beratung zu Ihrer Versicherung, bequem am Telefon oder bei uns im Büro.",
)
_SPUN = (
    ("Hallo", "Guten Tag", "Hi", "Moin", "Servus", "Liebe Grüße"),
    ("wir möchten Sie gern informieren", "kurz zur Information", "nur eine kleine Nachricht von uns"),
    ("ab Montag haben wir", "ab nächster Woche gibt es bei uns", "ab sofort finden Sie bei uns"),
    ("wieder freie Termine", "noch einige freie Termine", "neue freie Termine"),
    ("für die Wartung Ihrer Heizung", "zur Wartung Ihrer Heizung", "für Ihre Heizungswartung"),
    ("Melden Sie sich gern.", "Schreiben Sie uns einfach zurück.", "Antworten Sie kurz, wenn Sie möchten."),
)
TEXTS = ("same", "three_variants", "spintax")


def texts(rng: Random, sort: str, number: int) -> list[str]:
    """So many messages of one campaign: one text, one of three, or put together of variants with a name."""
    if sort == "same":
        return [_PITCHES[0]] * number
    if sort == "three_variants":
        return [_PITCHES[index] for index in rng.integers(0, len(_PITCHES), number)]
    made = []
    for _ in range(number):
        hello, *rest = (choices[int(rng.integers(len(choices)))] for choices in _SPUN)
        made.append(f"{hello} {_NAMES[int(rng.integers(len(_NAMES)))]}, {' '.join(rest)}")
    return made


@cache
def weeks() -> tuple[pl.DataFrame, ...]:
    """Weeks of people who write to 15 others at most, 20 to 150 sends each, laid onto one Monday."""
    names = ("account_id", "sent_at", "direction", "counterpart", "content", "resolution", "source")
    streams = pl.concat([pl.read_parquet(CASES / f"{name}.parquet").select(names) for name in HOSTS])
    ours = pl.col("direction") == "out"
    monday = pl.col("sent_at").dt.truncate("1w")
    each = ["source", "account_id", "week"]
    return tuple(
        week.drop(each).with_columns(
            pl.lit(MONDAY, pl.Datetime("ms")).add(pl.col("sent_at")).alias("sent_at")
        )
        for week in streams.filter(pl.col("resolution") != "min")
        .with_columns(week=monday, sent_at=pl.col("sent_at") - monday)
        .sort(*each, "sent_at")
        .filter(ours.sum().over(each).is_between(20, 150))
        .filter(pl.col("counterpart").filter(ours).n_unique().over(each) <= 15)
        .partition_by(each, maintain_order=True)
    )


def host(rng: Random) -> pl.DataFrame:
    """One of the people's weeks."""
    return weeks()[int(rng.integers(len(weeks())))]


def _times(at: Seconds) -> pl.Series:
    """Seconds since the Monday, as times."""
    since = pl.Series("sent_at", np.round(at * 1000).astype(np.int64)).cast(pl.Duration("ms"))
    return (since + MONDAY).alias("sent_at")


def laid(
    rng: Random,
    at: Seconds,
    said: Sequence[str],
    people: Sequence[str],
    *,
    into: pl.DataFrame | None = None,
    answered: float = ANSWERED,
    answers_first: bool = False,
) -> pl.DataFrame:
    """Sends at ``at`` (seconds since the Monday) of ``said`` to ``people``, their answers, and the week
    that they lie in.

    :param answers_first: the other side wrote first, within the ten minutes before.
    """
    content, sketch = _PSEUDONYMS.contents(
        pl.Series(said, dtype=pl.String), pl.Series([True]).new_from_index(0, len(said))
    )
    sends = pl.DataFrame(
        {
            "sent_at": _times(at),
            "direction": "out",
            "counterpart": pl.Series(people, dtype=pl.String),
            "content": content,
            "sketch": sketch,
        }
    )
    who = np.flatnonzero(rng.random(len(at)) < answered)
    later = rng.uniform(20, 3 * 3_600, len(who)) if not answers_first else -rng.uniform(5, 600, len(who))
    answers = pl.DataFrame(
        {
            "sent_at": _times(at[who] + later),
            "direction": "in",
            "counterpart": sends["counterpart"].gather(who),
            "content": pl.Series([f"answer {number}" for number in rng.integers(0, 2**40, len(who))]),
            "sketch": None,
        },
        schema=sends.schema,
    )
    campaign = pl.concat([sends, answers]).with_columns(injected=pl.lit(True))
    if into is None:
        return campaign.with_columns(resolution=pl.lit("ms"))
    life = into.with_columns(injected=pl.lit(False), sketch=pl.lit(None, pl.List(pl.UInt64())))
    resolution = life["resolution"][0]
    every = "1s" if resolution == "s" else "1ms"
    whole = pl.concat(
        [campaign.with_columns(pl.col("sent_at").dt.truncate(every)), life.select(campaign.columns)]
    )
    return whole.with_columns(resolution=pl.lit(resolution))


def labelled(
    stream: pl.DataFrame, account: str, kind: str, size: int, sort: str, company: str | None = None
) -> pl.DataFrame:
    """A stream with the columns of ``FRAME``, in order of time."""
    return stream.sort("sent_at", maintain_order=True).select(
        pl.lit(account).alias("account_id"),
        *("sent_at", "direction", "counterpart", "content", "sketch", "resolution"),
        pl.lit("machine").alias("label"),
        pl.lit(kind).alias("kind"),
        pl.lit("adversaries").alias("source"),
        pl.lit(size, pl.Int32).alias("size"),
        "injected",
        pl.lit(company, pl.String).alias("company"),
        pl.lit(sort).alias("text"),
    )


def in_hours(worked: Seconds, hours: Sequence[tuple[float, float]] = OFFICE, days: int = 5) -> Seconds:
    """Seconds of working time since the Monday as seconds on the clock, with nights and weekends between."""
    lengths = np.array([end - begin for begin, end in hours])
    day, rest = np.divmod(worked, lengths.sum())
    ends = np.cumsum(lengths)
    part = np.minimum(np.searchsorted(ends, rest, side="right"), len(hours) - 1)
    begins = np.array([begin for begin, _ in hours])
    clock = begins[part] + rest - (ends - lengths)[part]
    return np.asarray((day // days * 7 + day % days) * DAY + clock)


def _with_breaks(low: float, high: float, every: int, rest: tuple[float, float]) -> Gaps:
    def gaps(rng: Random, said: Sequence[str]) -> Seconds:
        made = rng.uniform(low, high, len(said))
        breaks = np.arange(every, len(said), every)
        made[breaks] += rng.uniform(*rest, len(breaks))
        return made

    return gaps


def _typed(rng: Random, said: Sequence[str]) -> Seconds:
    """By the text's length, six characters a second, and a moment of thought."""
    return np.array([len(text) / 6 for text in said]) * rng.uniform(0.8, 1.2, len(said)) + rng.uniform(
        1, 4, len(said)
    )


PACES: dict[str, Gaps] = {
    "random_2_10": lambda rng, said: rng.uniform(2, 10, len(said)),
    "random_30_90": lambda rng, said: rng.uniform(30, 90, len(said)),
    "breaks_10": _with_breaks(5, 12, 10, (30, 120)),
    "breaks_50": _with_breaks(8, 25, 50, (300, 900)),
    "typing": _typed,
    "lognormal_044": lambda rng, said: rng.lognormal(np.log(40), 0.44, len(said)),
    "lognormal_070": lambda rng, said: rng.lognormal(np.log(40), 0.7, len(said)),
    "lognormal_100": lambda rng, said: rng.lognormal(np.log(40), 1.0, len(said)),
}
SIZES = (20, 50, 200)

Place = Callable[[Random, pl.DataFrame, Sequence[str]], Seconds]
"""When each text of a campaign is sent, seconds since the Monday, given the week that it lies in."""


def _sends_of(week: pl.DataFrame) -> Seconds:
    own = week.filter(pl.col("direction") == "out")["sent_at"]
    return np.asarray((own - MONDAY).dt.total_milliseconds().to_numpy() / 1000, dtype=np.float64)


def _after_a_send(gaps: Gaps) -> Place:
    """In one go, begun a minute or two after a message of the person's own."""

    def place(rng: Random, week: pl.DataFrame, said: Sequence[str]) -> Seconds:
        begin = rng.choice(_sends_of(week)) + rng.uniform(30, 120)
        return np.asarray(begin + np.cumsum(gaps(rng, said)))

    return place


def _office(rng: Random, week: pl.DataFrame, said: Sequence[str]) -> Seconds:
    return in_hours(rng.uniform(0, 8 * 3_600) + np.cumsum(rng.uniform(120, 420, len(said))))


def _awake(rng: Random, week: pl.DataFrame, said: Sequence[str]) -> Seconds:
    return in_hours(rng.uniform(0, 14 * 3_600) + np.cumsum(rng.uniform(300, 900, len(said))), AWAKE, 7)


def _among_own(rng: Random, week: pl.DataFrame, said: Sequence[str]) -> Seconds:
    """Each half a minute to three minutes after a message of the person's own, at their hours."""
    return np.sort(rng.choice(_sends_of(week), len(said)) + rng.uniform(30, 180, len(said)))


def _in_a_week(name: str, place: Place, sorts: Sequence[str] = TEXTS) -> Callable[[int], pl.DataFrame]:
    def made(seed: int) -> pl.DataFrame:
        rng = np.random.default_rng([seed, crc32(name.encode())])
        frames = []
        for size in SIZES:
            for sort in sorts:
                for copy in range(6 // len(sorts)):
                    week, said = host(rng), texts(rng, sort, size)
                    account = f"{name}-{size}-{sort}-{copy}"
                    people = [f"{account}-x{index}" for index in range(size)]
                    stream = laid(rng, place(rng, week, said), said, people, into=week)
                    frames.append(labelled(stream, account, name, size, sort))
        return pl.concat(frames)

    return made


def warm_up(seed: int) -> pl.DataFrame:
    """A new number, at office hours over two weeks, each day more; every other one also chats with people."""
    rng = np.random.default_rng([seed, crc32(b"warm_up")])
    frames = []
    for last in (10, 25, 50):
        counts = np.linspace(3, last, 12).round().astype(int)  # six days of each week
        for sort in TEXTS:
            for copy in range(2):
                at = np.concatenate(
                    [
                        (day // 6 * 7 + day % 6) * DAY + np.sort(rng.uniform(9 * 3_600, 19 * 3_600, count))
                        for day, count in enumerate(counts)
                    ]
                )
                account = f"warm_up-{last}-{sort}-{copy}"
                people = [f"{account}-x{index}" for index in range(len(at))]
                into = host(rng) if copy else None
                stream = laid(rng, at, texts(rng, sort, len(at)), people, into=into)
                frames.append(labelled(stream, account, "warm_up", len(at), sort))
    return pl.concat(frames)


def _numbers(
    seed: int, name: str, lists: Sequence[int], waves: Callable[[int, int], list[int]], numbers: int = 5
) -> pl.DataFrame:
    """Companies whose numbers, each in a person's week, work through one list.

    :param waves: which recipients the n-th number writes to, of a list of that size.
    """
    rng = np.random.default_rng([seed, crc32(name.encode())])
    frames = []
    for size in lists:
        for sort in TEXTS:
            for copy in range(2):
                company = f"{name}-{size}-{sort}-{copy}"
                for number in range(numbers):
                    whom = waves(number, size)
                    said = texts(rng, sort, len(whom))
                    worked = rng.uniform(0, 16 * 3_600) + np.cumsum(rng.uniform(60, 300, len(whom)))
                    people = [f"{company}-x{index}" for index in whom]
                    stream = laid(rng, in_hours(worked), said, people, into=host(rng))
                    frames.append(labelled(stream, f"{company}-{number}", name, size, sort, company))
    return pl.concat(frames)


def shared_list(seed: int) -> pl.DataFrame:
    """One list split over five numbers of a company: 5, 15 or 30 recipients each, within three days."""
    return _numbers(seed, "shared_list", (25, 75, 150), lambda number, size: [*range(number, size, 5)])


def second_wave(seed: int) -> pl.DataFrame:
    """One list written to by two of five numbers each, so that who did not answer the one hears the other."""
    return _numbers(
        seed,
        "second_wave",
        (25, 75),
        lambda number, size: [index for index in range(size) if (index - number) % 5 in (0, 1)],
    )


ALL: dict[str, Callable[[int], pl.DataFrame]] = {
    **{name: _in_a_week(name, _after_a_send(gaps)) for name, gaps in PACES.items()},
    "spintax": _in_a_week("spintax", _after_a_send(PACES["random_30_90"]), ("spintax",)),
    "office_hours": _in_a_week("office_hours", _office),
    "night_pause": _in_a_week("night_pause", _awake),
    "among_own": _in_a_week("among_own", _among_own),
    "warm_up": warm_up,
    "shared_list": shared_list,
    "second_wave": second_wave,
}
"""Every evasion by name: made from a seed, the same frame for the same seed; schema ``FRAME``."""
