"""What the operators' summary says in each situation, and that it fits into a message of Slack's whatever
stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.slack_rules import check_blocks

from sendepause.alerts import digest, digest_changes
from sendepause.alerts import phrases_digest as said
from sendepause.alerts.digest import Seen
from sendepause.alerts.facts import Fact
from sendepause.alerts.mrkdwn import length
from sendepause.model import (
    AccountState,
    Audience,
    Enforcement,
    EntryKind,
    Language,
    Stage,
    Verdict,
)
from sendepause.store.digests import Digest, Numbers, RuleNumbers
from sendepause.store.folds import Switches
from sendepause.store.ledger import GENESIS, Entry

BERLIN = "Europe/Berlin"
RULE = Enforcement(
    "whatsapp-2019",
    {"de": "WhatsApp greift durch", "en": "WhatsApp takes action"},
    date(2019, 12, 7),
    BERLIN,
    30,
    5,
    "faq.whatsapp.com",
)
MONDAY = date(2019, 12, 2)
EIGHT = datetime(2019, 12, 2, 7, tzinfo=UTC)  # in Berlin
LAST_HOURS = datetime(2019, 12, 6, 7, tzinfo=UTC)
IN_FORCE = datetime(2019, 12, 9, 7, tzinfo=UTC)
SHOP, OFFICE, WORKSHOP = (f"+49302312510{n}" for n in (1, 2, 3))
NAMES = {SHOP: "Shop", OFFICE: "Office", WORKSHOP: "Workshop"}
RUNS = "automated_on_personal"


def item(
    account: str | None,
    act: str,
    *reasons: str,
    phase: str = "pausing",
    passage: str | None = None,
    subject: str = "",
    rule: str = RULE.id,
    tells: Iterable[str] = (),
) -> dict[str, Any]:
    return {
        "enforcement": rule,
        "subject": subject or f"campaign:crm/{account}",
        "account": account,
        "act": act,
        "reasons": list(reasons),
        "phase": phase,
        "passage": passage,
        "tells": list(tells),
    }


CLEAR = item(SHOP, "none", "clear")
PAUSED = item(SHOP, "none", "not_running", tells=["paused:owner"])
DUE = item(SHOP, "pause", RUNS, "told_before", passage="announced")
BREACH = item(SHOP, "pause", RUNS, "date_passed", phase="in_force", passage="known")
MACHINE = item(OFFICE, "ask", "behaves_bulk", "sender_unknown")
NO_DATA = item(WORKSHOP, "ask", "no_source")
NOBODYS = item(None, "ask", "account_unknown", rule="")


def seen(*shown: dict[str, Any], at: datetime = EIGHT, **more: Any) -> Seen:
    """A moment in which all is well, but for what is given."""
    values = {
        "as_of": at,
        "today": at.date(),
        "rules": (RULE,),
        "numbers": numbers(*shown),
        "switches": Switches(acting=True),
        "names": NAMES,
        "enforced_at": at - timedelta(minutes=5),
        **more,
    }
    return Seen(shown=shown, **values)


def numbers(*shown: dict[str, Any], **more: Any) -> Numbers:
    found = {
        "rules": {RULE.id: digest.count(shown, RULE.id)},
        "unknown_senders": digest.unknown_senders(shown),
        **more,
    }
    return Numbers(**found)


def lines(told: Seen, language: Language = Language.EN) -> list[str]:
    """The summary's text, which is what its blocks say, without marks."""
    text, blocks = digest.compose(language, BERLIN, told)
    check_blocks(blocks)
    assert len(blocks) < 50, "there is room for the picture"
    return text.splitlines()


def before(*shown: dict[str, Any], day: date = MONDAY - timedelta(days=1), **more: Any) -> Digest:
    return Digest(day, EIGHT - timedelta(days=1), numbers(*shown, **more), posted=True)


def entry(
    kind: EntryKind, subject: str = "campaign:crm/1", rule: str = RULE.id, seq: int = 7, **facts: Any
) -> Entry:
    return Entry(seq, EIGHT, EIGHT, "anna", kind, subject, rule, facts, None, GENESIS, GENESIS)


