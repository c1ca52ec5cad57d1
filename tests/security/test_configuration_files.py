"""A configuration that hurts is a configuration that does not check: the last valid one stays in force."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import pytest
from tests.stages.company import Company

from sendepause import configuration
from sendepause.configuration import BadConfiguration

SECRET = "s3cret-of-the-tool"


def bomb(levels: int) -> str:
    """Ten to the power of ``levels`` texts in a few hundred bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


MERGED = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9)
)
ROUND = "policy: &p {guard: *p}\n"
DEEP = "policy: " + "[" * 4000 + "]" * 4000 + "\n"
LONG = "number,name,declared_kind,owner\n+493023125101," + "x" * 200_000 + ",personal,north\n"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("policy.yaml", bomb(9)),
        ("policy.yaml", MERGED),
        ("policy.yaml", ROUND),
        ("policy.yaml", DEEP),
        ("accounts.csv", LONG),
    ],
    ids=["laughs", "merged", "round", "deep", "long cell"],
)
def test_a_file_that_blows_up_stops_no_pause(company: Company, file: str, content: str) -> None:
    company.enforce()
    folder = company.folder / "config"
    if file == "accounts.csv":
        (folder / "accounts.yaml").unlink()
    (folder / file).write_text(content)
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    company.enforce()
    assert time.process_time() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB
    assert file in company.ill()["configuration"]


def test_a_bomb_in_a_connectors_free_settings_is_seen_too(company: Company) -> None:
    company.enforce()
    file = company.folder / "config" / "campaign_systems.yaml"
    inner = bomb(8).replace("\n", ", ")
    head = "id: crm, connector: sql_table, connection: crm"
    file.write_text(f"campaign_systems: [{{{head}, settings: {{{inner}}}}}]\n")
    began = time.process_time()
    company.enforce()
    assert time.process_time() - began < 10
    assert "campaign_systems.yaml" in company.ill()["configuration"]


def test_a_folder_that_cannot_be_looked_into_is_a_fault(company: Company, tmp_path: Path) -> None:
    company.enforce()
    company.monkeypatch.setenv("SENDEPAUSE_CONFIG", str(tmp_path / ("x" * 300)))
    company.enforce()
    assert "owners.yaml" in company.ill()["configuration"]


@pytest.mark.parametrize(
    "policy",
    [
        {"far_hours": float("inf")},
        {"far_hours": 24 * 365},
        {"hold_margin_hours": 1e300},
        {"guard": {"default_hours_before": float("inf")}},
        {"guard": {"default_hours_after": 1e300}},
    ],
    ids=str,
)
def test_a_number_without_a_bound_does_not_check(company: Company, policy: dict[str, Any]) -> None:
    """An endless hour would fail every plan, or take the one check away that keeps a replay from acting."""
    company.enforce()
    company.configure(**policy)
    with pytest.raises(BadConfiguration):
        configuration.load()
    company.enforce()


def test_aliases_as_people_use_them_still_check(company: Company) -> None:
    file = company.folder / "config" / "policy.yaml"
    file.write_text("policy:\n  guard: &g {surprises: 1}\n")
    company.enforce()
    assert not company.ill()


@pytest.mark.parametrize(
    "system",
    [
        {"connection": f"postgresql://crm:{SECRET}@db.example.org/crm"},
        {"settings": {"headers": {"Authorization": f"Bearer {SECRET}"}}},
        {"settings": {"headers": {"X-API-Key": SECRET}}},
        {"settings": {"list": {"params": {"access_token": SECRET}}}},
        {"settings": {"pause": [{"body": {"password": SECRET}}]}},
    ],
    ids=["url", "header", "api key", "parameter", "body"],
)
def test_a_secret_in_a_configuration_file_is_refused_and_kept_nowhere(
    company: Company, system: dict[str, Any]
) -> None:
    company.enforce()
    company.files["campaign_systems.yaml"]["campaign_systems"][0] |= system
    company.configure()
    company.enforce()
    assert "connection" in company.ill()["configuration"]
    for file in [*company.folder.glob("store.db*"), *company.data.rglob("*")]:
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file


def test_a_source_with_credentials_in_its_address_is_refused(company: Company) -> None:
    company.enforce()
    company.files["sources.yaml"]["sources"][0]["location"] = f"s3://key:{SECRET}@bucket/inbox"
    company.configure()
    company.enforce()
    assert "connection" in company.ill()["configuration"]
    assert SECRET not in company.ill()["configuration"]
