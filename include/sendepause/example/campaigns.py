"""The example company's own campaign system: one table in a SQLite file, as a dealer's CRM has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from sendepause.errors import BadInput
from sendepause.model import Language

TABLE = sa.Table(
    "campaigns",
    sa.MetaData(),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("sender", sa.String),  # as somebody typed it
    sa.Column("status", sa.String, nullable=False),  # running, scheduled, paused, done
    sa.Column("status_before", sa.String),  # what a pause replaced
    sa.Column("changed_by", sa.String),
    sa.Column("changed_at", sa.DateTime),  # UTC
    sa.Column("recipients", sa.Integer),
    sa.Column("text_template", sa.String),
)


@dataclass(frozen=True, slots=True)
class Job:
    """One row. ``days_ago``: its last change; ``weekdays`` (Monday is 0), ``hour``: its runs, local time."""

    id: str
    name: str
    sender: str
    status: str
    changed_by: str
    days_ago: int
    recipients: int
    text: str
    weekdays: tuple[int, ...] = ()
    hour: int = 10
    language: Language = Language.DE


_EN = Language.EN

JOBS: tuple[Job, ...] = (
    # Running on personal accounts of the old branches, where the rule is in force
    Job("hh-winterreifen", "Winterreifen Hamburg", "+49 40 66969-102", "running", "w.harmsen", 52, 110,
        "Winterreifen jetzt montieren lassen: Termine unter brandrup.example/reifen", (1, 3), 10),
    Job("hh-batterie", "Batteriecheck Hamburg", "+49 40 66969-102", "running", "w.harmsen", 31, 60,
        "Kostenloser Batteriecheck bis Samstag, einfach vorbeikommen", (4,), 15),
    Job("f-herbst", "Herbstaktion Frankfurt", "+49 69 90009103", "running", "s.aydin", 40, 85,
        "Herbstaktion: zehn Prozent auf Bremsen und Beleuchtung"),
    Job("f-lagerraeumung", "Lagerräumung Frankfurt", "496990009102", "scheduled", "s.aydin", 3, 140,
        "Lagerräumung am Samstag ab acht Uhr, solange der Vorrat reicht"),
    Job("m-aussendienst", "Rundruf Außendienst", "+49 89 99998 102", "running", "k.huber", 26, 45,
        "Ihr Ansprechpartner ist ab Montag wieder in Ihrer Nähe unterwegs"),
    Job("lon-winter", "Winter check London", "+44 7700 900102", "running", "a.whitcombe", 35, 90,
        "Winter check for your car, free this month. Book at brandrup.example/winter", (0, 2), 9, _EN),
    Job("lon-clearance", "Clearance London", "+44 7700 900102", "scheduled", "a.whitcombe", 2, 120,
        "Clearance this Saturday: everything on the yard must go", language=_EN),
    # Running on a Business app account
    Job("k-warenkorb", "Warenkorb-Erinnerung Köln", "+49 221 4710104", "running", "d.okafor", 61, 55,
        "In Ihrem Warenkorb liegt noch etwas. Bis Sonntag versenden wir kostenlos.", (2, 5), 17),
    Job("k-neuheiten", "Neuheiten im Shop", "+49 221 4710104", "running", "d.okafor", 18, 70,
        "Neu im Shop: Dachträger und Anhängerkupplungen für über zweihundert Modelle", (0,), 11),
    # Running on personal accounts of the new branch, which has time until its date
    Job("b-inspektion", "Inspektion Berlin", "+49 30 23125-102", "running", "j.kolbe", 75, 65,
        "Ihr Fahrzeug ist zur Inspektion fällig. Antworten Sie mit JA für einen Termin.", (1,), 9),
    Job("b-wochenangebot", "Wochenangebot Berlin", "+49 30 23125-102", "running", "j.kolbe", 20, 90,
        "Das Angebot der Woche: Öl und Filter zum halben Preis", (3,), 16),
    Job("b-boerse", "Teilebörse Berlin", "+49 30 23125103", "running", "d.okafor", 28, 80,
        "Neue Gebrauchtteile sind eingetroffen, die Liste steht unter brandrup.example/boerse", (0, 4), 13),
    # Running on the Platform, where they are allowed
    Job("hh-termine", "Terminbestätigung Hamburg", "+49 40 66969104", "running", "d.okafor", 120, 400,
        "Ihr Termin ist bestätigt"),
    Job("hh-bewertung", "Bitte um Bewertung", "+49 40 66969104", "running", "d.okafor", 90, 250,
        "Waren Sie zufrieden?"),
    Job("f-flotte", "Flottenmeldung", "+49 69 90009104", "running", "o.prideaux", 66, 60,
        "Ihr Fahrzeug kann abgeholt werden"),
    Job("lon-bookings", "Booking confirmation London", "+44 7700 900104", "running", "a.whitcombe", 80, 300,
        "Your booking is confirmed", language=_EN),
    # Running for a number that is no account, and for something that is no number
    Job("alt-filiale", "Newsletter der alten Filiale", "+49 30 23125199", "running", "migration", 210, 150,
        "Neues aus Ihrer Filiale"),
    Job("aushilfe", "Aushilfe Samstag", "0171/39200 Kasse 2", "running", "s.aydin", 12, 30,
        "Wir suchen eine Aushilfe für Samstag"),
    # Paused by people, on accounts of every kind
    Job("hh-sommerreifen", "Sommerreifen Hamburg", "+49 40 66969-102", "paused", "w.harmsen", 160, 110,
        "Sommerreifen jetzt montieren lassen"),
    Job("k-gutschein", "Gutschein Köln", "+49 221 4710101", "paused", "t.lenzen", 44, 95,
        "Ihr Gutschein über zehn Euro"),
    Job("m-wiesn", "Aktion zur Wiesn", "+49 89 99998101", "paused", "k.huber", 50, 75,
        "Während der Wiesn länger geöffnet"),
    Job("b-eroeffnung", "Neueröffnung Berlin", "+49 30 23125103", "paused", "j.kolbe", 33, 200,
        "Aus Teile-Kolbe wird Brandrup: feiern Sie mit"),
    # Done
    Job("hh-klima", "Klimaservice Hamburg", "+49 40 66969-102", "done", "w.harmsen", 110, 90,
        "Klimaservice zum Festpreis"),
    Job("hh-inventur", "Inventurverkauf Hamburg", "+49 40 66969-101", "done", "w.harmsen", 300, 60,
        "Inventurverkauf am Freitag"),
    Job("k-fruehjahr", "Frühjahrscheck Köln", "+49 221 4710103", "done", "t.lenzen", 220, 130,
        "Frühjahrscheck in fünfzehn Punkten"),
    Job("f-oelwechsel", "Ölwechselwochen Frankfurt", "+49 69 90009103", "done", "s.aydin", 95, 85,
        "Ölwechselwochen bis Monatsende"),
    Job("m-urlaub", "Urlaubscheck München", "+49 89 99998101", "done", "k.huber", 140, 70,
        "Vor dem Urlaub einmal prüfen lassen"),
    Job("lon-mot", "MOT reminder London", "+44 7700 900102", "done", "a.whitcombe", 70, 115,
        "Your MOT is due soon", language=_EN),
    Job("lon-fleet", "Fleet rates", "+44 7700 900103", "done", "o.prideaux", 85, 40,
        "New rates for fleet customers", language=_EN),
    Job("b-abschied", "Abschied vom alten Namen", "+49 30 23125101", "done", "j.kolbe", 60, 180,
        "Nach dreißig Jahren unter neuem Namen"),
)  # fmt: skip


def create(file: Path, now: datetime, jobs: Sequence[Job] = JOBS) -> None:
    """The campaign table in a new SQLite file, as it stands at ``now`` (aware)."""
    rows = [_row(job, _utc(now)) for job in jobs]
    with _begin(file) as connection:
        TABLE.metadata.create_all(connection)
        if rows:
            connection.execute(TABLE.insert(), rows)


def person_switches_on(file: Path, campaign_id: str, by: str, at: datetime) -> None:
    """Somebody sets a paused campaign running again by hand, as people do; ``at`` is aware.

    :raises BadInput: if there is no such campaign, or it is not paused.
    """
    change = (
        TABLE.update()
        .where(TABLE.c.id == campaign_id, TABLE.c.status == "paused")
        .values(
            status=sa.func.coalesce(TABLE.c.status_before, "running"),
            status_before=None,
            changed_by=by,
            changed_at=_utc(at),
        )
    )
    with _begin(file) as connection:
        changed = connection.execute(change).rowcount
    if not changed:
        raise BadInput(f"The example has no paused campaign {campaign_id}.", "Pause it first.")


def _row(job: Job, now: datetime) -> dict[str, object]:
    return {
        "id": job.id,
        "name": job.name,
        "sender": job.sender,
        "status": job.status,
        "status_before": "running" if job.status == "paused" else None,
        "changed_by": job.changed_by,
        "changed_at": now - timedelta(days=job.days_ago, minutes=7 * len(job.name)),
        "recipients": job.recipients,
        "text_template": job.text,
    }


def _utc(moment: datetime) -> datetime:
    """Naive UTC to the second, as many a business database keeps its times."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)


@contextmanager
def _begin(file: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{file}")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