class TestWhatIsAtRisk:
    def test_where_all_is_well_that_is_said(self) -> None:
        assert "Nothing is at risk at present." in lines(seen(CLEAR))

    def test_accounts_are_named_before_all_numbers(self) -> None:
        told = lines(seen(DUE))
        risk = told.index("• The pause is owed on one account: Shop (+49 30 23125101).")
        assert told[risk - 1] == "At risk"
        assert risk < told.index("Numbers")

    def test_a_breach_comes_first(self) -> None:
        owed = item(OFFICE, "pause", "choke_point", phase="in_force", passage="known")
        told = lines(seen(owed, BREACH, at=IN_FORCE))
        assert told.index("• A breach is possible on one account: Shop (+49 30 23125101).") + 1 == told.index(
            "• The pause is owed on one account: Office (+49 30 23125102)."
        )

    @pytest.mark.parametrize(
        ("at", "machine", "no_data"),
        [
            (EIGHT, False, None),
            (
                LAST_HOURS,
                True,
                "• There are no data on one account; whether anything is sent automatically there is open:"
                " Workshop (+49 30 23125103).",
            ),
        ],
    )
    def test_what_only_people_or_data_can_settle_is_at_risk_in_the_last_hours(
        self, at: datetime, machine: bool, no_data: str | None
    ) -> None:
        told = lines(seen(MACHINE, NO_DATA, at=at))
        assert ("• One account needs a person: Office (+49 30 23125102)." in told) == machine
        assert [line for line in told if "no data on" in line] == ([no_data] if no_data else [])

    def test_in_force_missing_data_cannot_rule_a_breach_out(self) -> None:
        late = {**NO_DATA, "phase": "in_force", "reasons": ["no_source", "breach_suspected"]}
        told = lines(seen(late, at=IN_FORCE), Language.DE)
        assert (
            "• Keine Daten gibt es zu einem Konto; ein Verstoß ist dort nicht auszuschließen: Workshop"
            " (+49 30 23125103)." in told
        )

    def test_a_machine_after_a_pause_is_at_risk_at_any_time_and_told_once(self) -> None:
        heard = item(SHOP, "ask", "not_running", "still_sending", tells=["paused:owner"])
        for at in (EIGHT, LAST_HOURS):
            told = [line for line in lines(seen(heard, at=at)) if "Shop" in line]
            assert told == [
                "• Automated sending in spite of the pause on one account: Shop (+49 30 23125101)."
            ]

    def test_of_many_accounts_some_are_named_and_all_are_counted(self) -> None:
        many = [item(f"+4930231251{n:02}", "pause", RUNS) for n in range(40)]
        (told,) = [line for line in lines(seen(*many)) if "owed on" in line]
        assert told.startswith("• The pause is owed on 40 accounts: +49 30 23125100, ")
        assert told.endswith("+49 30 23125107 and 32 more.")

    def test_a_loop_that_stands_still_is_said_first(self) -> None:
        still = seen(DUE, enforced_at=EIGHT - timedelta(minutes=31))
        told = lines(still)
        assert told[told.index("At risk") + 1] == (
            "• The last run ended on Monday, 2 December 2019, 07:29. Since then nothing is looked at and"
            " nothing is paused."
        )
        assert not [line for line in lines(seen(DUE)) if "last run" in line]
        assert [line for line in lines(seen(DUE, enforced_at=None)) if "No run has come to its end" in line]

    def test_systems_out_of_reach_and_channels_that_refuse_are_named(self) -> None:
        refused = Fact(
            "", "channel:C0NORTH", Stage.UNDELIVERABLE, Audience.OPERATORS, {"error": "is_archived"}
        )
        told = lines(seen(CLEAR, ill=["source:phones", "system:crm"], undeliverable=[refused]), Language.DE)
        assert "• Gestört: Datenquelle phones und Kampagnensystem crm." in told
        assert "• Mitteilungen kommen nicht an: Slack-Kanal C0NORTH (is_archived)." in told
        assert not [line for line in told if "erreichbar" in line]

    @pytest.mark.parametrize(
        ("at", "expected"), [(EIGHT, True), (datetime(2019, 11, 20, 7, tzinfo=UTC), False)]
    )
    def test_campaigns_without_a_known_account_count_once_pausing_has_begun(
        self, at: datetime, expected: bool
    ) -> None:
        told = lines(seen(CLEAR, NOBODYS, at=at))
        risk = "• The account of one campaign that may be running is not known; so it is not paused." in told
        assert risk is expected
        assert "Gaps: one campaign without a known account" in told

    @pytest.mark.parametrize(
        ("switches", "expected"),
        [
            (Switches(acting=True, halted=True), "The halt is on: no campaign is paused."),
            (Switches(), "Rehearsal: acting is off, no campaign is paused."),
        ],
    )
    def test_that_nothing_is_paused_is_said_before_all_else(self, switches: Switches, expected: str) -> None:
        told = lines(seen(DUE, switches=switches))
        assert told.index(expected) < told.index("At risk")
        assert expected not in lines(seen(DUE))


