"""Headers, markers and notices in the forms that phones write them, language by language."""

from __future__ import annotations

import pytest
from tests.sources.formats import LRM, read, shown

from sendepause.errors import BadInput
from sendepause.model import Evidence, Resolution
from sendepause.sources import wording


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("2023. 5. 30. 오후 3:04 - 김민수: 안녕", "2023-05-30T15:04"),
        ("[2023. 5. 30. 오전 12:05:06] 김민수: 안녕", "2023-05-30T00:05:06"),
        ("2024/1/2 下午3:04 - 林可: 你好", "2024-01-02T15:04"),
        ("2024/1/2 凌晨12:04 - 林可: 你好", "2024-01-02T00:04"),
        ("[2024/1/2 晚上9:04:05] 林可: 你好", "2024-01-02T21:04:05"),
        ("2023/05/30 午後6:44 - 太郎: こんにちは", "2023-05-30T18:44"),
        ("[18:44:05, 30/5/2023] Lan: chào", "2023-05-30T18:44:05"),
        ("30.05.23 г., 18:44 ч. - Иво: здравей", "2023-05-30T18:44"),
        ("2023. 05. 30. 18:44 - Anna: szia", "2023-05-30T18:44"),
        ("2023. 05. 30. du. 6:44 - Anna: szia", "2023-05-30T18:44"),
        ("2023-12-20 17 h 46 - Noa: allô", "2023-12-20T17:46"),
        ("2018-05-17 20:21 - Nils: hej", "2018-05-17T20:21"),
        ("30.5.2023, 18:44 - דנה: שלום", "2023-05-30T18:44"),
        ("30.05.2023 18.44 - Ida: hej", "2023-05-30T18:44"),
        ("৩০/৫/২৩, ৬:৪৪ PM - রিয়া: হ্যালো", "2023-05-30T18:44"),
        ("३०/५/२३, ६:४४ am - रिया: हो", "2023-05-30T06:44"),
        ("30/5/23, 6:44 μ.μ. - Άννα: γεια", "2023-05-30T18:44"),
        ("30.5.23, 6:44 e pasdites - Ana: hi", "2023-05-30T18:44"),
        ("5/30/23, 12:44\u202fam - Ana: hi", "2023-05-30T00:44"),
        ("13.6.2018 klo 21.25.15 - Mika: hei", "2018-06-13T21:25:15"),
        ("13.06.18 21.25.15: Laura: hei", "2018-06-13T21:25:15"),
        (f"{LRM}[30/5/23, 6:44:05\u202fp.\u00a0m.] Ana: hola", "2023-05-30T18:44:05"),
        ("[\ufeff29.01.18, 12:24:03] Mallory: Hey", "2018-01-29T12:24:03"),
    ],
)
def test_a_header_is_read_in_the_form_of_its_language(line: str, at: str) -> None:
    (message,) = shown("chat_export", line + "\n")
    assert message["sent_at"].startswith(at)
    assert message["author"] and not message["system"]


