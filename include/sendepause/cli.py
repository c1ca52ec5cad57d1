"""`python -m sendepause`: the same stages by hand.

Exit codes: 0 done, 1 something needs attention (`check`, `status`, `ledger verify`), 2 it could not be
done, with one line on standard error that says what and where.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sendepause.errors import BadInput, Guarded, SendepauseError
from sendepause.model import Language, Stage
from sendepause.places import airflow_home
from sendepause.sources import READERS

app = typer.Typer(
    name="sendepause",
    help="Audits WhatsApp sending, pauses automated campaigns before the date, and tells their owners.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
ledger_app = typer.Typer(help="The ledger: what was done, by whom and why.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")


class Switch(StrEnum):
    """The position of a switch."""

    ON = "on"
    OFF = "off"


AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="A moment, such as 2019-12-06T23:59+01:00; UTC where no offset is given."),
]
Author = Annotated[
    str | None,
    typer.Option("--author", help="Your name for the ledger; else SENDEPAUSE_AUTHOR or the login."),
]


@app.command()
def read(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(READERS)}.")],
    file: Path,
    time_zone: Annotated[str, typer.Option(help="The zone of times without one.")] = "UTC",
    owner: Annotated[str | None, typer.Option(help="The account holder's name or number.")] = None,
    locale: Annotated[str | None, typer.Option(help="Like en_US: settles day and month.")] = None,
    doctor: Annotated[
        bool, typer.Option("--doctor", help="Explain what was found in FILE instead of printing it.")
    ] = False,
) -> None:
    """Print one JSON object a line for each message of FILE, in clear; nothing is stored."""
    from sendepause import sources
    from sendepause.installation import in_task
    from sendepause.sources.base import ReadContext
    from sendepause.sources.doctor import diagnosis
    from sendepause.sources.show import as_json_lines

    if in_task():
        raise Guarded(
            "Messages in clear are never printed inside an Airflow task.", means="Nothing was read."
        )
    context = ReadContext(time_zone=_zone(time_zone), owner=owner, locale=locale)
    try:
        with file.open("rb") as stream:
            reading = sources.read_whole(kind, stream, file.name, context)
    except BadInput as error:
        if kind not in READERS:
            raise
        place = f"{file}, {error.place}" if error.place else str(file)
        raise BadInput(error.what, error.mend, place=place, means="Nothing was read.") from error
    except OSError as error:
        raise BadInput(
            f"The file cannot be read: {error.strerror}.", place=str(file), means="Nothing was read."
        ) from error
    except Exception as error:  # a mistake of ours, told as the reading DAG tells it
        raise BadInput(
            f"Reading it failed unexpectedly ({type(error).__name__}).",
            f"Check that it is of the kind {kind}.",
            place=str(file),
            means="Nothing was read.",
        ) from error
    _print(diagnosis(kind, reading, context) if doctor else as_json_lines(reading, time_zone))


@app.command()
def audit(
    events: Annotated[list[Path], typer.Argument(help="Parquet files with the documented columns.")],
    as_of: AsOf = None,
    window: Annotated[int, typer.Option(help="Days.", min=1, max=366)] = 28,
) -> None:
    """Judge the accounts in EVENTS and print one JSON object a line, without configuration."""
    from sendepause.audit.files import audit_files, finding_json

    for finding in audit_files(events, _moment(as_of), window):
        _json(finding_json(finding))


@app.command()
def plan(as_of: AsOf = None) -> None:
    """Print the decisions of a moment, one JSON object a line. Nothing is done."""
    from sendepause import stages

    installation = _open()
    settings, _ = installation.read_settings()
    for item in stages.show(installation, settings, _moment(as_of) or installation.now()).items:
        _json(item)


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="A number, such as +493023125101.")], as_of: AsOf = None
) -> None:
    """Say why an account is where it is, for people."""
    from sendepause import explanation

    installation = _open()
    _print(explanation.explain(installation, account, _moment(as_of) or installation.now()))


@app.command()
def preview(
    owner: Annotated[str | None, typer.Option(help="An owner's id, or `operators`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every situation, not what is due now.")] = False,
    stage: Annotated[Stage | None, typer.Option(help="Only this stage.")] = None,
    language: Annotated[Language | None, typer.Option(help="Only for readers of this language.")] = None,
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with its blocks.")] = False,
) -> None:
    """Print the messages that would be said now, or in every situation. Nothing is written or sent."""
    from sendepause import situations

    shown = situations.every if every else situations.due
    found = shown(_open(), _moment(as_of), owner, stage, language)
    for one in found:
        if as_json:
            _json(one.json())
        else:
            _print(one.lines())
    if not found and not as_json:
        _print(["Nothing would be said."])


@app.command()
def preview_thresholds(
    policy: Annotated[Path, typer.Argument(help="Another policy.yaml, which is not in force.")],
    as_of: AsOf = None,
) -> None:
    """Print which verdicts a change of policy.yaml would alter, and by which signals. Nothing is written."""
    from sendepause import auditing, configuration

    installation = _open()
    settings, _ = installation.read_settings()
    other = configuration.with_policy(settings, policy)
    found = list(auditing.preview(installation, settings, other, _moment(as_of) or installation.now()))
    for one in found:
        name = settings.account_map[one.account].name
        why = ", ".join(
            f"{new.name} {_plain_number(new.value)}, threshold {_plain_number(old.threshold)}"
            f" -> {_plain_number(new.threshold)}"
            for old, new in one.signals
        )
        _print([f"{one.account} {name}: {one.now} -> {one.then}" + (f" ({why})" if why else "")])
    if not found:
        _print(["No verdict would change."])


@app.command()
def act(switch: Switch, author: Author = None) -> None:
    """Switch acting on or off. On approves the plan that is shown at this moment."""
    from sendepause import people

    entry = people.switch_acting(_open(), switch is Switch.ON, _author(author))
    typer.echo(f"Acting is {switch} (ledger entry {entry.seq}).")


@app.command()
def halt(switch: Switch, author: Author = None) -> None:
    """Stop all acting before the next call to a campaign system, or let it go on."""
    from sendepause import people

    entry = people.switch_halt(_open(), switch is Switch.ON, _author(author))
    typer.echo(f"The halt is {switch} (ledger entry {entry.seq}).")


@app.command()
def approve(
    item: Annotated[str, typer.Argument(help="campaign:SYSTEM/ID, plan:HASH or hold:SEQ.")],
    author: Author = None,
) -> None:
    """Approve what waits for a person."""
    from sendepause import people

    approved = people.approve(_open(), item, _author(author))
    typer.echo(f"Approved: {item} ({len(approved['approved'])}).")


@app.command()
def hold(
    campaign: Annotated[str, typer.Argument(help="SYSTEM/ID, as `plan` shows it.")],
    until: Annotated[str, typer.Option(help="When the hold ends; UTC where no offset is given.")],
    reason: Annotated[str, typer.Option(help="Why, for those who read it later.")],
    author: Author = None,
) -> None:
    """Ask for a campaign to be left running until a moment. Another person has to approve it."""
    from sendepause import countdown, people

    entry = people.ask_hold(_open(), campaign, countdown.parse_moment(until), reason, _author(author))
    typer.echo(
        f"Asked for. It comes into force when another person runs: sendepause approve hold:{entry.seq}"
    )


@app.command()
def confirm(
    campaign: Annotated[str, typer.Argument(help="SYSTEM/ID of what only a person can switch off.")],
    off: Annotated[bool, typer.Option("--off/--not-off", help="It is switched off, or it is not.")] = True,
    author: Author = None,
) -> None:
    """Say that what nobody can pause from here is switched off. It is believed only with silence."""
    from sendepause import people

    entry = people.confirm(_open(), campaign, _author(author), off)
    typer.echo(f"Noted (ledger entry {entry.seq}). It counts once fresh data show no automated sending.")


@app.command()
def drill(
    campaign: Annotated[str, typer.Argument(help="SYSTEM/ID of a running campaign.")], author: Author = None
) -> None:
    """Pause and resume one campaign, to prove the rights before they are needed."""
    from sendepause import drill as drilling

    done = drilling.drill(_open(), campaign, _author(author))
    typer.echo(f"{done['campaign']} was paused, read back, resumed and read back: the rights are there.")


@app.command()
def check() -> None:
    """Check configuration, connections, rights, channels and coverage; exit 1 if a line is not ok."""
    from sendepause import check as checking

    ok = True
    for line in checking.check(_open()):
        typer.echo(str(line))
        ok = ok and line.ok
    raise typer.Exit(0 if ok else 1)


@app.command()
def status() -> None:
    """One JSON object for an outside monitor; exit 0 all well, 1 attention, 2 the date is at risk."""
    from sendepause import status as standing

    try:
        found = standing.status(_open())
    except Exception as error:  # whatever keeps us from telling is a risk; a traceback would exit with 1
        why = str(error) if isinstance(error, SendepauseError) else f"It could not be told: {error!r}"
        _json({"status": "at_risk", "why": [why]})
        raise typer.Exit(2) from error
    _json(found.json())
    raise typer.Exit(int(found.level))


@ledger_app.command("verify")
def ledger_verify() -> None:
    """Compute the chain again; exit 1 and the first broken entry if it is not whole."""
    from sendepause.store import database, ledger

    with database.session(_open().engine, write=False) as session:
        broken, head = ledger.verify(session), ledger.head(session)
    if broken:
        typer.echo(f"entry {broken.seq}: {broken.why}")
        raise typer.Exit(1)
    typer.echo(f"{head.seq if head else 0} entries, the chain is whole; head {head.hash if head else '-'}")


@ledger_app.command("show")
def ledger_show(
    limit: Annotated[int, typer.Option(help="So many of the newest entries.", min=1)] = 50,
) -> None:
    """Print the newest entries, one JSON object a line, oldest first."""
    from sendepause.store import database, ledger

    with database.session(_open().engine, write=False) as session:
        head = ledger.head(session)
        found = ledger.entries(session, after_seq=max(0, head.seq - limit)) if head else []
    for entry in found:
        _json({name: getattr(entry, name) for name in entry.__slots__})


@app.command()
def migrate() -> None:
    """Bring the store to this version's schema. Again is safe."""
    from sendepause.installation import store_url
    from sendepause.store import database

    database.migrate(database.connect(store_url()))
    typer.echo("The store is up to date.")