class TestNumbers:
    def test_second_proofs_are_counted_once_a_campaign(self) -> None:
        told = lines(
            seen(
                item(SHOP, "none", "not_running", "silence_confirmed", subject="campaign:crm/1"),
                item(SHOP, "none", "not_running", "silence_confirmed", subject="campaign:crm/1"),
                item(SHOP, "ask", "not_running", "silence_open", "still_under_way"),
                item(OFFICE, "ask", "not_running", "still_sending"),
            )
        )
        assert "Silence after pauses: confirmed 1, open 1, broken 1" in told
        assert "Campaigns of which something is still under way after the pause: 1" in told
        assert "Open questions to owners and operators: 2" in told

    def test_what_is_nought_is_not_said(self) -> None:
        told = lines(seen(CLEAR))
        assert not [line for line in told if "Silence" in line or "under way" in line or "run again" in line]
        assert not [line for line in told if line.startswith(("Gaps", "Requested", "Messages", "Ledger"))]

    def test_resumes_that_wait_are_no_pauses_that_wait(self) -> None:
        told = lines(
            seen(
                item(SHOP, "pause", RUNS, passage="waits_many"),
                item(OFFICE, "pause", RUNS, passage="announced"),
                item(SHOP, "resume", "moved", passage="waits_resume"),
                item(OFFICE, "resume", "moved", passage="approved"),
            )
        )
        assert "Pauses that are still owed: 2" in told
        assert "Of these, waiting for approval: 1" in told
        assert "Campaigns that may run again on approval: 1" in told

    def test_accounts_are_told_by_their_states_the_most_pressing_first(self) -> None:
        told = lines(seen(CLEAR, MACHINE, NO_DATA), Language.DE)
        assert "Konten: von Hand zu klären 1, keine Daten 1, nichts zu tun 1" in told
        assert "Konten: keine" in lines(seen(), Language.DE)

    def test_all_other_numbers_have_their_line(self) -> None:
        counts = numbers(
            CLEAR,
            verdicts={Verdict.BULK: 2, Verdict.CLEAR: 1200},
            alerts_owed=4,
            alerts_sent=120,
            alerts_refused=1,
            unanswered=3,
            holds_asked=2,
            without_source=5,
            broken_files=1,
            ledger=1,
            ledger_hash="f" * 64,
        )
        assert lines(seen(CLEAR, numbers=counts), Language.DE)[-8:] == [
            "Befunde: unauffällig (1.200) und Massenversand (2)",
            "Mitteilungen: 4 offen, 120 gesendet, 1 nicht zustellbar",
            "Mitteilungen ohne Antwort: 3",
            "Anträge auf Aufschub, über die niemand entschieden hat: 2",
            "Lücken: 5 Konten ohne Datenquelle, eine Datei, die nicht zu lesen ist",
            "Alle Datenquellen und Kampagnensysteme sind erreichbar.",
            f"Protokoll: ein Eintrag, Prüfsumme des letzten {'f' * 64}",
            "Einzelheiten zeigen die Übersicht in Airflow und sendepause plan.",
        ]


