"""A whole loop over invented people, and then every byte that was kept is searched for them."""

from __future__ import annotations

import json
import logging
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.ingest.conftest import incoming, status, webhook
from tests.slack_server import SlackServer
from tests.stages.company import OFFERS, SHOP, Company, berlin, key

from sendepause import check, explanation, people, stages, tell
from sendepause import questions as asking
from sendepause.errors import BadInput

# Of people who do not exist; numbers of this block belong to nobody.
NUMBER, OTHER, THIRD, ALONE = (f"+49171392{n:04}" for n in (77, 78, 79, 80))
NAME = "Erika Beispielfrau"
WORDS = "Gangschaltung"
SPELLINGS = (
    *(n.lstrip("+") for n in (NUMBER, OTHER, THIRD, ALONE)),
    *(f"0{n[3:]}" for n in (NUMBER, OTHER, THIRD, ALONE)),
    "0171 3920077",
    "0171-3920077",
    "3920078",
    "Erika",
    "Beispielfrau",
    WORDS,
    "wamid",
    "4711-order",
)
SOURCES = {
    "phones": ("chat_export", "phones"),
    "platform": ("cloud_api_webhook", "platform"),
    "tool": ("csv", "inbox"),
    "gateway": ("waha", "gateway"),
    "records": ("evolution", "records"),
    "exporter": ("chat_exporter_json", "exporter"),
}


def lay(company: Company, name: str, content: str | bytes) -> Path:
    file = company.data / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    settled = file.stat().st_mtime - 3600
    os.utime(file, (settled, settled))
    return file


def zipped(folder: Path, name: str, text: str) -> bytes:
    packed = folder / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.read_bytes()


def fill(company: Company, tmp_path: Path) -> None:
    """Every kind of source, well and broken, with people in names of files, columns and free fields."""
    company.files["sources.yaml"]["sources"] = [
        {"id": id, "kind": kind, "location": location, "time_zone": "Europe/Berlin"}
        for id, (kind, location) in SOURCES.items()
    ]
    for _, location in SOURCES.values():
        (company.data / location).mkdir(exist_ok=True)
    company.configure()
    at = company.clock() - timedelta(days=2)
    day = f"{at:%d.%m.%y}"
    talk = f"{day}, 10:00 - {NAME}: Die {WORDS} klemmt\n{day}, 10:01 - Shop: Ihre {WORDS}, {NAME}?\n"
    lay(company, f"phones/{SHOP}/WhatsApp Chat mit {NAME}.txt", talk)
    lay(company, f"phones/{SHOP}/{NUMBER}.zip", zipped(tmp_path, f"WhatsApp Chat mit {NAME}.txt", talk))
    lay(company, f"phones/{SHOP}/broken {NAME}.txt", f"{NAME} und die {WORDS}")
    lay(company, f"phones/{ALONE}/WhatsApp Chat mit {NAME}.txt", talk)
    campaign = f"4711-order;{NUMBER};{NAME}"
    one = json.loads(status(OFFERS, f"wamid.{NUMBER}", "sent", at))
    one["entry"][0]["changes"][0]["value"]["statuses"][0]["biz_opaque_callback_data"] = campaign
    hooks = [json.dumps(one) + "\n", incoming(OFFERS, f"wamid.2{NUMBER}", f"{WORDS}!", at)]
    lay(company, f"platform/{OTHER[1:4]} {OTHER[4:7]}-{OTHER[7:]}.jsonl", "".join(hooks))
    lay(company, "platform/cut.jsonl", webhook(OFFERS, messages=[{"from": NUMBER, "text": NAME}])[:-30])
    head = "account,direction,counterpart,sent_at,text,campaign\n"
    rows = f"{OFFERS},out,{NUMBER},{at:%Y-%m-%d %H:%M:%S},{WORDS},{campaign}\n"
    lay(company, f"inbox/{NUMBER}@c.us.csv", head + rows)
    lay(company, "inbox/0171-3920077.csv", head + rows)
    lay(company, "inbox/0171 3920077 (2).csv", head + f"{OFFERS},out,{NUMBER},{NAME},{WORDS},{campaign}\n")
    # Somebody took the columns the other way round: the customer's number stands as the account's.
    swapped = f"{THIRD},out,{OFFERS},{at:%Y-%m-%d %H:%M:%S},{WORDS},{campaign}\n"
    lay(company, "inbox/swapped.csv", head + swapped)
    chat = {"id": "true_x", "timestamp": int(at.timestamp()), "fromMe": True, "body": WORDS}
    event = {"event": "message.any", "me": {"id": f"{SHOP[1:]}@c.us"}}
    waha = {**event, "payload": {**chat, "to": f"{OTHER[1:]}@c.us", "_data": {"notifyName": NAME}}}
    lay(company, "gateway/hooks.jsonl", json.dumps(waha) + "\n")
    lay(company, "gateway/broken.jsonl", f'{{"event": "message", "me": "{NUMBER}", "body": "{WORDS}')
    lay(company, "records/broken.json", f'[{{"key": {{"remoteJid": "{NUMBER}"}}, "pushName": "{NAME}"}}]')
    lay(company, "exporter/broken.json", json.dumps({NUMBER: {"name": NAME, "messages": WORDS}}))


