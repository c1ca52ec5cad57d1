"""The board under Airflow's FAB auth manager, which most companies run: real logins, real roles."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.airflow_home import run
from tests.board import company

from sendepause.settings import Settings

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(300)]

FAB = {
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    "AIRFLOW__FAB__UPDATE_FAB_PERMS": "True",
}
PEOPLE = """
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
with get_application_builder() as builder:
    security = builder.sm
    security.sync_roles()
    security.bulk_sync_roles([{"role": "Reader", "perms": [("can_read", "Plugins")]},
                              {"role": "Outsider", "perms": []}])
    for name, roles in {"o.utsider": ["Outsider"], "v.iewer": ["Viewer"], "r.eader": ["Viewer", "Reader"],
                        "u.ser": ["User"], "e.ditor": ["User", "Reader"], "o.p": ["Op"],
                        "a.dmin": ["Admin"]}.items():
        found = [security.find_role(role) for role in roles]
        assert security.add_user(name, "Given", "Family", name + "@example.com", found, "a word of " + name)
"""
ASK = """
from fastapi.testclient import TestClient
from airflow.api_fastapi.app import create_app
from sendepause.board.rendering import PAGES
pages = ["" if page == "./" else page for page, _ in PAGES] + ["account", "report"]
actions = ("halt", "approve", "hold", "confirm", "retry")
form = {"on": "true", "key": "x", "campaign": "x", "what": "file", "id": "x", "until": "x", "reason": "x"}
with TestClient(create_app()) as client:
    for name in ("nobody", "o.utsider", "v.iewer", "r.eader", "u.ser", "e.ditor", "o.p", "a.dmin"):
        client.cookies.clear()
        headers = {"Origin": "http://testserver"}
        if name != "nobody":
            login = {"username": name, "password": "a word of " + name}
            token = client.post("/auth/token", json=login).json()["access_token"]
            client.cookies.clear()  # what the login itself left
            client.cookies.set("_token", token)  # as a browser brings it
        seen = {client.get(f"/sendepause/{page}").status_code for page in pages}
        print(name, "pages", *sorted(seen))
        page = client.get("/sendepause/?lang=en").text
        print(name, "button", 'action="act-halt"' in page)
        for action in actions:
            sent = {**form, "request": f"of-{name.replace('.', '-')}-{action}"}
            path = f"/sendepause/act-{action}"
            done = client.post(path, data=sent, headers=headers, follow_redirects=False)
            print(name, action, done.status_code)
        away = {"Origin": "https://elsewhere.example"}
        sent = {**form, "request": "request-from-elsewhere"}
        print(name, "elsewhere", client.post("/sendepause/act-halt", data=sent, headers=away).status_code)
    wrong = client.post("/auth/token", json={"username": "a.dmin", "password": "guessed"})
    print("wrong password", wrong.status_code)
"""
DONE, REFUSED = 303, 409  # what does not exist is refused by the board itself, with a page that says so


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Path:
    """An Airflow with FAB and its people, and a filled store."""
    folder = tmp_path_factory.mktemp("fab")
    run(folder, "-m", "airflow", "db", "migrate", **FAB)
    run(folder, "-c", PEOPLE, **FAB)
    company.settle_in(folder, settings)
    return folder


@pytest.fixture(scope="module")
def answers(home: Path) -> list[str]:
    """What the board answered to whom."""
    return run(home, "-c", ASK, **FAB).splitlines()


@pytest.mark.parametrize(
    ("who", "status"),
    [("nobody", "401"), ("o.utsider", "403"), ("v.iewer", "403"), ("u.ser", "403")],
)
def test_without_the_right_to_see_plugins_every_page_is_refused(
    answers: list[str], who: str, status: str
) -> None:
    assert f"{who} pages {status}" in answers
    assert f"{who} button False" in answers


def test_a_viewer_with_that_right_reads_every_page_and_sees_no_button(answers: list[str]) -> None:
    assert "r.eader pages 200 404" in answers, "404: the page of no account"
    assert "r.eader button False" in answers


@pytest.mark.parametrize("who", ["e.ditor", "o.p", "a.dmin"])
def test_who_may_act_reads_every_page_and_sees_the_button(answers: list[str], who: str) -> None:
    assert f"{who} pages 200 404" in answers
    assert f"{who} button True" in answers


@pytest.mark.parametrize("who", ["nobody", "o.utsider", "v.iewer", "r.eader", "u.ser"])
@pytest.mark.parametrize("action", ["halt", "approve", "hold", "confirm", "retry"])
def test_who_may_not_is_refused_at_every_action(answers: list[str], who: str, action: str) -> None:
    assert set(answers) & {f"{who} {action} 401", f"{who} {action} 403"}


@pytest.mark.parametrize("who", ["e.ditor", "o.p", "a.dmin"])
def test_who_may_change_the_enforcing_dag_may_act(answers: list[str], who: str) -> None:
    assert f"{who} halt {DONE}" in answers
    for action in ("approve", "hold", "confirm", "retry"):
        assert f"{who} {action} {REFUSED}" in answers
    assert f"{who} elsewhere 403" in answers


def test_what_was_done_stands_in_the_ledger_under_the_names_of_who_may(
    answers: list[str], home: Path
) -> None:
    assert answers
    assert company.halted_by(home) == ["e.ditor", "o.p", "a.dmin"]


def test_a_wrong_password_is_refused(answers: list[str]) -> None:
    assert "wrong password 401" in answers
