"""What is known of an alert in these tests, and how its message is looked at."""

from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st

from sendepause.alerts.texts import AlertFacts, Message, compose
from sendepause.model import Audience, Form, Kind, Language, NoData, Reason, Stage, Verdict

AT = datetime(2019, 12, 4, 9, tzinfo=UTC)


BERLIN = "Europe/Berlin"


FULL = AlertFacts(
    subject="campaign:n8n/7",
    account_number="+493023125101",
    account_name="Filiale Mitte",
    kind=Kind.PERSONAL,
    campaign_name="weihnachts_mailing",
    system="n8n-nord",
    reasons=[Reason.AUTOMATED_ON_PERSONAL, Reason.TOLD_BEFORE],
    enforcement_title={"de": "WhatsApp: kein Massenversand", "en": "WhatsApp: no bulk messaging"},
    date="2019-12-07",
    date_zone=BERLIN,
    changed_by="m.beispiel",
    changed_at="2019-12-01T10:00:00+00:00",
    verdict=Verdict.AUTOMATED,
    sentence={
        "de": "48 Empfänger in einer Stunde, Schwelle 30",
        "en": "48 recipients in an hour, threshold 30",
    },
    hold_until="2019-12-05T11:00:00+00:00",
    no_data=NoData.SOURCE_ILL,
    detail={"de": "Knoten Versand", "en": "node Send"},
    items=12345,
    error="HTTP 503",
    owner_name="Tobias Lenzen, Filiale Köln",
    link="https://airflow.example/dags/sendepause_approve?tab=required_actions&mapped=0",
)


PAUSED_ON_MONDAY: AlertFacts = {
    "kind": Kind.PERSONAL,
    "campaign_name": "x",
    "date": "2019-12-07",
    "date_zone": BERLIN,
    "pause_from": "2019-12-02T00:00:00+01:00",
}
BY_HAND: AlertFacts = {"kind": Kind.PERSONAL, "verdict": Verdict.WATCH}


PLATFORM = "Umzug auf die WhatsApp-Business-Plattform"


APP = "Umzug in die WhatsApp-Business-App"

words = st.text(max_size=60) | st.sampled_from(
    [
        "<!channel>",
        "@here",
        "<https://x.example|ok>",
        "*fett*",
        "`x`",
        "a&b",
        "_x_",
        "\n\n*x*",
        "\u202egnp.exe",
    ]
)


long = st.text(alphabet="&<>*_~`x\U0001f600\n", max_size=1200)


texts = words | long


facts = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("subject", "account_name", "campaign_name", "system", "error", "changed_by"), texts),
        **dict.fromkeys(("account_number", "kind", "verdict", "no_data"), texts),
        **dict.fromkeys(("date", "date_zone", "changed_at", "hold_until"), texts),
        "reasons": st.lists(texts | st.sampled_from(list(Reason)), max_size=40),
        "enforcement_title": st.dictionaries(st.sampled_from(["de", "en", "fr"]), texts, max_size=3),
        "sentence": st.dictionaries(st.sampled_from(["de", "en"]), texts, max_size=2),
        "detail": texts | st.dictionaries(st.sampled_from(["de", "en"]), texts, max_size=2),
        "items": st.integers(0, 10**9),
        "left": st.integers(0, 10**9),
        "by_hand": st.booleans(),
        "owner_name": texts,
        "link": texts | st.just("https://x.example/a|b>c"),
        "pause_from": texts | st.just("2019-12-02T00:00:00+01:00"),
        **dict.fromkeys(("also", "senders"), st.lists(texts, max_size=8)),
    },
)


everyone = pytest.mark.parametrize("audience", Audience)


both = pytest.mark.parametrize("language", Language)


all_stages = pytest.mark.parametrize("stage", Stage)


TOLD = (Form.NOTICE, Form.CONTINUED, Form.REMINDER, Form.LAST_REMINDER, Form.UNANSWERED)


all_forms = pytest.mark.parametrize("form", TOLD)


yes_or_no = pytest.mark.parametrize("buttons", [True, False])


def one(stage, language, known: AlertFacts, zone=BERLIN, audience=Audience.OWNER, at=AT, **more) -> Message:
    (message,) = compose(stage, audience, language, zone, [known], at, **more)
    return message


def lines(stage, known: AlertFacts, at=AT, language=Language.DE, audience=Audience.OWNER) -> list[str]:
    (message,) = compose(stage, audience, language, BERLIN, [known], at)
    return message.text.splitlines()


def characters(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def shown(message: Message) -> str:
    """All that the blocks show."""
    return shown_in(message.blocks)


def shown_in(blocks) -> str:
    return "\n".join(text["text"] for block in blocks for text in block.get("elements", [block.get("text")]))
