"""Inside the real Airflow: who may see plugins may look at the board, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.airflow_home import ROOT, airflow_home, run
from tests.board import company

from sendepause.settings import Settings

__all__ = ["airflow_home"]  # a fixture

PLUGIN = ROOT / "plugins" / "sendepause_board.py"

pytestmark = pytest.mark.airflow

# Each runs in a process of its own: Airflow reads its environment once, at import.
TIME_OF_IMPORT = """
import importlib.util, sys, time
import airflow.plugins_manager
before = set(sys.modules)
start = time.process_time()
spec = importlib.util.spec_from_file_location("sendepause_board", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
took = time.process_time() - start
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(took, *sorted(new & {"polars", "sqlalchemy", "fastapi", "jinja2", "sendepause", "slack_sdk"}))
"""
ASK = """
from fastapi.testclient import TestClient
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
with TestClient(create_app()) as client:
    for path in ("/sendepause/", "/sendepause/health", "/sendepause/style.css", "/sendepause/icon-dark.svg"):
        print(path, "anonymous", client.get(path).status_code)
        for role in (None, "viewer", "op"):
            token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="someone", role=role))
            print(path, role, client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code)
    form = {"request": "request-of-a-test", "on": "true"}
    for origin in ("http://testserver", "https://elsewhere.example"):
        for role in ("anonymous", None, "viewer", "user", "op", "admin"):
            made = SimpleAuthManagerUser(username="someone", role=role)
            token = "junk" if role == "anonymous" else get_auth_manager().generate_jwt(made)
            headers = {"Authorization": f"Bearer {token}", "Origin": origin}
            done = client.post("/sendepause/act-halt", data=form, headers=headers, follow_redirects=False)
            print("halt", origin, role, done.status_code)
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="someone", role="viewer"))
    client.cookies.set("_token", token)
    page = client.get("/sendepause/?lang=de")
    kept = "path=/sendepause/;" in page.headers["set-cookie"].lower()
    print("cookie", page.status_code, '<html lang="de">' in page.text, kept)
    print("junk", client.get("/sendepause/", headers={"Authorization": "Bearer junk"}).status_code)
    view = next(v for p in client.get("/api/v2/plugins").json()["plugins"] for v in p["external_views"]
                if v["name"] == "Sendepause")
    print("view", view["href"], client.get("/" + view["icon"]).headers["content-type"])
"""


@pytest.fixture(scope="session")
def answers(airflow_home: Path, settings: Settings) -> list[str]:
    """What the board answered to whom, over a filled store."""
    company.settle_in(airflow_home, settings)
    return run(airflow_home, "-c", ASK).splitlines()


@pytest.mark.parametrize("path", ["", "health", "style.css", "icon-dark.svg"])
@pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("None", 403), ("viewer", 200), ("op", 200)])
def test_only_who_may_see_plugins_may_look(answers: list[str], path: str, who: str, status: int) -> None:
    assert f"/sendepause/{path} {who} {status}" in answers


@pytest.mark.parametrize(
    ("who", "status"),
    [("anonymous", 403), ("None", 403), ("viewer", 403), ("user", 303), ("op", 303), ("admin", 303)],
)
def test_who_may_change_the_enforcing_dag_may_act(answers: list[str], who: str, status: int) -> None:
    assert f"halt http://testserver {who} {status}" in answers
    assert f"halt https://elsewhere.example {who} 403" in answers


def test_what_was_done_stands_in_the_ledger_under_the_airflow_users_name(
    answers: list[str], airflow_home: Path
) -> None:
    assert answers
    assert company.halted_by(airflow_home) == ["someone"]


def test_a_forged_token_is_refused(answers: list[str]) -> None:
    assert "junk 403" in answers


def test_a_browser_comes_in_with_its_cookie_and_keeps_its_language(answers: list[str]) -> None:
    assert "cookie 200 True True" in answers


def test_the_navigation_finds_the_board_and_its_icon(answers: list[str]) -> None:
    assert "view sendepause/ image/svg+xml" in answers


def test_loading_the_plugin_costs_other_processes_next_to_nothing(airflow_home: Path) -> None:
    took, *heavy = run(airflow_home, "-c", TIME_OF_IMPORT, str(PLUGIN)).split()
    assert float(took) < 0.2
    assert heavy == []