TABLES = {".parquet": pl.read_parquet, ".arrow": pl.read_ipc}


def kept(company: Company) -> dict[str, str]:
    """Everything that Sendepause wrote, as text: tables are read, since their bytes are compressed."""
    found = {}
    own = [path for path in company.data.rglob("*") if path.is_file()]
    given = tuple(company.data / location for _, location in SOURCES.values())
    for path in [*own, *company.folder.glob("store.db*")]:
        if not any(path.is_relative_to(folder) for folder in given):
            read = TABLES.get(path.suffix)
            text = read(path).write_ndjson() if read else path.read_bytes().decode("latin-1")
            found[str(path)] = f"{path}\n{text}"
    return found


def loop(company: Company) -> list[Any]:
    """Every stage, and everything people can ask for; what came back."""
    at = company.installation
    now = company.clock
    said: list[Any] = [stages.read(at, now()), stages.read(at, now()), stages.audit(at, now())]
    people.switch_acting(at, True, "anna")
    said += [company.enforce(), tell.alert(at, now())]
    company.at("2019-12-02T09:00")
    said += [stages.read(at, now()), stages.audit(at, now()), company.enforce(), tell.alert(at, now())]
    people.ask_hold(at, "crm/winter", berlin("2019-12-04T09:00"), "The stock is sold by then.", "anna")
    said += [company.enforce("2019-12-06T09:00"), asking.questions(at), tell.alert(at, now())]
    said += [tell.digest(at, now()), stages.retain(at, now())]
    said += [list(check.check(at)), list(explanation.explain(at, SHOP, now())), company.plan(now())]
    return said


def test_nobody_who_was_written_to_is_anywhere(
    company: Company,
    slack: SlackServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    company.connect_slack(slack)
    fill(company, tmp_path)
    own = logging.getLogger("sendepause")  # Airflow takes the handlers of the root away
    own.addHandler(caplog.handler)
    with caplog.at_level(logging.DEBUG, "sendepause"):
        said = loop(company)
    own.removeHandler(caplog.handler)
    log = "".join([caplog.text, *capfd.readouterr()])
    assert "retain: days_dropped" in log
    assert said[0]["messages"] >= 6
    assert said[0]["files_broken"] >= 6
    assert len(slack.messages) > 3
    places = {
        **kept(company),
        "the log": log,
        "what came back": "\n".join(map(str, said)),
        "Slack": json.dumps(slack.messages, ensure_ascii=False),
    }
    assert {Path(name).suffix for name in places} >= TABLES.keys()
    leaks = [f"{word} in {name}" for name, text in places.items() for word in SPELLINGS if word in text]
    assert not leaks, "\n".join(leaks)


@pytest.mark.parametrize(
    "reason", [f"Agreed with {NUMBER}", "Herr B. (0171 / 392 00 77) wartet", "write to erika@example.org"]
)
def test_a_reason_that_stays_for_ever_names_no_customer(company: Company, reason: str) -> None:
    company.enforce()
    with pytest.raises(BadInput, match="for ever"):
        people.ask_hold(company.installation, key("winter"), berlin("2019-12-04T09:00"), reason, "anna")
    assert not company.entries("hold_asked")


@pytest.mark.parametrize("reason", ["Ends 2019-12-04 at 10:00, ticket 48121", f"Sold from {SHOP} until then"])
def test_dates_tickets_and_own_accounts_are_reasons(company: Company, reason: str) -> None:
    company.enforce()
    people.ask_hold(company.installation, key("winter"), berlin("2019-12-04T09:00"), reason, "anna")
    assert company.entries("hold_asked")[0].facts["reason"] == reason