class TestWhatChanged:
    def test_the_first_summary_says_that_it_is_the_first(self) -> None:
        assert (
            "Dies ist die erste Zusammenfassung; ab der nächsten steht hier, was sich geändert hat."
            in lines(seen(CLEAR), Language.DE)
        )

    def test_where_nothing_happened_exactly_that_is_said(self) -> None:
        assert (
            "Seit gestern ist nichts geschehen, und die Konten stehen in den gleichen Zahlen wie zuvor."
            in lines(seen(CLEAR, before=before(CLEAR)), Language.DE)
        )

    def test_numbers_that_moved_by_themselves_are_no_deed(self) -> None:
        told = lines(seen(CLEAR, before=before({**NO_DATA, "account": SHOP})))
        assert (
            "Nothing has happened since yesterday; only the numbers followed by + or − are different." in told
        )
        assert "Accounts: no data 0 (−1), nothing to do 1 (+1)" in told

    @pytest.mark.parametrize(
        ("day", "german", "english"),
        [
            (date(2019, 12, 1), "gestern", "yesterday"),
            (date(2019, 11, 30), "Samstag", "Saturday"),
            (date(2019, 11, 26), "Dienstag", "Tuesday"),
            (date(2019, 11, 25), "Montag, 25. November 2019", "Monday, 25 November 2019"),
        ],
    )
    def test_since_when_is_said_as_people_say_it(self, day: date, german: str, english: str) -> None:
        assert digest_changes.since(day, MONDAY, Language.DE) == german
        assert digest_changes.since(day, MONDAY, Language.EN) == english

    def test_a_week_is_told_in_one_sentence_the_most_pressing_first(self) -> None:
        week = [
            *(entry(EntryKind.PAUSED, f"campaign:crm/{n}") for n in range(3)),
            entry(EntryKind.UNDONE, "campaign:crm/1"),
            entry(EntryKind.BREACH, "campaign:crm/1"),
            entry(EntryKind.HOLD_ASKED, "campaign:crm/2", rule=""),
            entry(EntryKind.ANSWERED, "delivery:a", rule="", answer="read"),
            entry(EntryKind.ANSWERED, "delivery:b", rule="", answer="read"),
            entry(EntryKind.ANSWERED, "delivery:b", rule="", answer="moved"),
            entry(EntryKind.ANNOUNCED, "delivery:a", rule="", items=["x", "y"]),
            entry(EntryKind.ACT, "", rule="", on=True),
        ]
        told = seen(PAUSED, before=before(CLEAR, day=date(2019, 11, 25)), entries=week)
        assert (
            "Seit Montag, 25. November 2019: das Pausieren eingeschaltet, ein Verstoß festgestellt, eine"
            " Kampagne wieder eingeschaltet, 3 Kampagnen pausiert, 2 Pausen angekündigt, ein Aufschub"
            " beantragt und 3 Antworten von Zuständigen (2-mal gelesen, 1-mal umgestellt)."
            in lines(told, Language.DE)
        )

    def test_one_campaign_under_two_rules_is_one_and_a_second_time_too(self) -> None:
        twice = [
            entry(EntryKind.PAUSED),
            entry(EntryKind.PAUSED, rule="another"),
            entry(EntryKind.UNDONE),
            entry(EntryKind.PAUSED),
        ]
        assert digest_changes.happened(twice, Language.EN) == [
            "one campaign switched on again",
            "one campaign paused",
        ]

    @pytest.mark.parametrize(
        ("kind", "facts", "expected"),
        [
            (EntryKind.CONFIRMED, {"off": True}, ["switching off confirmed for one campaign"]),
            (EntryKind.CONFIRMED, {"off": False}, ["one confirmation taken back"]),
            (EntryKind.DRILL, {"step": "done"}, ["one drill made"]),
            (EntryKind.DRILL, {"step": "pausing"}, []),
            (EntryKind.HALT, {"on": True}, ["the halt set"]),
            (EntryKind.HALT, {"on": False}, ["the halt lifted"]),
            (EntryKind.ANSWERED, {"answer": "of a later version"}, []),
        ],
    )
    def test_some_kinds_are_told_by_their_facts(
        self, kind: EntryKind, facts: Mapping[str, Any], expected: list[str]
    ) -> None:
        assert digest_changes.happened([entry(kind, **facts)], Language.EN) == expected

    def test_every_kind_of_entry_is_told_or_is_a_step_of_one_that_is(self) -> None:
        told = {*said.EVENTS, *(kind for kind, _ in said.SWITCHED), EntryKind.ANSWERED}
        assert told | digest_changes.UNTOLD == set(EntryKind)
        assert not told & digest_changes.UNTOLD
        for kind in said.EVENTS:
            (part,) = digest_changes.happened([entry(kind, off=True, step="done", items=["x"])], Language.DE)
            assert "{" not in part