@app.command()
def prepare(
    example: Annotated[bool, typer.Option(help="Load the example company and let it act.")] = False,
) -> None:
    """Make what an installation needs once: the store, the key, and, if asked for, the example company."""
    from sendepause import preparation

    for line in preparation.prepare(example):
        typer.echo(line)


@app.command()
def listen() -> None:
    """Take answers from Slack over Socket Mode, until it is stopped; where Slack does not reach Airflow."""
    from sendepause import listening

    listening.run(_open())


@app.command()
def up(
    port: Annotated[
        int, typer.Option(envvar="SENDEPAUSE_PORT", help="Of the web UI.", min=1, max=65535)
    ] = 8080,
) -> None:
    """Start Airflow with the board on this machine, and keep it running until Ctrl-C."""
    from sendepause import local

    raise typer.Exit(local.up(port))


@app.command()
def down() -> None:
    """Stop what `up` left running in the background."""
    from sendepause import local

    typer.echo(local.down())


def main(arguments: Iterable[str] | None = None) -> None:
    """The command line's entry point."""
    # Airflow looks beyond environment variables for connections only in processes that say they may; it
    # has to be said before Airflow is imported.
    if "AIRFLOW_CTX_DAG_ID" not in os.environ:
        os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    if airflow_home().exists():  # `make up` was here: its connections are the ones that are meant
        os.environ.setdefault("AIRFLOW_HOME", str(airflow_home()))
    # Standard output is for results; what a migration context says of itself is none.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        app(args=list(arguments) if arguments is not None else None)
    except SendepauseError as error:
        typer.echo(_one_line(error), err=True)
        sys.exit(2)


def _one_line(error: SendepauseError) -> str:
    place = getattr(error, "place", None)
    return (f"{place}: " if place else "") + str(error).strip()


def _open() -> Any:
    from sendepause.installation import open_installation

    return open_installation()


def _author(given: str | None) -> str:
    from sendepause.installation import author

    return author(given)


def _moment(text: str | None) -> datetime | None:
    from sendepause.countdown import parse_moment

    return None if text is None else parse_moment(text)


def _zone(name: str) -> str:
    from zoneinfo import available_timezones

    if name not in available_timezones():
        raise BadInput(
            f"{name!r} is no time zone.", "Write it like Europe/Berlin.", means="Nothing was read."
        )
    return name


def _json(value: Any) -> None:
    _print([json.dumps(value, ensure_ascii=False, default=_plain)])


def _plain_number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _print(lines: Iterable[str]) -> None:
    write: Callable[[str], int] = sys.stdout.write
    for line in lines:  # a terminal obeys control characters, also those that JSON lets through
        write(re.sub(r"[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", line) + "\n")


if __name__ == "__main__":
    main()