@pytest.mark.parametrize(
    "marker",
    [
        "<Media omitted>",
        "<Medien ausgeschlossen>",
        "<Videonachricht weggelassen>",
        "<Multimedia omitido>",
        "<Mídia oculta>",
        "<Без медиафайлов>",
        "<Medya dahil edilmedi>",
        "<メディアなし>",
        "<미디어 파일 제외됨>",
        "<省略多媒体文件>",
        "<המדיה לא נכללה>",
        "<मीडिया के बिना>",
        "\u200f<عبارة عن وسائط محذوفة>",
        f"{LRM}image omitted",
        f"{LRM}Sticker weggelassen",
        f"{LRM}imagen omitida",
        f"{LRM}изображение отсутствует",
        f"{LRM}画像は含まれていません",
        f"{LRM}<attached: 00000012-PHOTO-2023-05-30-18-45-05.jpg>",
        f"{LRM}<pièce jointe : 00000012-PHOTO-2023-05-30-18-45-05.jpg>",
        f"{LRM}<00000012-PHOTO-2023-05-30-18-45-05.jpg eklendi>",
        "IMG-20230530-WA0001.jpg (dosya ekli)",
        "IMG-20230530-WA0001.jpg (an unknown phrase)",
        "Vertrag Nord.pdf (Datei angehängt)",
        "Ida Krug.vcf (file attached)",
    ],
)
def test_a_media_marker_is_taken_off_and_its_caption_stays(marker: str) -> None:
    alone, captioned = shown(
        "chat_export", f"30.05.23, 18:44 - Ida: {marker}\n30.05.23, 18:45 - Ida: {marker}\nTor 3: offen\n"
    )
    assert (alone["text"], alone["media"]) == ("", True)
    assert (captioned["text"], captioned["media"]) == ("Tor 3: offen", True)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Ja <This message was edited>", "Ja"),
        (f"Ja {LRM}<Diese Nachricht wurde bearbeitet.>", "Ja"),
        ("Ja <Mensagem editada>", "Ja"),
        ("Ja <Ce message a été modifié>", "Ja"),
        (f"Ja {LRM}<Viesti on muuttunut>", "Ja"),
        ("Ja <3", "Ja <3"),
        ("a <b> c", "a <b> c"),
        ("null", "null"),
        ("Diese Nachricht wurde gelöscht.", "Diese Nachricht wurde gelöscht."),
        ("location: https://maps.google.com/?q=54.3,10.1", "location: https://maps.google.com/?q=54.3,10.1"),
        ("Ein Bild weggelassen hat er nie und so weiter", "Ein Bild weggelassen hat er nie und so weiter"),
        (f"{LRM}Ganz gewöhnlicher Text", "Ganz gewöhnlicher Text"),
        ("Familie 👨\u200d👩\u200d👧", "Familie 👨\u200d👩\u200d👧"),
    ],
)
def test_words_stay_and_edit_marks_go(body: str, text: str) -> None:
    (message,) = shown("chat_export", f"30.05.23, 18:44 - Ida: {body}\n")
    assert (message["text"], message["media"], message["system"]) == (text, False, False)


@pytest.mark.parametrize(
    "notice",
    [
        "Messages and calls are end-to-end encrypted. No one outside of this chat can read them.",
        "Los mensajes y las llamadas están cifrados de extremo a extremo.",
        "メッセージと通話はエンドツーエンド暗号化されています。",
        "Сообщения и звонки защищены сквозным шифрованием.",
        "This business uses a secure service from Meta to manage this chat.",
        "Dieses Unternehmenskonto wurde jetzt als Standardkonto registriert.",
        f"{LRM}Ida Krug added you",
        f"{LRM}You're now an admin",
        f"{LRM}Bo joined using this group's invite link",
        f"{LRM}Your security code with Bo changed. Tap to learn more.",
        f"{LRM}Bo hat die Gruppenbeschreibung geändert.",
        f"{LRM}Ana añadió a Luis",
        f"{LRM}Анна добавила вас",
        f"{LRM}Werkhof tut etwas in einer fremden Sprache",
        f"{LRM}Missed voice call",
    ],
)
def test_a_labelled_notice_is_a_system_line_without_author(notice: str) -> None:
    messages = shown(
        "chat_export", f"[30.05.23, 18:44:05] Werkhof: {notice}\n[30.05.23, 18:45:05] Ida Krug: Moin\n"
    )
    assert [message["system"] for message in messages] == [True, False]
    assert messages[0]["author"] is None and messages[0]["text"] == notice.removeprefix(LRM)


@pytest.mark.parametrize(
    ("rest", "author"),
    [
        ("Ida: um 9: da", "Ida"),
        ("林可:收到", "林可"),
        ("Ida:", "Ida"),
        ("Sandra - Fischhof: ja", "Sandra - Fischhof"),
        ('Hans "Hansi" Maier: ja', 'Hans "Hansi" Maier'),
        ("Ida hat die Gruppe „Hof: Nord“ erstellt.", None),
        ("Ida created group “Hof: Nord”", None),
        ('Ida created group "Hof: Nord"', None),
        ("Ida a créé le groupe « Hof: Nord »", None),
        ("イダが「Hof: Nord」を作成しました", None),
        ('Rohr 5" Nord: passt', 'Rohr 5" Nord'),
        ("Learn more at https://example.org", None),
        ("Ida:https://example.org", "Ida"),
    ],
)
def test_the_author_ends_where_it_does(rest: str, author: str | None) -> None:
    messages = shown("chat_export", f"30.05.23, 18:44 - {rest}\n30.05.23, 18:45 - Bo: x\n")
    assert messages[0]["author"] == author


