"""The doctor says what a file is read as, and why something is missing."""

from __future__ import annotations

import json

from tests.sources.formats import read

from sendepause.sources.base import ReadContext
from sendepause.sources.doctor import diagnosis

CHAT = (
    "Notizen davor\n"
    "30.05.23, 18:44 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.\n"
    "30.05.23, 18:45 - Werkstatt: Moin\n"
    "30.05.23, 18:46 - Ida: <Medien ausgeschlossen>\n"
    "02.06.23, 07:05 - Werkstatt: Fertig\n"
)


def explained(kind: str, data: str, **context: str) -> dict[str, list[str]]:
    given = ReadContext(**({"time_zone": "Europe/Berlin"} | context))
    found: dict[str, list[str]] = {}
    for line in diagnosis(kind, read(kind, data, **context), given):
        label, _, text = line.partition(":")
        found.setdefault(label, []).append(text.strip())
    return found


def test_a_chat_is_explained() -> None:
    found = explained("chat_export", CHAT, owner="Werkstatt")
    assert found["format"] == ["Android, day.month.year, 24 hours, minutes"]
    assert found["times"] == ["shown in Europe/Berlin, told to the minute"]
    assert found["messages"] == ["3, 1 of them with media; 1 lines of the app itself"]
    assert found["directions"] == ["2 sent by the account, 1 received"]
    assert found["first"] == ["2023-05-30 18:44:00 +0200"]
    assert found["last"] == ["2023-06-02 07:05:00 +0200"]
    assert found["author"] == ["Werkstatt: 2 (the account)", "Ida: 1"]
    assert "1 lines before the first message were left out." in found["note"]


def test_a_chat_whose_owner_is_unknown_says_how_to_mend_it() -> None:
    found = explained("chat_export", CHAT)
    assert found["directions"] == ["3 of unknown direction"]
    assert any("owner" in note for note in found["note"])


def test_webhooks_are_explained_with_categories_and_errors() -> None:
    status = {"id": "wamid.1", "status": "failed", "timestamp": "1575000000", "recipient_id": "491713920050",
              "errors": [{"code": 131047}], "pricing": {"category": "marketing"}}  # fmt: skip
    value = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "4930231251101"},
             "statuses": [status]}  # fmt: skip
    hook = {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}]}],
    }
    found = explained("cloud_api_webhook", json.dumps(hook))
    assert found["account"] == ["+4930231251101: 1"]
    assert (found["template"], found["category"], found["error"]) == (
        ["true: 1"],
        ["marketing: 1"],
        ["131047: 1"],
    )
    assert found["texts"] == ["not in the file for 1 messages"]
    assert "Platform" in found["evidence"][0]


def test_a_name_cannot_steer_the_terminal() -> None:
    found = explained("chat_export", CHAT.replace("Ida", "I\x1b[31mda"), owner="Werkstatt")
    assert found["author"][1] == "I\N{REPLACEMENT CHARACTER}[31mda: 1"


def test_many_authors_are_counted_and_the_most_frequent_named() -> None:
    lines = [f"30.05.23, 18:{n:02} - Gast {n}: Moin" for n in range(30)]
    authors = explained("chat_export", "\n".join(lines))["author"]
    assert len(authors) == 21
    assert authors[-1] == "and 10 more"
