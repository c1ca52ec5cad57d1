"""The audit as a stage: verdicts that hold, bucket by bucket, and what a change of thresholds would alter."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import yaml
from tests.stages.company import BOOKINGS, OFFERS, SHOP, WORKSHOP, Company

from sendepause import auditing, configuration, stages
from sendepause.events import BUCKETS
from sendepause.model import Finding, Verdict
from sendepause.store import database, queries

ACCOUNTS = (SHOP, OFFERS, BOOKINGS, WORKSHOP)


def found(company: Company, as_of: datetime | None = None) -> dict[str, Finding]:
    with database.session(company.installation.engine, write=False) as session:
        return queries.latest_findings(session, as_of)


def audit(company: Company, at: datetime) -> Finding:
    """The finding on the account of the offers, audited at that moment."""
    company.at(at)
    stages.audit(company.installation, at)
    return found(company)[OFFERS]


def word(number: int) -> str:
    """A text like no other: near ones count as one."""
    random = Random(number)
    return " ".join("".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(5))


def lay_talk(company: Company, name: str, first: datetime, days: int) -> None:
    rows = [
        (
            OFFERS,
            f"+49171392{day:02}{n:02}",
            first + timedelta(days=day, minutes=Random(9 * day + n).uniform(0, 600)),
            word(100 * day + n),
        )
        for day in range(days)
        for n in range(5)
    ]
    company.lay(name, *rows)
    stages.read(company.installation, company.at(first + timedelta(days=days)))


@pytest.fixture
def machine(company: Company) -> datetime:
    """A machine of three days was read; the moment after it."""
    at = company.clock()
    company.lay_machine(OFFERS, at)
    stages.read(company.installation, at)
    return at


def test_a_verdict_outlives_the_window_by_three_days_of_data(company: Company, machine: datetime) -> None:
    first = audit(company, machine)
    assert (first.verdict, first.since) == (Verdict.AUTOMATED, machine)
    lay_talk(company, "later.csv", machine + timedelta(days=10), 25)  # its days leave the window on the 28th
    ends = machine + timedelta(days=35)
    lowered = audit(company, ends - timedelta(days=4))
    assert (lowered.verdict, lowered.measured, lowered.since) == (Verdict.AUTOMATED, Verdict.CLEAR, machine)
    assert lowered.held is not None
    assert lowered.held.finding.verdict is Verdict.AUTOMATED
    assert audit(company, ends - timedelta(days=2)).verdict is Verdict.AUTOMATED
    assert audit(company, ends - timedelta(days=1)).verdict is Verdict.CLEAR


def test_a_run_that_is_repeated_and_an_old_one_give_what_they_gave(
    company: Company, machine: datetime
) -> None:
    moments = [machine, machine + timedelta(hours=1), machine + timedelta(hours=2)]
    first = [audit(company, at) for at in moments]
    again = []
    for at in moments:
        stages.audit(company.installation, at)
        again.append(found(company, at)[OFFERS])
    assert again == first


def test_a_source_that_falls_silent_keeps_the_verdict_in_mind(company: Company, machine: datetime) -> None:
    audit(company, machine)
    ill = audit(company, machine + timedelta(days=12))
    assert ill.verdict is Verdict.NO_DATA
    assert ill.held is not None
    assert ill.held.finding.verdict is Verdict.AUTOMATED


@pytest.mark.parametrize(
    "shares", [[range(BUCKETS)], [range(0, BUCKETS, 2), range(1, BUCKETS, 2)], [[b] for b in range(BUCKETS)]]
)
def test_findings_are_the_same_however_the_buckets_are_dealt_out(
    company: Company, machine: datetime, shares: list[list[int]]
) -> None:
    audit(company, machine)
    whole = found(company)
    later = machine + timedelta(minutes=30)
    assert stages.survey(company.installation, later) == [list(range(BUCKETS))]
    counts = [stages.audit_share(company.installation, later, share) for share in reversed(shares)]
    summed = stages.audited(company.installation, later, counts)
    assert summed["accounts"] == len(ACCOUNTS)
    dealt = found(company)
    assert {one.as_of for one in dealt.values()} == {later}
    for number in ACCOUNTS:
        assert (dealt[number].verdict, dealt[number].signals) == (
            whole[number].verdict,
            whole[number].signals,
        )
        assert (dealt[number].changes, dealt[number].since) == (whole[number].changes, machine)


def test_a_share_that_fails_leaves_the_others_and_is_done_again_alone(
    company: Company, machine: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = stages.events.bucket_of(OFFERS)
    stages.survey(company.installation, machine)
    others = [b for b in range(BUCKETS) if b != bucket]
    stages.audit_share(company.installation, machine, others)
    assert OFFERS not in found(company)
    assert WORKSHOP in found(company)
    assert stages.audit_share(company.installation, machine, [bucket])["automated"] == 1
    assert set(found(company)) == set(ACCOUNTS)


def test_a_share_of_an_older_run_looks_at_all_accounts_again(company: Company, machine: datetime) -> None:
    stages.survey(company.installation, machine)
    stages.survey(company.installation, machine + timedelta(hours=1))
    surveys = [path.name for path in (company.data / "survey").iterdir()]
    assert len(surveys) == 1
    counts = stages.audit_share(company.installation, machine, range(BUCKETS))
    assert Counter(counts).total() == len(ACCOUNTS)


def test_before_the_first_reading_there_is_nothing_to_share_out(company: Company) -> None:
    assert stages.survey(company.installation, company.clock()) == []


def test_a_survey_names_nobody_that_was_written_to(company: Company, machine: datetime) -> None:
    stages.survey(company.installation, machine)
    for path in (company.data / "survey").rglob("*.parquet"):
        assert b"4917139" not in path.read_bytes()


@pytest.mark.parametrize(("accounts", "shares"), [(1, 1), (1000, 1), (1001, 2), (100_000, BUCKETS)])
def test_there_are_as_many_shares_as_the_accounts_are_worth(
    accounts: int, shares: int, company: Company
) -> None:
    settings, _ = company.installation.read_settings()
    many = settings.model_copy(update={"accounts": settings.accounts[:1] * accounts})
    dealt = auditing.shares(many)
    assert len(dealt) == shares
    assert sorted(bucket for share in dealt for bucket in share) == list(range(BUCKETS))


# Thresholds by kind


def policy(company: Company, tmp_path: Path, **thresholds: object) -> Path:
    file = tmp_path / "other.yaml"
    content = {"policy": {**company.files["policy.yaml"]["policy"], "thresholds": thresholds}}
    file.write_text(yaml.safe_dump(content))
    return file


def lay_many(company: Company) -> datetime:
    """Thirty people written to in an hour, by hand."""
    at = company.clock()
    minutes = [n // 4 * 6 + n % 4 * (0.2 + n % 3 / 10) for n in range(34)]
    company.lay(
        "many.csv",
        *[
            (OFFERS, f"+49171392{n:04}", at - timedelta(days=1) + timedelta(minutes=m), word(1000 + n))
            for n, m in enumerate(minutes)
        ],
    )
    stages.read(company.installation, at)
    return at


def test_a_kind_has_thresholds_of_its_own(company: Company) -> None:
    at = lay_many(company)
    assert audit(company, at).verdict is Verdict.BULK
    company.configure(thresholds={"personal": {"reach_hour": 40}})
    assert audit(company, at + timedelta(minutes=1)).measured is not Verdict.BULK
    company.configure(thresholds={"business_app": {"reach_hour": 40}})
    assert audit(company, at + timedelta(minutes=2)).measured is Verdict.BULK


def test_a_preview_says_which_verdicts_change_by_which_signal_and_writes_nothing(
    company: Company, tmp_path: Path
) -> None:
    at = lay_many(company)
    audit(company, at)
    settings, _ = company.installation.read_settings()
    other = configuration.with_policy(settings, policy(company, tmp_path, personal={"reach_hour": 40}))
    before = {path: path.stat().st_mtime_ns for path in company.data.rglob("*.*")}
    (altered,) = auditing.preview(company.installation, settings, other, at)
    assert (altered.account, altered.now) == (OFFERS, Verdict.BULK)
    assert altered.then is not Verdict.BULK
    ((now, then),) = altered.signals
    assert (now.name, now.threshold, then.threshold) == ("reach_hour", 30, 40)
    assert found(company)[OFFERS].verdict is Verdict.BULK
    assert {path: path.stat().st_mtime_ns for path in company.data.rglob("*.*")} == before


def test_a_preview_of_the_same_policy_alters_nothing(company: Company, tmp_path: Path) -> None:
    at = lay_many(company)
    settings, _ = company.installation.read_settings()
    same = configuration.with_policy(settings, policy(company, tmp_path))
    assert list(auditing.preview(company.installation, settings, same, at)) == []