class TestRules:
    LATER = replace(RULE, id="later", title={"en": "A later rule"}, date=date(2020, 2, 1))

    def test_the_countdown_is_told_and_when_pausing_begins(self) -> None:
        warned = lines(seen(CLEAR, at=datetime(2019, 12, 1, 7, tzinfo=UTC)), Language.DE)
        assert warned[1] == (
            "WhatsApp greift durch: noch 5 Tage und 16 Stunden, bis Samstag, 7. Dezember 2019, 0 Uhr;"
            " pausiert wird ab Montag, 2. Dezember 2019, 0 Uhr"
        )
        assert lines(seen(CLEAR))[1].endswith(
            "4 days and 16 hours left, until Saturday, 7 December 2019, 00:00"
        )
        assert lines(seen(BREACH, at=IN_FORCE))[1].endswith("in force since Saturday, 7 December 2019, 00:00")

    def test_several_rules_are_told_by_their_names_the_most_pressing_first(self) -> None:
        later = {**DUE, "enforcement": "later"}
        counts = Numbers({RULE.id: digest.count([CLEAR], RULE.id), "later": digest.count([later], "later")})
        told = lines(seen(CLEAR, later, rules=(RULE, self.LATER), numbers=counts))
        assert told[1].startswith("A later rule: ")
        risk = told.index("• The pause is owed on one account: Shop (+49 30 23125101).")
        assert told[risk - 2 : risk] == ["At risk", "A later rule"]
        assert told.index("Numbers: A later rule") < told.index("Numbers: WhatsApp takes action")
        assert told[-1].startswith("The picture belongs to: WhatsApp takes action.")

    def test_the_picture_shows_the_next_date_and_after_all_of_them_the_last(self) -> None:
        rules = (RULE, self.LATER)
        assert digest.drawn(rules, EIGHT) is RULE
        assert digest.drawn(rules, IN_FORCE) is self.LATER
        assert digest.drawn(rules, datetime(2026, 11, 1, tzinfo=UTC)) is self.LATER

    def test_of_a_full_calendar_some_are_told_and_the_rest_is_counted(self) -> None:
        rules = [replace(RULE, id=f"rule-{n}", title={"en": f"Rule {n}"}) for n in range(6)]
        told = lines(seen(CLEAR, rules=rules))
        assert "The board in Airflow shows 3 more rules." in told
        assert len([line for line in told if line.startswith("Numbers:")]) == 3

    def test_without_any_rule_it_still_says_how_it_stands(self) -> None:
        told = lines(seen(rules=(), numbers=Numbers()))
        assert "Nothing is at risk at present." in told


def test_german_and_english_say_the_same() -> None:
    told = seen(DUE, MACHINE, NO_DATA, NOBODYS, before=before(CLEAR), at=LAST_HOURS, ill=["system:crm"])
    assert len(lines(told, Language.DE)) == len(lines(told, Language.EN)) > 15


def test_what_comes_from_outside_marks_and_calls_nothing() -> None:
    names = {SHOP: "<!channel> *Shop* <https://example.org|here>"}
    rule = replace(RULE, title={"en": "`rule` & <@U0ANNA>"})
    _, blocks = digest.compose(
        Language.EN, BERLIN, seen(DUE, names=names, rules=(rule,), ill=["system:<!here>"])
    )
    text = "\n".join(block["text"]["text"] for block in blocks[1:-1])
    assert not [mark for mark in ("<!", "<@", "<http", "*Shop*", "`rule`") if mark in text]
    assert all(block["text"]["verbatim"] for block in blocks[1:-1])


HOSTILE = st.text(st.sampled_from("&<>*_~`|@\U0001f4e3 \n\u202eaeiou漢"), max_size=400)
COUNT = st.integers(0, 1_000_000)
COUNTS = st.builds(RuleNumbers, st.fixed_dictionaries(dict.fromkeys(AccountState, COUNT)), *[COUNT] * 8)
DATES = st.sampled_from([date(2019, 11, 1), date(2019, 12, 3), date(2019, 12, 7), date(2022, 1, 1)])
CASES = [
    ("pause", RUNS, "in_force"),
    ("pause", "choke_point", "in_force"),
    ("ask", "sender_unknown", "pausing"),
    ("ask", "no_source", "in_force"),
    ("ask", "still_sending", "pausing"),
]