@pytest.mark.parametrize("owner", ["Praxis: Empfang", "PRAXIS: \u200eempfang", "Praxis:\u00a0Empfang"])
def test_an_owner_with_a_colon_is_told_apart_from_the_text(owner: str) -> None:
    text = (
        "30.05.23, 18:44 - Praxis: Empfang: Ihr Termin: 9 Uhr\n"
        "30.05.23, 18:45 - Praxis: Empfang hat etwas geändert.\n"
    )
    said, notice = shown("chat_export", text, owner=owner)
    assert (said["author"], said["text"]) == ("Praxis: Empfang", "Ihr Termin: 9 Uhr")
    assert notice["system"]


def test_a_name_that_goes_on_after_the_owner_s_is_another_one() -> None:
    text = "30.05.23, 18:44 - Praxis: Empfangsdame: ja\n30.05.23, 18:45 - Praxis: Empfang:nein\n"
    authors = [message["author"] for message in shown("chat_export", text, owner="Praxis: Empfang")]
    assert authors == ["Praxis", "Praxis: Empfang"]


@pytest.mark.parametrize(
    "pasted",
    [
        "30.05.2023, 18:44 - X: y",
        "[30.05.23, 18:44:01] X: y",
        "30/05/23, 18:44 - X: y",
        "30.05.23 18:44 - X: y",
        "30.05.23, 6:44 PM - X: y",
        "30.5.23, 18:44 - X: y",
        "30.05.23, 18:44:09 - X: y",
        "30.05.23, 18:44: X: y",
        "31.02.23, 18:44 - X: y",
        "30.05.23, 25:44 - X: y",
    ],
)
def test_a_header_of_another_format_is_text(pasted: str) -> None:
    messages = shown("chat_export", f"03.05.23, 18:44 - Ida: sieh\n{pasted}\n30.05.23, 18:50 - Bo: ja\n")
    assert [message["text"] for message in messages] == [f"sieh\n{pasted}", "ja"]


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["3/4/24", "3/25/24"], "2024-03-04"),
        (["3/4/24", "25/4/24"], "2024-04-03"),
        (["03.04.24"], "2024-04-03"),
        (["10.21.21", "10.22.21"], "2021-10-21"),
        (["2024/03/04"], "2024-03-04"),
        (["3/12/24", "4/1/24"], "2024-03-12"),
        (["12/3/24", "1/4/24"], "2024-03-12"),
        (["5/5/24"], "2024-05-05"),
        (["23-12-20", "24-01-02"], "2023-12-20"),
    ],
)
def test_one_order_of_day_and_month_holds_for_the_file(dates: list[str], first: str) -> None:
    messages = shown("chat_export", "".join(f"{day}, 09:15 - Ida: x\n" for day in dates))
    assert messages[0]["sent_at"].startswith(first)
    assert len(messages) == len(dates)


@pytest.mark.parametrize(
    "dates", [["3/4/24"], ["3/4/24", "3/5/24"], ["3/4/2024", "5/6/2024"], ["5/4/24", "3/5/24", "5/4/24"]]
)
def test_two_orders_that_fit_are_refused_with_both_readings(dates: list[str]) -> None:
    with pytest.raises(BadInput, match=r"fits \d+ \w+ 2024 and \d+ \w+ 2024"):
        read("chat_export", "".join(f"{day}, 09:15 - Ida: x\n" for day in dates))


def test_the_hour_that_comes_twice_is_the_second_once_the_clock_went_back() -> None:
    times = ["01:59", "02:10", "02:50", "02:49", "02:05", "02:30", "03:00"]
    messages = shown("chat_export", "".join(f"27.10.24, {clock} - Ida: x\n" for clock in times))
    assert [message["sent_at"][-6:] for message in messages] == ["+02:00"] * 4 + ["+01:00"] * 3


