"""What connectors are made of: the registry, accesses that keep their secrets, numbers and moments."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sendepause import campaigns
from sendepause.campaigns.base import Access, account_of, campaigns_of, moment_of, text_of
from sendepause.errors import BadInput
from sendepause.model import Campaign, CampaignState
from sendepause.settings import SystemSettings


def test_an_unknown_connector_names_the_known_ones() -> None:
    system = SystemSettings(id="x", connector="fax", connection="x")
    with pytest.raises(BadInput, match=r"http_api.*sql_table"):
        campaigns.connect(system, Access())


def examples() -> list[dict[str, Any]]:
    """The campaign systems that the documentation shows."""
    page = Path(__file__).parents[2] / "docs" / "campaign_systems.md"
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return [system for block in blocks for system in yaml.safe_load(block).get("campaign_systems", [])]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example["id"])
def test_every_example_of_the_documentation_can_be_used(example: dict[str, Any]) -> None:
    database = example["connector"] == "sql_table"
    access = Access("sqlite", "crm.db") if database else Access("http", "http://tool.example", password="key")
    campaigns.connect(SystemSettings(**example), access)


def test_a_connector_is_imported_only_when_it_is_used() -> None:
    code = (
        "import sys; import sendepause.campaigns; "
        "assert not {'sqlalchemy', 'httpx', 'sendepause.campaigns.http_api'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_access_shows_its_host_and_nothing_else() -> None:
    access = Access(
        "http", "https://me:pw1@mail.example/hook?token=t2", login="l3", password="p4", extra={"k": "e5"}
    )
    assert repr(access) == "Access(kind='http', host='mail.example')"
    assert access.scrub("pw1 token=t2 p4x e5y") == "••• ••• p4x e5y"  # two letters are no secret
    assert Access(password="p4secret", extra={"k": "e5secret"}).scrub("p4secret, e5secret") == "•••, •••"


@pytest.mark.parametrize("host", ["http://[half:secret", "http://me:secret@", "me:secret@host", "", "://"])
def test_an_access_that_is_no_address_keeps_its_secrets_too(host: str) -> None:
    access = Access("http", host, password="other-secret")
    assert "secret" not in repr(access)
    assert "other-secret" not in access.scrub("it says other-secret")


@pytest.mark.parametrize(
    ("access", "url"),
    [
        (Access("http", "mail.example"), "http://mail.example"),
        (Access("http", "mail.example", 8080, "https"), "https://mail.example:8080"),
        (Access("http", "https://mail.example/base/"), "https://mail.example/base"),
        (Access("http", "https://me:pw@mail.example", 8443), "https://mail.example:8443"),
        (Access("http", "https://mail.example:1234", 8443), "https://mail.example:1234"),
    ],
)
def test_a_base_url_is_read_as_airflow_reads_it(access: Access, url: str) -> None:
    assert access.base_url() == url


@pytest.mark.parametrize(
    "value", ["+49 151 23456789", "0049 151 23456789", "4915123456789", "whatsapp:+4915123456789",
              "4915123456789@c.us", "4915123456789:12@s.whatsapp.net", 4915123456789]
)  # fmt: skip
def test_a_number_in_any_spelling_is_one_account(value: object) -> None:
    assert account_of(value) == "+4915123456789"


@pytest.mark.parametrize(
    "value",
    [
        "0151 23456789",
        "",
        None,
        "abc",
        "+",
        "1",
        True,
        [],
        "9" * 1000,
        "+49 (0)",
        "4915123456789@lid",
        "4915123456789@g.us",
    ],
)
def test_what_is_not_certain_is_no_account(value: object) -> None:
    assert account_of(value) is None


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())))
def test_nothing_from_outside_breaks_reading(value: Any) -> None:
    account_of(value)
    moment = moment_of(value)
    assert moment is None or moment.tzinfo is not None
    assert len(text_of(value, 10) or "") <= 10


def test_a_moment_without_a_zone_is_utc() -> None:
    noon = datetime(2019, 12, 1, 12, tzinfo=UTC)
    assert moment_of("2019-12-01T13:00:00+01:00") == noon
    assert (
        moment_of("2019-12-01 12:00") == moment_of(datetime(2019, 12, 1, 12)) == moment_of(1575201600) == noon  # noqa: DTZ001
    )


@pytest.mark.parametrize(
    "host", ["mail.example/v1?key=hidden", "me:hidden@mail.example/x?key=hidden", "mail.example#hidden"]
)
def test_an_access_without_a_scheme_shows_its_bare_host_too(host: str) -> None:
    assert Access("http", host).shown == "mail.example"


def named(rows: list[dict[str, Any]]) -> list[Campaign]:
    return campaigns_of("crm", lambda state: CampaignState(str(state)), rows)


def test_an_id_that_stands_for_two_states_is_in_none_of_them() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "state": "running", "account": "+493023125101"},
        {"id": "1", "state": "paused", "account": "+493023125102"},
    ]
    for order in (rows, rows[::-1]):
        (found,) = named(order)
        assert (found.state, found.account) == (CampaignState.UNKNOWN, None)
    (found,) = named([rows[0], rows[0]])
    assert (found.state, found.account) == (CampaignState.RUNNING, "+493023125101")


def test_whole_numbers_of_any_type_are_ids() -> None:
    assert [one.id for one in named([{"id": Decimal("17"), "state": "running"}])] == ["17"]


def test_a_list_in_which_nothing_has_an_id_is_an_error_and_not_empty() -> None:
    with pytest.raises(BadInput, match="id"):
        named([{"id": None, "state": "running"}, {"state": "running"}])
    assert len(named([{"id": None, "state": "running"}, {"id": 1, "state": "running"}])) == 1