def everything(times: int) -> list[Entry]:
    """Entries of all kinds, with all that any of them says."""
    facts = {"on": True, "step": "done", "items": ["x"], "answer": "read"}
    return [
        entry(kind, f"campaign:crm/{seq}", seq=seq, off=seq % 2 == 0, **facts)
        for seq, kind in enumerate(list(EntryKind) * times)
    ]


@st.composite
def moments(draw: st.DrawFn) -> Seen:
    """Anything that may stand in a store, mostly a lot of it."""
    titles = [{"en": draw(HOSTILE), "de": draw(HOSTILE)} for _ in range(draw(st.integers(0, 5)))]
    rules = [replace(RULE, id=f"rule-{n}", title=title, date=draw(DATES)) for n, title in enumerate(titles)]
    shown = [
        item(f"+4930231{n:05}", act, reason, phase=phase, rule=rule.id)
        for n in range(draw(st.sampled_from([0, 3, 60])))
        for rule in rules
        for act, reason, phase in [CASES[n % len(CASES)]]
    ]
    now, last = ({rule.id: draw(COUNTS) for rule in rules} for _ in range(2))
    name, at = draw(HOSTILE), draw(st.sampled_from([EIGHT, LAST_HOURS, IN_FORCE]))
    return Seen(
        as_of=at,
        today=at.date(),
        rules=rules,
        shown=shown,
        numbers=Numbers(now, dict.fromkeys(Verdict, draw(COUNT)), *[draw(COUNT)] * 10, "f" * 64),
        switches=Switches(halted=draw(st.booleans())),
        names={one["account"]: name for one in shown},
        before=draw(st.sampled_from([None, Digest(date(2019, 11, 20), EIGHT, Numbers(last), posted=True)])),
        entries=everything(draw(st.integers(0, 2))),
        ill=[f"system:{draw(HOSTILE)}" for _ in range(draw(st.integers(0, 9)))],
        undeliverable=[
            Fact("", f"channel:{draw(HOSTILE)}", Stage.UNDELIVERABLE, Audience.OPERATORS, {"error": name})
            for _ in range(draw(st.integers(0, 9)))
        ],
        enforced_at=draw(st.sampled_from([None, EIGHT - timedelta(days=30)])),
    )


def fits(told: Seen, language: Language) -> None:
    text, blocks = digest.compose(language, BERLIN, told)
    check_blocks(blocks)
    assert len(blocks) < 50
    assert length(text) <= 4000
    assert sum(length(one["text"]["text"]) for one in blocks[:-1]) < 11_000, "the picture's words need room"


@given(moments(), st.sampled_from(Language))
@settings(max_examples=100, deadline=None)
def test_slack_takes_it_whatever_stands_in_it(told: Seen, language: Language) -> None:
    fits(told, language)


@pytest.mark.parametrize("language", Language)
def test_slack_takes_it_when_everything_is_long_and_everything_is_at_risk(language: Language) -> None:
    long, many = "&<>" * 150, 10_000_000
    rules = [replace(RULE, id=f"rule-{n}", title={"en": long, "de": long}) for n in range(5)]
    worst = [
        item(f"+4930231{n:05}", act, reason, phase=phase, rule=rule.id)
        for n in range(200)
        for rule in rules
        for act, reason, phase in [CASES[n % len(CASES)]]
    ]
    now = RuleNumbers(dict.fromkeys(AccountState, many), *[many] * 8)
    last = RuleNumbers(dict.fromkeys(AccountState, 1))
    told = Seen(
        as_of=IN_FORCE,
        today=IN_FORCE.date(),
        rules=rules,
        shown=worst,
        numbers=Numbers(
            {rule.id: now for rule in rules}, dict.fromkeys(Verdict, many), *[many] * 10, "f" * 64
        ),
        switches=Switches(),
        names={one["account"]: long for one in worst},
        before=Digest(date(2019, 11, 20), EIGHT, Numbers({rule.id: last for rule in rules}), posted=True),
        entries=everything(2),
        ill=[f"system:{long}"] * 20,
        undeliverable=[Fact("", f"channel:{long}", Stage.UNDELIVERABLE, Audience.OPERATORS, {"error": long})]
        * 20,
        enforced_at=EIGHT - timedelta(days=20),
    )
    fits(told, language)