def test_messages_end_with_cr_lf_only_where_the_file_does_so() -> None:
    pasted = "[21.01.20, 18:12:44] X: y"
    iphone = f"[22.01.20, 10:00:00] Ida: a\n{pasted}\r\n[22.01.20, 10:01:00] Bo: b\r\n"
    assert [message["text"] for message in shown("chat_export", iphone)] == [f"a\n{pasted}", "b"]
    saved_on_windows = iphone.replace("\r\n", "\n").replace("\n", "\r\n")
    assert [message["text"] for message in shown("chat_export", saved_on_windows)] == ["a", "y", "b"]
    one_odd_end = "22.01.20, 10:00 - Ida: a\r\n" + "22.01.20, 10:01 - Bo: b\n" * 20
    assert len(shown("chat_export", one_odd_end)) == 21


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_every_encoding_that_editors_write_is_read(encoding: str) -> None:
    (message,) = shown("chat_export", "30.05.23, 18:44 - Ida Krüß: Grüße\n".encode(encoding))
    assert (message["author"], message["text"]) == ("Ida Krüß", "Grüße")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_told_also_where_few_letters_are_latin(encoding: str) -> None:
    text = f"2024/1/2 下午3:04 - 林可: {'你好' * 100}\n" * 20
    assert len(shown("chat_export", text.encode(encoding))) == 20
    (damaged,) = shown("chat_export", "30.05.23, 18:44 - Ida: a\0b\n")
    assert damaged["author"] == "Ida"


def test_a_damaged_utf_8_file_is_refused_and_not_garbled() -> None:
    with pytest.raises(BadInput, match="damaged"):
        read("chat_export", "30.05.23, 18:44 - Ida Krüß: Grü".encode() + b"\xff\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "\n\n",
        "2024-03-01 12:00:05 - root - INFO - Started: 3\n2024-03-01 12:00:06 - root - ERROR - Ended: 3\n",
        "[2024-03-01 12:00:05] local.ERROR: message\n",
        "2024/03/01 12:00:05 [error] 1234#0: *1 open() failed\n",
        "2024-03-01 12:00:00 INFO app: started\n",
        "[2024-03-01 12:00:05] started worker\n",
        "1. Punkt: eins\n2. Punkt: zwei\n",
        "Datum;Von;Nachricht\n30.05.23;Ida;Moin\n",
        '{"entry": []}\n',
        "۱۴۰۲/۳/۹، ۱۸:۴۴ - سپهر: سلام\n",
    ],
)
def test_what_is_no_chat_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read("chat_export", text)


def test_the_owner_gives_the_direction() -> None:
    text = (
        "30.05.23, 18:44 - ~\u202fIda  Krug: a\n30.05.23, 18:45 - Bo: b\n"
        "30.05.23, 18:46 - Ida hat etwas geändert.\n"
    )
    assert read("chat_export", text, owner="~ ida krug").messages["direction"].to_list() == [
        "out",
        "in",
        None,
    ]
    assert read("chat_export", text, owner_names=("Bo",)).messages["direction"].to_list() == [
        "in",
        "out",
        None,
    ]
    nobody = read("chat_export", text)
    assert nobody.messages["direction"].to_list() == [None, None, None]
    assert nobody.notes == (
        "The owner could not be told: no message has a direction. Give the owner's name.",
    )


def test_an_account_s_number_is_its_owner() -> None:
    text = "30.05.23, 18:44 - +49 171 3920001: a\n30.05.23, 18:45 - Bo: b\n"
    assert read("chat_export", text, account="+491713920001").messages["direction"].to_list() == ["out", "in"]


@pytest.mark.parametrize(
    "name", ["WhatsApp Chat mit Bo.txt", "WhatsApp Chat with Bo.txt", "WhatsApp Chat - Bo.zip.txt"]
)
def test_the_file_s_name_tells_the_other_side_and_so_the_owner(name: str) -> None:
    reading = read(
        "chat_export", "30.05.23, 18:44 - Ida: a\n30.05.23, 18:45 - Bo: b\n", name.replace(".zip", "")
    )
    assert reading.messages["direction"].to_list() == ["out", "in"]
    assert reading.messages["counterpart"].to_list() == ["Bo", "Bo"]
    assert "told" in reading.notes[0]
    assert (reading.evidence, reading.resolution) == (Evidence.CONSUMER, Resolution.MIN)


