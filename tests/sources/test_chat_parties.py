"""Which author owns the account, who the other side is, and that the notes say by what it was told."""

from __future__ import annotations

import pytest
from tests.sources.formats import LRM, read

from sendepause.sources import file_names

TWO = "30.05.23, 18:44 - Ida: a\n30.05.23, 18:45 - Bo: b\n"
GROUP = (
    "[30.05.23, 18:43:05] Werkhof: \u200eMessages and calls are end-to-end encrypted.\n"
    "[30.05.23, 18:44:05] Ida: \u200e{notice}\n"
    "[30.05.23, 18:44:06] Ida: a\n[30.05.23, 18:45:05] Bo: b\n[30.05.23, 18:46:05] Eva: c\n"
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"owner": "Ida"}, "The account's own messages were told by its name that was given."),
        ({"owner_names": ("ida",)}, "The account's own messages were told by its name that was given."),
        ({"name": "WhatsApp Chat mit Bo.txt"}, "The owner was told from the other side's name"),
        ({}, "The owner could not be told: no message has a direction. Give the owner's name."),
        ({"owner": "Eva"}, "No line is by the given owner: all messages are taken as incoming."),
    ],
)
def test_the_notes_say_how_the_owner_was_told_and_name_nobody(given: dict[str, str], said: str) -> None:
    (note,) = read("chat_export", TWO, **given).notes
    assert note.startswith(said)
    assert not any(name in note for name in ("Ida", "Bo", "Eva"))


def test_a_number_tells_the_owner_and_is_not_said() -> None:
    text = TWO.replace("Ida", "+49 171 3920001")
    reading = read("chat_export", text, account="+491713920001")
    assert reading.messages["direction"].to_list() == ["out", "in"]
    assert reading.notes == ("The account's own messages were told by its number.",)


@pytest.mark.parametrize(
    "notice",
    ["You created this group", "Du hast Eva hinzugefügt.", "Creaste este grupo", "Vous avez créé ce groupe"],
)
def test_what_the_app_says_the_owner_did_in_a_group_tells_the_owner(notice: str) -> None:
    reading = read("chat_export", GROUP.format(notice=notice))
    assert reading.messages["direction"].to_list() == [None, None, "out", "in", "in"]
    assert set(reading.messages["counterpart"].drop_nulls()) == {"Werkhof"}
    assert "what the owner did" in reading.notes[0]


@pytest.mark.parametrize("notice", ["You're now an admin", "Du bist jetzt ein*e Admin.", "Ida added you"])
def test_what_happened_to_the_owner_tells_nothing(notice: str) -> None:
    assert read("chat_export", GROUP.format(notice=notice)).messages["direction"].drop_nulls().is_empty()


@pytest.mark.parametrize("notice", ["Missed voice call", "Verpasster Videoanruf", "Llamada de voz perdida"])
def test_a_missed_call_is_the_other_side_s(notice: str) -> None:
    text = (
        f"[30.05.23, 18:44:05] Ida: a\n[30.05.23, 18:45:05] Bo: b\n[30.05.23, 18:46:05] Bo: {LRM}{notice}\n"
    )
    assert read("chat_export", text).messages["direction"].to_list() == ["out", "in", None]


@pytest.mark.parametrize(
    "notice",
    [
        "You created a broadcast list with 3 recipients",
        "Du hast eine Broadcast-Liste mit 3 Empfängern erstellt",
        "Creaste una lista de difusión con 3 destinatarios",
        "Vous avez créé une liste de diffusion avec 3 destinataires",
        "Você criou uma lista de transmissão com 3 destinatários",
        "Je hebt een verzendlijst met 3 ontvangers gemaakt",
        "Вы создали рассылку с 3 получателями",
    ],
)
@pytest.mark.parametrize("owner", [None, "Ida", "Bo"])
def test_a_broadcast_list_holds_own_messages_alone(notice: str, owner: str | None) -> None:
    text = f"30.05.23, 18:43 - {notice}\n30.05.23, 18:44 - Ida: a\n30.05.23, 18:45 - Ida: b\n"
    reading = read("chat_export", text, "WhatsApp Chat mit Angebote.txt", owner=owner)
    assert reading.messages["direction"].to_list() == [None, "out", "out"]
    assert reading.messages["counterpart"].to_list() == [None, "Angebote", "Angebote"]
    assert "broadcast list" in reading.notes[0]


def test_a_chat_that_got_a_broadcast_is_read_as_ever() -> None:
    text = TWO.replace("a\n", "our broadcast list: a\n")
    assert read("chat_export", text, owner="Ida").messages["direction"].to_list() == ["out", "in"]


def test_a_person_called_group_is_no_group() -> None:
    text = (
        "30.05.23, 18:43 - Your security code with Nord Group changed. Tap to learn more.\n"
        "30.05.23, 18:44 - Ida: a\n30.05.23, 18:45 - Nord Group: b\n"
    )
    reading = read("chat_export", text, "WhatsApp Chat with Nord Group.txt")
    assert reading.messages["direction"].to_list() == [None, "out", "in"]
    assert set(reading.messages["counterpart"].drop_nulls()) == {"Nord Group"}


def test_a_group_of_two_is_named_by_its_file() -> None:
    text = "30.05.23, 18:43 - Ida hat Bo hinzugefügt.\n" + TWO
    reading = read("chat_export", text, "WhatsApp Chat mit Hof Nord.txt", owner="Bo")
    assert reading.messages["direction"].to_list() == [None, "in", "out"]
    assert set(reading.messages["counterpart"].drop_nulls()) == {"Hof Nord"}


@pytest.mark.parametrize(
    "stem",
    [
        "WhatsApp Chat mit Bo Maier",
        "WhatsApp Chat with Bo Maier",
        "WhatsApp_Chat_mit_Bo_Maier",
        "WhatsApp Chat - Bo Maier",
        "WhatsApp Chat mit Bo Maier (1)",
        "WhatsApp-Chat mit Bo Maier",
        "Chat de WhatsApp con Bo Maier",
        "Conversa do WhatsApp com Bo Maier",
        "Discussion WhatsApp avec Bo Maier",
        "Chat WhatsApp con Bo Maier",
        "WhatsApp-chat met Bo Maier",
        "Чат WhatsApp с контактом Bo Maier",
        "WhatsApp Sohbeti - Bo Maier",
        "Bo Maier ile WhatsApp Sohbeti",
        "Czat WhatsApp z użytkownikiem Bo Maier",
        "WhatsApp-chatt med Bo Maier",
        "WhatsApp-keskustelu (Bo Maier)",
        "Chat WhatsApp dengan Bo Maier",
        "צ'אט WhatsApp עם Bo Maier",
        "دردشة واتساب مع Bo Maier",
        "گپ واتساپ با Bo Maier",
        "与Bo Maier的WhatsApp 聊天",
        "與 Bo Maier 的 WhatsApp 對話",
        "Bo MaierさんとのWhatsAppチャット",
        "WhatsApp 대화 - Bo Maier",
        "Bo Maier के साथ WhatsApp चैट",
        "Cuộc trò chuyện WhatsApp với Bo Maier",
    ],
)
def test_a_file_s_name_holds_the_other_side_s(stem: str) -> None:
    assert file_names.partner(stem) == "Bo Maier"


@pytest.mark.parametrize("stem", ["_chat", "file", "WhatsApp", "WhatsApp Chat with ", "", "x" * 10_000])
def test_another_file_s_name_holds_none(stem: str) -> None:
    assert file_names.partner(stem) is None
