"""What is saved is read back, saving again changes nothing, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sendepause.model import (
    AccountBy,
    Campaign,
    CampaignState,
    Change,
    Evidence,
    Finding,
    Held,
    NoData,
    Signal,
    Verdict,
)
from sendepause.store import findings, queries
from sendepause.store.queries import Configuration, FileState, Health, Heartbeat, Reach, ShownPlan
from sendepause.store.tables import FindingRow, PlanRow

NOON = datetime(2019, 12, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
NUMBER = "+493023125101"
RATE = Signal("rate", 41.5, 30.0, "messages/min", "a source", True)
SAME = Signal("same_text", None, 0.8, "share", "a source", False)
FINDING = Finding(NUMBER, NOON, 28, Verdict.AUTOMATED, (RATE, SAME), 1200, 21, None, NOON)
CAMPAIGN = Campaign("n8n", "17", "Advent", NUMBER, CampaignState.RUNNING, AccountBy.MARK, "mia", NOON, "v7")
FILE = FileState("chats", "a/1.txt", "f" * 64, 2**40, NOON, "etag", messages=7, notes=("two dates fit",))


def test_findings_are_read_back_whole_and_saving_again_replaces(session: Session) -> None:
    silent = Finding("+493023125102", NOON, 28, Verdict.NO_DATA, no_data=NoData.SILENT)
    queries.save_findings(session, [FINDING, silent])
    queries.save_findings(session, [replace(FINDING, messages=1201)])
    assert queries.latest_findings(session) == {
        NUMBER: replace(FINDING, messages=1201),
        silent.account: silent,
    }
    assert session.scalar(select(func.count()).select_from(FindingRow)) == 2


def test_the_newest_finding_not_after_the_moment_counts(session: Session) -> None:
    newer = replace(FINDING, as_of=LATER, verdict=Verdict.CLEAR)
    queries.save_findings(session, [newer, FINDING])
    assert queries.latest_findings(session) == {NUMBER: newer}
    assert queries.latest_findings(session, as_of=LATER - timedelta(microseconds=1)) == {NUMBER: FINDING}
    assert queries.latest_findings(session, as_of=NOON - timedelta(seconds=1)) == {}


def test_findings_of_some_accounts_alone(session: Session) -> None:
    other = replace(FINDING, account="+493023125102")
    queries.save_findings(session, [FINDING, other])
    assert queries.latest_findings(session, accounts=[NUMBER]) == {NUMBER: FINDING}
    assert queries.latest_findings(session, accounts=[]) == {}


def test_what_a_verdict_is_held_by_is_read_back_whole(session: Session) -> None:
    change = Change("people", date(2019, 12, 1), 47, 9, True, peers=11, peers_now=12.5)
    held = Held(FINDING, date(2019, 12, 2), replace(FINDING, as_of=LATER, verdict=Verdict.WATCH))
    finding = replace(
        FINDING,
        as_of=LATER,
        confidence=0.93,
        measured=Verdict.CLEAR,
        since=NOON,
        recent=replace(FINDING, window_days=1, no_data=NoData.TOO_FEW),
        changes=(change,),
        held=held,
    )
    queries.save_findings(session, [finding])
    assert queries.latest_findings(session) == {NUMBER: finding}


def test_a_run_goes_on_from_what_was_found_before_it_also_when_it_runs_again(session: Session) -> None:
    queries.save_findings(session, [FINDING, replace(FINDING, as_of=LATER)])
    assert findings.former_findings(session, LATER) == {NUMBER: FINDING}
    assert findings.former_findings(session, LATER, [NUMBER]) == {NUMBER: FINDING}
    assert findings.former_findings(session, NOON) == {}


def test_the_verdict_before_is_the_last_one_that_was_another(session: Session) -> None:
    def at(hours: int, verdict: Verdict) -> Finding:
        return replace(FINDING, as_of=NOON + timedelta(hours=hours), verdict=verdict)

    clear = at(1, Verdict.CLEAR)
    newest = at(3, Verdict.WATCH)
    queries.save_findings(session, [at(0, Verdict.BULK), clear, at(2, Verdict.WATCH), newest])
    assert findings.last_other(session, newest) == clear
    assert findings.last_other(session, at(0, Verdict.BULK)) is None


def test_nothing_to_save_is_fine(session: Session) -> None:
    queries.save_findings(session, [])
    queries.save_campaigns(session, "n8n", [], NOON)
    assert queries.campaigns(session) == []


def test_a_campaign_that_is_no_longer_listed_is_gone_and_may_come_back(session: Session) -> None:
    other = replace(CAMPAIGN, id="18", account=None, account_by=AccountBy.UNKNOWN, changed_at=None)
    elsewhere = replace(CAMPAIGN, system="table")
    queries.save_campaigns(session, "n8n", [CAMPAIGN, other], NOON)
    queries.save_campaigns(session, "table", [elsewhere], NOON)
    paused = replace(CAMPAIGN, state=CampaignState.PAUSED)
    queries.save_campaigns(session, "n8n", [paused], NOON)
    assert queries.campaigns(session) == [paused, elsewhere]
    assert queries.campaigns(session, include_gone=True) == [paused, other, elsewhere]
    queries.save_campaigns(session, "n8n", [paused, other], LATER)
    assert queries.campaigns(session) == [paused, other, elsewhere]


def test_since_moves_only_when_health_changes(session: Session) -> None:
    moments = [NOON + timedelta(hours=number) for number in range(4)]
    queries.set_health(session, "system:n8n", True, moments[0])
    queries.set_health(session, "system:n8n", True, moments[1])
    assert queries.health(session) == {"system:n8n": Health(True, moments[0], moments[1], "")}
    queries.set_health(session, "system:n8n", False, moments[2], "it did not answer")
    queries.set_health(session, "system:n8n", False, moments[3], "it still does not answer")
    ill = Health(False, moments[2], moments[3], "it still does not answer")
    assert queries.health(session) == {"system:n8n": ill}


def test_each_stage_has_one_heartbeat(session: Session) -> None:
    queries.beat(session, "audit", NOON, NOON, {"accounts": 3})
    queries.beat(session, "audit", LATER, LATER, {"accounts": 4})
    assert queries.heartbeats(session) == {"audit": Heartbeat(LATER, LATER, {"accounts": 4})}


def test_a_file_is_noted_as_it_was_last_met(session: Session) -> None:
    broken = replace(FILE, path="a/2.txt", broken=True, reason="no dates", place="line 1", notes=())
    for file in (FILE, broken, replace(FILE, source="other")):
        queries.note_file(session, file)
    assert queries.file_state(session, "chats") == {"a/1.txt": FILE, "a/2.txt": broken}
    assert queries.broken_files(session) == [broken]
    queries.note_file(session, replace(broken, broken=False, reason=None, place=None))
    assert queries.broken_files(session) == []


def test_reach_moves_only_forward_and_keeps_its_evidence(session: Session) -> None:
    queries.note_reach(session, "chats", NUMBER, LATER, Evidence.CONSUMER)
    queries.note_reach(session, "chats", NUMBER, NOON)
    assert queries.reaches(session) == [Reach("chats", NUMBER, LATER, Evidence.CONSUMER)]
    queries.note_reach(session, "chats", NUMBER, LATER + timedelta(microseconds=1), Evidence.PLATFORM)
    [reach] = queries.reaches(session)
    assert reach.read_until == LATER + timedelta(microseconds=1)
    assert reach.evidence is Evidence.PLATFORM


def test_the_last_plan_and_the_last_accepted_one(session: Session) -> None:
    assert queries.latest_plan(session) is None
    calm = ShownPlan("a" * 64, NOON, NOON, ({"act": "pause"},), True)
    surprising = ShownPlan("b" * 64, LATER, LATER, ({"act": "pause"}, {"act": "ask"}), False)
    for plan in (calm, surprising, surprising):
        queries.save_plan(
            session,
            plan.items,
            hash=plan.hash,
            as_of=plan.as_of,
            shown_at=plan.shown_at,
            accepted=plan.accepted,
        )
    assert queries.latest_plan(session) == surprising
    assert queries.latest_plan(session, accepted_only=True) == calm
    assert session.scalar(select(func.count()).select_from(PlanRow)) == 2


def test_the_last_valid_configuration_is_the_one_that_came_into_force_last(session: Session) -> None:
    assert queries.latest_configuration(session) is None
    first, second = {"policy.yaml": {"fresh_days": 7}}, {"policy.yaml": {"fresh_days": 3}}
    queries.keep_configuration(session, "a" * 64, first, NOON)
    queries.keep_configuration(session, "b" * 64, second, LATER)
    assert queries.latest_configuration(session) == Configuration("b" * 64, LATER, second)
    back = LATER + timedelta(days=1)
    queries.keep_configuration(session, "a" * 64, first, back)
    assert queries.latest_configuration(session) == Configuration("a" * 64, back, first)


def test_notes_are_kept_and_replaced(session: Session) -> None:
    assert queries.note(session, "key_fingerprint") is None
    queries.set_note(session, "key_fingerprint", "1f")
    queries.set_note(session, "key_fingerprint", "2e")
    assert queries.note(session, "key_fingerprint") == "2e"


def test_a_plan_that_stays_the_same_is_kept_once_with_its_newest_moment(session: Session) -> None:
    item = {"subject": "campaign:crm/1", "act": "pause", "item": "a"}
    for hours in range(3):
        at = NOON + timedelta(hours=hours)
        queries.save_plan(session, [item], hash="a", as_of=at, shown_at=at, accepted=True)
    assert session.scalar(select(func.count()).select_from(PlanRow)) == 1
    latest = queries.latest_plan(session)
    assert latest is not None
    assert latest.as_of == NOON + timedelta(hours=2)
