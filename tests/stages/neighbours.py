"""More of the company's world: further campaign systems, moves to the Platform, and who was told what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tests.campaigns import n8n_api
from tests.campaigns.api import KEY as API_KEY
from tests.campaigns.api import Api
from tests.campaigns.gateways import KEY as GATEWAY_KEY
from tests.campaigns.gateways import GraphServer, serve_gateway
from tests.campaigns.grounds import HTTP_SETTINGS
from tests.campaigns.tools import LOGIN, Waha
from tests.slack_server import SlackServer
from tests.stages.company import Company, said

from sendepause import tell
from sendepause.alerts import outbox
from sendepause.model import Stage
from sendepause.store import database, folds
from sendepause.store.folds import PauseRecord

RULE, SECOND_RULE = "whatsapp-2019", "works-council"
BUSINESS = "102290129340398"


def with_system(company: Company, id: str, connector: str, settings: dict[str, Any], **more: Any) -> None:
    """One more campaign system in the configuration."""
    entry = {"id": id, "connector": connector, "connection": id, "settings": settings, **more}
    company.files["campaign_systems.yaml"]["campaign_systems"].append(entry)
    company.configure()


def with_mailer(company: Company, api: Api, **more: Any) -> None:
    """A system with an HTTP API."""
    with_system(company, "mailer", "http_api", HTTP_SETTINGS, **more)
    company.connect("mailer", conn_type="http", host=api.url, password=API_KEY)


def with_n8n(company: Company, api: n8n_api.N8nApi, **more: Any) -> None:
    with_system(company, "flows", "n8n", {"release": api.release}, **more)
    company.connect("flows", conn_type="http", host=api.url, password=n8n_api.KEY)


def with_waha(company: Company, waha: Waha) -> None:
    with_system(company, "gate", "http_api", {"preset": "waha", "retry": {"attempts": 1}})
    company.connect("gate", conn_type="http", host=waha.url, login=LOGIN, password=API_KEY)


@contextmanager
def platform(company: Company, *numbers: str) -> Iterator[GraphServer]:
    """Meta's directory, which shows these numbers on the Cloud API alone."""
    server = GraphServer(numbers={BUSINESS: []})
    with serve_gateway(server):
        with_system(company, "meta", "cloud_api", {"business_accounts": [BUSINESS]})
        company.connect("meta", conn_type="http", host=server.url, password=GATEWAY_KEY)
        for place, number in enumerate(numbers):
            server.put(BUSINESS, f"10654035224292{place}", number)
        yield server


def declare(company: Company, number: str, kind: str) -> None:
    """Somebody writes another kind of account into accounts.yaml."""
    accounts = company.files["accounts.yaml"]["accounts"]
    next(one for one in accounts if one["number"] == number)["declared_kind"] = kind
    company.configure()


def with_second_rule(company: Company) -> None:
    """The works council wants the same, on the same day."""
    (rule,) = company.files["calendar.yaml"]["enforcements"]
    company.files["calendar.yaml"]["enforcements"].append({**rule, "id": SECOND_RULE})
    company.configure()


def alerts(company: Company, stage: Stage, subject: str = "") -> list[tuple[str, str]]:
    """Every alert of a stage that was ever owed and not overtaken: subject and audience."""
    with database.session(company.installation.engine, write=False) as session:
        rows = outbox.overview(session).rows
    return sorted(
        (row.subject, str(row.audience))
        for row in rows
        if row.stage is stage and row.state != "overtaken" and (not subject or row.subject == subject)
    )


def told(company: Company, slack: SlackServer, channel: str) -> list[str]:
    """Deliver what is owed; what was said in this channel since the last call for any.

    Without what begins a thread, and without reminders.
    """
    before = {message["ts"] for message in slack.messages}
    tell.alert(company.installation, company.clock())
    return [
        message["text"]
        for message in said(slack)
        if message["channel"] == channel and message["ts"] not in before
        if not message["text"].startswith(("Erinnerung", "Letzte Erinnerung", "Reminder", "Last reminder"))
    ]


def record(company: Company, subject: str, rule: str = RULE) -> PauseRecord:
    return folds.pauses(company.entries())[rule, subject]


def minutes(company: Company, many: float) -> datetime:
    """Let so many minutes pass."""
    return company.at(company.clock() + timedelta(minutes=many))


def lay_log(
    company: Company, name: str, account: str, *runs: tuple[datetime, int, str], quiet_until: datetime
) -> None:
    """A gateway's log of every chat: runs of one text to so many people, and a person's last word."""
    rows = [
        (account, f"+4917139{n:06}", at + timedelta(seconds=10 * n), text)
        for at, people, text in runs
        for n in range(people)
    ]
    company.lay(name, *rows, (account, "+491713999999", quiet_until, "See you tomorrow then"))
