"""What the board costs: ten thousand accounts behind a real Airflow, looked at with a real Chromium.

The web server has one worker, and the store what ``board/company.py`` makes up. Measured are the first view
of the overview, with an empty browser cache: right after the server's start (cold), while nothing has
changed, and after a stage has listed all campaigns anew; each page's answer at the server, through Airflow's
login; what each page weighs as it is transferred, the style sheet besides; and what Airflow's start is
slowed by, as CPU seconds of importing the plugins. Times are real ones: a busy machine makes them longer, so
the load stands beside them.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from playwright.sync_api import Browser
from tests.airflow_home import ROOT, run
from tests.board import company
from tests.e2e.browsing import chromium
from tests.e2e.served import Served, served

from sendepause.store import database, queries

ACCOUNTS = 10_000
VIEWS, ANSWERS, IMPORTS = 7, 5, 3
PATIENCE = 300.0  # seconds
NUMBER = quote(company.number(0))
PAGES = {
    "overview": "",
    "accounts": "accounts",
    "accounts, last page": "accounts?page=9999",
    "accounts, filtered": "accounts?verdict=bulk&kind=personal&state=breach",
    "accounts, searched": "accounts?q=hamburg+tresen",
    **{f"accounts by {one}": f"accounts?sort={one}" for one in ("name", "number", "owner", "verdict")},
    "accounts by data": "accounts?sort=data_until",
    "account": f"account?number={NUMBER}",
    "campaigns": "campaigns",
    "plan": "plan",
    "plan of another date": "plan?at=2026-12-07T00:00",
    "alerts": "alerts",
    "ledger": "ledger",
    "problems": "problems",
    "report on one": f"report?number={NUMBER}",
    "report on all": "report",
}
SLOW = {"plan of another date", "report on all"}  # asked for now and then, and measured once

# How long Airflow's every process takes longer to start; CPU time, since others may compute besides.
IMPORT = """
import importlib.util, sys, time
import airflow.plugins_manager
start = time.process_time()
for place, file in enumerate(sys.argv[1:]):
    spec = importlib.util.spec_from_file_location(f"plugin{place}", file)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(time.process_time() - start)
"""


def board(scale: float) -> dict[str, Any]:
    """First view in ms, answers in ms, weights in kB, and what Airflow's start is slowed by, in s."""
    accounts = max(100, int(ACCOUNTS * scale))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with served(home, accounts) as running, chromium() as browser:
            token = _token(running)
            figures = {"accounts": accounts, "load": os.getloadavg()[0], **_views(browser, running, token)}
            with httpx.Client(timeout=PATIENCE, cookies={"_token": token}) as client:
                answers = {name: _answer(client, running, name) for name in PAGES}
        figures["answer_ms"] = {name: ms for name, (ms, _) in answers.items()}
        figures["kb"] = {name: kb for name, (_, kb) in answers.items()}
        figures["import_s"] = _import(home)
    return figures


def _token(running: Served) -> str:
    login = {"username": "a.dmin", "password": running.password("a.dmin")}
    answer = httpx.post(f"{running.url}/auth/token", json=login, timeout=60).raise_for_status()
    return str(answer.json()["access_token"])


def _views(browser: Browser, running: Served, token: str) -> dict[str, Any]:
    def view() -> tuple[float, float]:
        return _view(browser, running.url, token)

    cold, weight = view()
    standing = [view()[0] for _ in range(VIEWS)]
    moved = [_after(lambda: _listed_anew(running), view)[0] for _ in range(VIEWS)]
    return {
        "first_view_ms": round(statistics.median(standing)),
        "first_view_after_a_stage_ms": round(statistics.median(moved)),
        "first_view_cold_ms": round(cold),
        "first_view_kb": round(weight / 1000, 1),
    }


def _after(first: Callable[[], None], then: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    first()
    return then()


def _view(browser: Browser, url: str, token: str) -> tuple[float, float]:
    """From the call to the end of loading in a browser that has never seen the page, in ms; bytes."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000})
    context.add_cookies([{"name": "_token", "value": token, "url": url}])
    page = context.new_page()
    page.goto(f"{url}/sendepause/", wait_until="load", timeout=PATIENCE * 1000)
    assert page.locator("#dates").count() == 1
    took, weight = page.evaluate(
        """() => [performance.getEntriesByType("navigation")[0].loadEventStart,
        [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .reduce((sum, one) => sum + one.transferSize, 0)]"""
    )
    context.close()
    return float(took), float(weight)


def _listed_anew(running: Served) -> None:
    """What a run of enforcing does to the store, every ten minutes, while nothing else happens."""
    with database.session(running.engine) as session:
        listed = [one for one in queries.campaigns(session) if one.system == "crm"]
        queries.save_campaigns(session, "crm", listed, datetime.now(UTC))


def _answer(client: httpx.Client, running: Served, name: str) -> tuple[int, float]:
    """The median answer in ms, after a first one, and what is transferred, in kB."""
    took, weight = [], 0
    for _ in range(1 if name in SLOW else ANSWERS + 1):
        began = time.perf_counter()
        answer = client.get(f"{running.url}/sendepause/{PAGES[name]}").raise_for_status()
        took.append(1000 * (time.perf_counter() - began))
        weight = answer.num_bytes_downloaded
    return round(statistics.median(took[-ANSWERS:])), round(weight / 1000, 1)


def _import(home: Path) -> float:
    plugins = sorted(map(str, (ROOT / "plugins").glob("*.py")))
    took = [float(run(home, "-c", IMPORT, *plugins).split()[-1]) for _ in range(IMPORTS)]
    return round(statistics.median(took), 3)


if __name__ == "__main__":
    import json

    print(json.dumps(board(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)))  # noqa: T201
