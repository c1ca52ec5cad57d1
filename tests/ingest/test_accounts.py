"""Whose messages they are, how far the data reach, and what is left out is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.ingest.conftest import (
    ANNA,
    AS_OF,
    BERLIN,
    EMIL,
    EXPORTS,
    LISBON,
    STRANGER,
    TABLES,
    WEBHOOKS,
    House,
    account,
    anna,
    company,
    incoming,
    own,
    status,
)

from sendepause.model import Evidence

SENT = datetime(2019, 11, 2, 11, 30, tzinfo=UTC)
CHAT = "WhatsApp Chat mit Anna Beispiel.txt"
GROUP = (
    anna("02.11.19, 12:30", "Ja?"),
    own("02.11.19, 12:31", "Hallo"),
    ("02.11.19, 12:32", "Emil Muster", "Moin"),
)
HEADER = "Datum;Uhrzeit;Von;An;Richtung;Nachricht\n"


def test_a_folder_that_names_no_account_is_noted_with_the_mend(house: House) -> None:
    house.export(f"exports/{STRANGER}/{CHAT}", own("02.11.19, 12:31", "Hallo"))
    house.export(f"exports/Anna/{CHAT}", own("02.11.19, 12:31", "Hallo"))
    assert house.read(company(EXPORTS)).files_broken == 2
    for state in house.files("phones").values():
        assert state.broken
        assert "Name its folder" in (state.reason or "")
        assert "Anna" not in state.path
    assert house.read(company(EXPORTS)).files_broken == 0


def test_once_the_account_is_configured_its_folder_is_read(house: House) -> None:
    house.export(f"exports/{STRANGER}/{CHAT}", own("02.11.19, 12:31", "Hallo"))
    house.read(company(EXPORTS))
    added = account(STRANGER, "Filiale Pankow", "Europe/Berlin", "Fahrradladen Mitte")
    assert house.read(company(EXPORTS, accounts=[added])).accounts == {STRANGER}
    assert not any(state.broken for state in house.files("phones").values())


def test_a_folder_is_found_in_any_spelling_of_its_number(house: House) -> None:
    house.export(f"exports/+49 30 231251101/{CHAT}", own("02.11.19, 12:31", "Hallo"))
    assert house.read(company(EXPORTS)).accounts == {BERLIN}


def test_an_account_without_export_names_is_told_from_the_files_name(house: House) -> None:
    nameless = account(BERLIN, "Filiale Berlin", "Europe/Berlin")
    house.export(f"exports/{BERLIN}/{CHAT}", anna("02.11.19, 12:30", "Ja?"), own("02.11.19, 12:31", "Hallo"))
    house.read(company(EXPORTS, accounts=[nameless]))
    assert house.events()["direction"].to_list() == ["in", "out"]


def test_a_chat_without_a_line_by_the_account_proves_no_silence(house: House) -> None:
    other = account(BERLIN, "Filiale Berlin", "Europe/Berlin", "Another name")
    house.export(f"exports/{BERLIN}/Kollegen.txt", *GROUP)
    house.read(company(EXPORTS, accounts=[other]))
    assert house.reaches() == {}
    assert house.events().is_empty()  # who wrote what is not known: nothing may be taken for an answer
    assert any("export_names" in note for note in house.file("phones").notes)


def test_corrected_export_names_have_the_chat_read_again(house: House) -> None:
    house.export(f"exports/{BERLIN}/Kollegen.txt", *GROUP)
    house.read(company(EXPORTS, accounts=[account(BERLIN, "Filiale Berlin", "Europe/Berlin", "Wrong")]))
    house.read(company(EXPORTS))
    assert house.reaches()["phones", BERLIN].read_until == SENT + timedelta(minutes=2)
    assert house.events()["direction"].to_list() == ["in", "out", "in"]


def test_a_file_read_in_full_is_not_doubled_by_a_changed_configuration(house: House) -> None:
    house.export(f"exports/{BERLIN}/{CHAT}", own("02.11.19, 12:31", "Hallo"))
    house.read(company(EXPORTS))
    elsewhere = EXPORTS.model_copy(update={"time_zone": "America/Lima"})
    assert house.read(company(elsewhere)).files_unchanged == 1
    assert len(house.events()) == 1


def test_messages_of_nobody_knows_whom_are_left_out_and_counted(house: House) -> None:
    nameless = account(BERLIN, "Filiale Berlin", "Europe/Berlin")
    three = (
        anna("02.11.19, 12:30", "Ja?"),
        own("02.11.19, 12:31", "Hallo"),
        ("02.11.19, 12:32", "Emil", "!"),
    )
    house.export(f"exports/{BERLIN}/chat.txt", *three)
    house.read(company(EXPORTS, accounts=[nameless]))
    assert house.events().is_empty()
    assert any("all 3 were left out" in note for note in house.file("phones").notes)


def test_a_chat_export_reaches_as_far_as_its_accounts_newest_message(house: House) -> None:
    house.export(f"exports/{BERLIN}/{CHAT}", own("02.11.19, 12:30", "Hallo"))
    house.export(f"exports/{LISBON}/{CHAT}", ("05.11.19, 12:30", "Loja de Bicicletas", "Olá"))
    house.read(company(EXPORTS))
    reaches = house.reaches()
    assert reaches["phones", BERLIN].read_until == SENT
    assert reaches["phones", BERLIN].evidence is Evidence.CONSUMER
    assert reaches["phones", LISBON].read_until == datetime(2019, 11, 5, 12, 30, tzinfo=UTC)


def test_shared_files_reach_equally_far_for_every_account_seen_in_them(house: House) -> None:
    house.put("webhooks/1.jsonl", status(BERLIN, "wamid.A", "sent", SENT))
    house.read(company(WEBHOOKS))
    house.put("webhooks/2.jsonl", status(LISBON, "wamid.B", "sent", SENT + timedelta(days=3)))
    house.read(company(WEBHOOKS))
    reaches = house.reaches()
    for number in (BERLIN, LISBON):
        assert reaches["platform", number].read_until == SENT + timedelta(days=3)
        assert reaches["platform", number].evidence is Evidence.PLATFORM


def test_data_never_reach_beyond_now(house: House) -> None:
    now = AS_OF + timedelta(minutes=1)
    soon, far = now + timedelta(hours=1), now + timedelta(days=40)
    lines = status(BERLIN, "wamid.A", "sent", soon) + status(BERLIN, "wamid.B", "sent", far)
    house.put("webhooks/1.jsonl", lines)
    house.read(company(WEBHOOKS), now=lambda: now)
    assert house.reaches()["platform", BERLIN].read_until == now
    assert len(house.events()) == 1
    assert any("future" in note for note in house.file("platform").notes)


def test_a_growing_webhook_file_is_read_again_and_adds_what_is_new(house: House) -> None:
    first = incoming(BERLIN, "wamid.A", "Ist mein Rad fertig?", SENT)
    second = status(BERLIN, "wamid.B", "sent", SENT + timedelta(minutes=1))
    house.put("webhooks/2019-11-02.jsonl", first)
    assert house.read(company(WEBHOOKS)).events_new == 1
    house.put("webhooks/2019-11-02.jsonl", first + second)
    assert house.read(company(WEBHOOKS)).events_new == 1
    assert house.events()["direction"].to_list() == ["in", "out"]


def test_statuses_of_one_message_in_the_files_of_several_days_are_one_event(house: House) -> None:
    for number, state in enumerate(("read", "sent", "delivered")):
        at = SENT + timedelta(days={"sent": 0, "delivered": 1, "read": 3}[state])
        house.put(f"webhooks/{number}.jsonl", status(BERLIN, "wamid.A", state, at))
        house.read(company(WEBHOOKS))
    assert house.events()["sent_at"].to_list() == [SENT]
    assert house.activity()["sends"].to_list() == [1]


def test_messages_of_unknown_accounts_are_left_out_and_counted(house: House) -> None:
    lines = status(BERLIN, "wamid.A", "sent", SENT) + status(STRANGER, "wamid.B", "sent", SENT)
    house.put("webhooks/1.jsonl", lines)
    house.read(company(WEBHOOKS))
    assert house.events()["account_id"].to_list() == [BERLIN]
    assert any(STRANGER in note and note.startswith("1 message") for note in house.file("platform").notes)
    assert house.read(company(WEBHOOKS)).files_unchanged == 1


def test_once_an_unknown_account_is_configured_its_messages_are_read(house: House) -> None:
    house.put("webhooks/1.jsonl", status(STRANGER, "wamid.B", "sent", SENT))
    house.put("webhooks/2.jsonl", status(BERLIN, "wamid.A", "sent", SENT))
    settings = company(WEBHOOKS)
    house.read(settings)
    added = [*settings.accounts, account(STRANGER, "Filiale Pankow", "Europe/Berlin")]
    done = house.read(company(WEBHOOKS, accounts=added))
    assert (done.files_read, done.files_unchanged, done.accounts) == (1, 1, {STRANGER})


def test_a_csv_names_the_account_or_belongs_to_one(house: House) -> None:
    house.put("tables/list.csv", HEADER + f"02.11.2019;12:30:00;{BERLIN};{ANNA};ausgehend;Hallo\n")
    house.read(company(TABLES))
    assert house.events()["account_id"].to_list() == [BERLIN]
    assert house.events()["sent_at"].to_list() == [SENT]

    owned = TABLES.model_copy(update={"id": "owned", "location": "owned", "account": LISBON})
    house.put("owned/list.csv", f"Datum;An;Richtung;Nachricht\n02.11.2019 12:30;{EMIL};ausgehend;Olá\n")
    assert house.read(company(TABLES, owned)).accounts == {LISBON}


def test_one_person_in_two_sources_is_one_pseudonym(house: House) -> None:
    house.put("webhooks/1.jsonl", status(BERLIN, "wamid.A", "sent", SENT))
    number = "+49 171 3920050"
    spelled = f"exports/{BERLIN}/WhatsApp Chat mit {number}.txt"
    house.export(spelled, own("02.11.19, 12:30", "Hallo"), ("02.11.19, 12:31", number, "Ja?"))
    house.read(company(WEBHOOKS, EXPORTS))
    assert house.events()["counterpart"].n_unique() == 1
