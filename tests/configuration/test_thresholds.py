"""Thresholds for the accounts of one kind: what cannot be meant is told once, with its line and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.configuration.test_configuration import faults, folder

from sendepause import configuration
from sendepause.configuration import BadConfiguration

__all__ = ["folder"]

PERSONAL = "+493023125101"


def set_thresholds(folder: Path, *lines: str) -> Path:
    file = folder / "policy.yaml"
    file.write_text("policy:\n  thresholds:\n" + "".join(f"    {line}\n" for line in lines), "utf-8")
    return file


def test_they_hold_for_the_accounts_of_the_kind_and_for_no_other(folder: Path) -> None:
    set_thresholds(folder, "personal: {reach_hour: 40}")
    assert configuration.load(folder).limits == {PERSONAL: {"reach_hour": 40}}
    set_thresholds(folder, "business_app: {reach_hour: 40}")
    assert configuration.load(folder).limits == {}


def test_what_the_store_keeps_makes_them_again(folder: Path) -> None:
    set_thresholds(folder, "personal: {reach_hour: 40, template_repeat: 0.5}")
    settings = configuration.load(folder)
    assert configuration.check(configuration.content_of(settings)).limits == settings.limits


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("personal: {reach: 40}", "is no signal with a threshold. Use one of "),
        ("personal: {first_contacts: 40}", "is no signal with a threshold"),
        ("personal: {template_repeat: 15}", "15 is no share; write it from 0 to 1"),
        ("personal: {quiet: 30}", "30 is more than the 24 hours of a day"),
        (
            "personal: {reach_hour: 30.5}",
            "30.5 is no whole number, and this is counted. Without an entry it is 30",
        ),
        ("personal: {reach_hour: 0}", "greater than 0"),
        ("personal: {reach_hour: .inf}", "policy.thresholds.personal.reach_hour"),
        ("personal: {reach_hour: many}", "policy.thresholds.personal.reach_hour"),
        ("privat: {reach_hour: 40}", "'personal', 'business_app'"),
    ],
)
def test_what_cannot_be_meant_is_one_error_with_its_line(folder: Path, line: str, told: str) -> None:
    set_thresholds(folder, line)
    (fault,) = faults(folder)
    assert fault.startswith("policy.yaml:3: policy.thresholds.")
    assert told in fault


def test_another_policy_is_checked_like_the_one_in_force(folder: Path, tmp_path: Path) -> None:
    settings = configuration.load(folder)
    other = set_thresholds(folder, "personal: {reach_hour: 40}").rename(tmp_path / "other.yaml")
    assert configuration.with_policy(settings, other).limits == {PERSONAL: {"reach_hour": 40}}
    wrong = set_thresholds(folder, "personal: {reach: 40}").rename(tmp_path / "wrong.yaml")
    with pytest.raises(BadConfiguration, match=r"wrong.yaml:3: policy.thresholds.personal.reach"):
        configuration.with_policy(settings, wrong)
    with pytest.raises(BadConfiguration, match="cannot be opened"):
        configuration.with_policy(settings, tmp_path / "none.yaml")
