"""Meta calls a real Airflow, and the reading DAG makes events of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest
import yaml
from tests.e2e.airflow import APP_SECRET, VERIFY_TOKEN, Installed, wait_for

from sendepause import events

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

CUSTOMER = "491713920050"  # numbers of this block belong to nobody


@pytest.fixture(scope="module")
def address(installed: Installed) -> str:
    """Where Meta calls, once the configuration has a source for it."""
    sources = installed.data / "example" / "config" / "sources.yaml"
    sources.write_text(sources.read_text() + "\n  - id: meta\n    kind: cloud_api_receiver\n")
    return f"{installed.url}/sendepause-callbacks/meta/webhooks"


@pytest.fixture(scope="module")
def account(installed: Installed) -> str:
    """A number of the example that is on the Platform."""
    accounts = yaml.safe_load((installed.data / "example" / "config" / "accounts.yaml").read_text())
    written = next(
        one["number"] for one in accounts["accounts"] if one["declared_kind"] == "business_platform"
    )
    return str(written).replace(" ", "")


def call(account: str, id: str) -> bytes:
    message: dict[str, Any] = {"from": CUSTOMER, "id": id, "timestamp": str(int(time.time()) - 60)}
    message |= {"type": "text", "text": {"body": "Ist mein blaues Rad fertig?"}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": account.lstrip("+"), "phone_number_id": "1000"},
        "messages": [message],
    }
    entry = {"id": "2000", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def post(address: str, body: bytes, secret: str = APP_SECRET) -> int:
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature, "Content-Type": "application/json"}
    return httpx.post(address, content=body, headers=headers, timeout=30).status_code


def test_meta_verifies_the_address(address: str) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    assert httpx.get(address, params=query, timeout=30).text == "1158201444"
    wrong = {**query, "hub.verify_token": "guessed"}
    assert httpx.get(address, params=wrong, timeout=30).status_code == httpx.codes.FORBIDDEN


def test_what_it_signed_is_read_by_the_dag_once(installed: Installed, address: str, account: str) -> None:
    body = call(account, "wamid.e2e")
    assert post(address, body, "guessed") == httpx.codes.UNAUTHORIZED
    for _ in range(2):  # Meta repeats what was not acknowledged in time, as on a loaded machine
        wait_for("the acknowledgement", lambda: post(address, body) == httpx.codes.OK, 60)
    run = installed.trigger("sendepause_ingest")
    assert wait_for("the reading", lambda: installed.finished("sendepause_ingest", run)) == "success"
    wait_for("an empty store", lambda: not installed.store("SELECT 1 FROM sendepause_received"), 60)
    found = events.scan(installed.data).collect().filter(source="meta")
    assert found.select("account_id", "direction").rows() == [(account, "in")]
    assert CUSTOMER.encode() not in (installed.data / "sendepause.db").read_bytes()