def test_a_group_is_one_counterpart() -> None:
    text = (
        "30.05.23, 18:43 - Ida hat die Gruppe „Hof: Nord“ erstellt.\n30.05.23, 18:44 - Ida: a\n"
        "30.05.23, 18:45 - Bo: b\n30.05.23, 18:46 - Eva: c\n"
    )
    assert set(read("chat_export", text, owner="Ida").messages["counterpart"].drop_nulls()) == {"Hof: Nord"}


def test_a_refusal_tells_nobody_s_words() -> None:
    text = "03/04/24, 09:15 - Ida Krug: Geheimes Wort\n"
    with pytest.raises(BadInput) as refused:
        read("chat_export", text)
    assert "Ida" not in str(refused.value) and "Geheimes" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        "This message was deleted by admin Bo.",
        "Diese Nachricht wurde von Admin Bo gelöscht.",
        "POLL:\nWho changed the date?\nOPTION: Bo (1 vote)",
        "Location: https://maps.google.com/?q=54.3,10.1",
    ],
)
def test_what_a_person_sent_stays_a_message_though_the_app_words_it(body: str) -> None:
    (message,) = shown("chat_export", f"[30.05.23, 18:44:05] Ida: {LRM}{body}\n")
    assert (message["author"], message["text"], message["system"]) == ("Ida", body, False)


def test_an_owner_with_quotation_marks_keeps_the_whole_name() -> None:
    (message,) = shown("chat_export", '30.05.23, 18:44 - Rohr 5": passt 6"\n', owner='Rohr 5"')
    assert (message["author"], message["text"]) == ('Rohr 5"', 'passt 6"')


def _phrases(*lists: str) -> list[str]:
    return [phrase for text in lists for line in text.splitlines() for phrase in line.split("|") if phrase]


def test_every_known_marker_and_notice_is_recognised_in_its_place() -> None:
    head, name = "[30.05.23, 18:44:05] Ida: ", "00000012-PHOTO-2023-05-30-18-45-05.jpg"
    omitted = [f"{LRM}{phrase}" for phrase in _phrases(wording._OMITTED_IPHONE)]
    omitted += [f"<{phrase}>" for phrase in _phrases(wording._OMITTED_ANDROID)]
    omitted += [f"a.pdf ({phrase})" for phrase in _phrases(wording._FILE_ATTACHED)]
    omitted += [f"{LRM}<{phrase}: {name}>" for phrase in _phrases(wording._ATTACHED_WORDS)]
    messages = shown("chat_export", "".join(f"{head}{body}\n" for body in omitted))
    assert [
        body for body, m in zip(omitted, messages, strict=True) if (m["text"], m["media"]) != ("", True)
    ] == []
    deleted = _phrases(wording._DELETED)
    messages = shown("chat_export", "".join(f"{head}{LRM}{phrase}.\n" for phrase in deleted))
    assert [phrase for phrase, m in zip(deleted, messages, strict=True) if m["system"] or m["media"]] == []


def test_a_chat_in_which_only_the_other_side_writes_is_incoming() -> None:
    reading = read("chat_export", "30.05.23, 18:44 - Bo: a\n", "WhatsApp Chat mit Bo.txt")
    assert reading.messages["direction"].to_list() == ["in"]
    assert reading.messages["counterpart"].to_list() == ["Bo"]


def test_a_number_alone_that_no_line_shows_tells_no_direction() -> None:
    text = "30.05.23, 18:44 - Ida: a\n30.05.23, 18:45 - Bo: b\n"
    assert read("chat_export", text, account="+491713920001").messages["direction"].to_list() == [None, None]
    misspelt = read("chat_export", text, "WhatsApp Chat mit Bo.txt", owner="Ida Krug")
    assert misspelt.messages["direction"].to_list() == ["out", "in"]
    elsewhere = read("chat_export", text, owner="Eva")
    assert elsewhere.messages["direction"].to_list() == ["in", "in"]
    assert elsewhere.notes == ("No line is by the given owner: all messages are taken as incoming.",)
