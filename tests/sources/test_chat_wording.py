"""The app's own words among what people write: notices, media, edits and deletions, phone by phone."""

# ruff: noqa: E501 (lists of phrases)

from __future__ import annotations

from tests.sources.formats import LRM, read

ANDROID = "30.05.23, 18:44 - "
IPHONE = "[30.05.23, 18:44:05] "


def _phrases(text: str) -> list[str]:
    return [phrase for line in text.splitlines() for phrase in line.split("|")]


ANDROID_NOTICES = _phrases("""\
Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them. Learn more.
Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them. Learn more|Ida Krug created group "Hof: Nord"
Ida Krug created group “Hof”|You were added|Ida Krug added +49 171 3920001|Ida Krug changed this group's icon
Ida Krug changed the subject from "A: B" to "C: D"|Ida Krug changed the group name from “A: B” to “C: D”|Ida Krug changed the group description
Ida Krug changed this group's settings to allow only admins to send messages to this group
Ida Krug turned on disappearing messages. New messages will disappear from this chat 7 days after they're sent, except when kept. Tap to change.
Your security code with Ida Krug changed. Tap to learn more.|+49 171 3920001 joined using this group's invite link|Ida Krug joined using a group link.
Missed voice call|Missed group video call|Ida Krug pinned a message|You blocked this contact. Tap to unblock.
This business is now a Business account. Tap for more info.|This chat is with a business account. Tap to learn more.
Ida Krug changed their phone number to a new number. Tap to message or add the new number.|Ida Krug changed to +49 171 3920002|You're now an admin
Ida Krug left|Ida Krug removed Bo|Your chat is now with an official business account|Disappearing messages were turned off. Tap to change.
You created a broadcast list with 3 recipients|Ida Krug started a call|Ida Krug started a video call|Waiting for this message. This may take a while.
Ida Krug created this group|This group has over 256 members so now only admins can edit the group settings. Tap to change.
Diese Gruppe wurde zur Community „Nord: Süd“ hinzugefügt|Welcome to the community!
Anyone in the community can request to join this group by messaging group admins.|Ida Krug ist über einen Einladungslink beigetreten
""")
"""Lines without a name."""

IPHONE_NOTICES = _phrases("""\
Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them.|You created this group
Ida Krug created this group|Ida Krug added you|You added Bo Maier|You changed the group description|You changed this group's icon
You turned on disappearing messages. New messages will disappear from this chat 24 hours after they're sent, except when kept.
Disappearing messages were turned on. New messages will disappear from this chat 90 days after they're sent, except when kept.|Missed voice call
Missed video call, Tap to call back|Voice call, No answer|Video call, 12 min|Voice call, 3 min|Group voice call
Your security code with Ida Krug changed.|This business uses a secure service from Meta to manage this chat.|This is a business account.
This business account has now registered as a standard account.|Ida Krug is a contact|You pinned a message|Ida Krug changed their phone number. Message
Ida Krug changed to a new number.|You left|Ida Krug left|Only admins can send messages|You blocked this contact|You unblocked this contact
Chat with this business is now end-to-end encrypted|Ida Krug deleted this group's icon|Du hast diesen Kontakt blockiert|Du hast die Gruppe verlassen
Verpasster Sprachanruf|Verpasster Videoanruf, Zum Zurückrufen tippen|Sprachanruf, Keine Antwort|Videoanruf, 5 Min.|Gruppensprachanruf
Selbstlöschende Nachrichten wurden aktiviert. Neue Nachrichten verschwinden 90 Tage nach dem Senden aus diesem Chat.
Deine Sicherheitsnummer für Ida Krug hat sich geändert.|Bo hat die Gruppeneinstellungen so geändert, dass nur Admins diese bearbeiten können
Bo hat die Nummer gewechselt.|Bo ist der Gruppe über einen Einladungslink beigetreten|Du wurdest hinzugefügt|Bo hat eine Nachricht angeheftet
Llamada perdida|Llamada de voz perdida|Videollamada perdida|Videollamada, Sin respuesta|Creaste este grupo|Bo cambió la foto del grupo
Cambiaste el ícono de este grupo|Los mensajes temporales se activaron.|Tu código de seguridad con Bo cambió.|Appel vocal manqué|Appel vidéo manqué
Vous avez créé ce groupe|Bo a rejoint le groupe via un lien d'invitation|Bo a changé de numéro de téléphone.|Les messages éphémères ont été activés.
Chiamata vocale persa|Videochiamata persa|Hai creato questo gruppo|Bo ha cambiato l'immagine del gruppo|Messaggi effimeri attivati.
Chamada de voz perdida|Chamada de vídeo perdida|Ligação de voz perdida|Ligação de vídeo perdida|Você criou este grupo|Bo mudou a imagem do grupo
As mensagens temporárias foram ativadas.|Gemiste spraakoproep|Gemiste video-oproep|Je hebt deze groep aangemaakt|Bo heeft de groepsafbeelding gewijzigd
Verdwijnende berichten zijn ingeschakeld.|Пропущенный аудиозвонок|Пропущенный видеозвонок|Вы создали группу|Исчезающие сообщения включены.
Cevapsız sesli arama|Cevapsız görüntülü arama|Bu grubu oluşturdunuz|Süreli mesajlar açıldı.|Nieodebrane połączenie głosowe|Nieodebrane połączenie wideo
Znikające wiadomości zostały włączone.|Missat röstsamtal|Missat videosamtal|Mistet taleopkald|Ubesvart taleanrop|Ubesvaret taleopkald
Vastaamaton äänipuhelu|Zmeškaný hlasový hovor|Nem fogadott hanghívás|Apel vocal pierdut|Propušteni glasovni poziv|Αναπάντητη φωνητική κλήση
שיחה קולית שלא נענתה|مكالمة صوتية فائتة|Panggilan suara tak terjawab|Cuộc gọi thoại nhỡ|สายที่ไม่ได้รับ|不在着信|부재중 음성 통화|未接语音通话|未接語音來電
""")
"""Labelled with a name, after a mark."""

ANDROID_MEDIA = _phrases("""\
<Media omitted>|<Medien ausgeschlossen>|<Multimedia omitido>|<Médias omis>|<Media omessi>|<Media non incluso>|<Mídia oculta>|<Arquivo de mídia oculto>
<Ficheiro não revelado>|<Media weggelaten>|<Без медиафайлов>|<Medya dahil edilmedi>|<pominięto multimedia>|<Pominięto multimedia>
<Media har utelämnats>|<Mediefil udeladt>|<Utelatt media>|<Uten vedlegg>|<Media jätettiin pois>|<Média vynechány>|<Médiá vynechané>|<Hiányzó médiafájl>
<Fișier media omis>|<Izostavljeni mediji>|<Εξαίρεση πολυμέσων>|<המדיה לא נכללה>|<תוכן מדיה הושמט>|<تم استبعاد الوسائط>|<رسانه حذف شد>
<Media tidak disertakan>|<Media dikecualikan>|<Tệp Media bị bỏ qua>|<ไม่รวมสื่อ>|<メディアなし>|<미디어 파일 제외됨>|<省略多媒体文件>|<忽略多媒體檔>|<मीडिया को छोड़ दिया गया>
<મીડિયા અવગણ્યું>|<Mitjans omesos>|<файли медіа пропущено>|<Файлове без мултимедия>|<Inalis ang media>|<Media haijajumuishwa>|<Media weggelaat>
<View once voice message omitted>|<Einmal-Sprachnachricht weggelassen>|<Video note omitted>|<Sprachnachricht zum einmaligen Anhören ausgeschlossen>
<Sticker omitted>|<image omitted>|IMG-20230530-WA0001.jpg (file attached)|Vertrag Nord.pdf (Datei angehängt)|VID-20230530-WA0001.mp4 (archivo adjunto)
PTT-20230530-WA0001.opus (fichier joint)|STK-20230530-WA0001.webp (file allegato)|IMG-20230530-WA0001.jpg (arquivo anexado)
Ida Krug.vcf (bestand bijgevoegd)|IMG-20230530-WA0001.jpg (файл добавлен)|IMG-20230530-WA0001.jpg (dosya ekli)|IMG-20230530-WA0001.jpg (plik dołączony)
IMG-20230530-WA0001.jpg (bifogad fil)|IMG-20230530-WA0001.jpg (fil vedhæftet)|a b (1).pdf (file attached)|x.jpg (file attached)
\u200eIMG-20230530-WA0001.jpg (الملف مرفق)|\u200fIMG-20230530-WA0001.jpg (קובץ מצורף)|IMG-20230530-WA0001.jpg (文件附件)|IMG-20230530-WA0001.jpg (檔案附件)
IMG-20230530-WA0001.jpg (添付ファイル)|IMG-20230530-WA0001.jpg (파일 첨부됨)|IMG-20230530-WA0001.jpg (फ़ाइल अटैच की गई है)|LOC-20230530-WA0001.jpg (file attached)
STK-20230530-WA0001.webp (Datei angehängt)
""")
"""What stands in the place of media, or before a caption."""

IPHONE_MEDIA = _phrases("""\
image omitted|video omitted|audio omitted|sticker omitted|GIF omitted|Contact card omitted|document omitted|video note omitted|Bild weggelassen
Video weggelassen|Audio weggelassen|Sticker weggelassen|GIF weggelassen|Kontaktkarte ausgelassen|Videonachricht weggelassen|imagen omitida
Video omitido|audio omitido|sticker omitido|GIF omitido|Tarjeta de contacto omitida|image absente|vidéo absente|audio omis|sticker omis|GIF retiré
Fiche contact omise|immagine omessa|video omesso|audio omesso|sticker omesso|imagem ocultada|imagem omitida|vídeo omitido|áudio ocultado
figurinha omitida|GIF omitido|Cartão do contato omitido|afbeelding weggelaten|video weggelaten|audio weggelaten|sticker weggelaten
изображение отсутствует|видео отсутствует|аудиофайл отсутствует|стикер отсутствует|görüntü dahil edilmedi|ses dahil edilmedi|Çıkartma dahil edilmedi
obraz pominięty|bild utelämnad|ljud utelämnat|billede udeladt|bilde utelatt|kuva jätetty pois|obrázek vynechán|תמונה הושמטה|התמונה הושמטה|سمعي محذوف
تم استبعاد الصورة|图片已忽略|图像已忽略|音频已忽略|圖片已略去|画像は含まれていません|音声は含まれていません|이미지 누락됨|사진 누락됨|동영상 누락됨|hình ảnh bị bỏ qua|gambar tidak disertakan
pesan suara tidak disertakan|ไม่รวมรูปภาพ|<attached: 00000012-PHOTO-2023-05-30-18-45-05.jpg>|<angehängt: 00000012-PHOTO-2023-05-30-18-45-05.jpg>
<Anhang: 00000012-PHOTO-2023-05-30-18-45-05.jpg>|<adjunto: 00000012-PHOTO-2023-05-30-18-45-05.jpg>|<allegato: 00000012-AUDIO-2023-05-30-18-45-05.opus>
<pièce jointe : 00000012-AUDIO-2023-05-30-18-45-05.opus>|<anexado: 00000012-AUDIO-2023-05-30-18-45-05.opus>
<bijgevoegd: 00000012-AUDIO-2023-05-30-18-45-05.opus>|<прикреплено: 00000012-AUDIO-2023-05-30-18-45-05.opus>
<załącznik: 00000012-AUDIO-2023-05-30-18-45-05.opus>|<bifogad: Vertrag Nord.pdf>|<附件：00000012-PHOTO-2023-05-30-18-45-05.jpg>
<添付ファイル: 00000012-PHOTO-2023-05-30-18-45-05.jpg>|<첨부: 00000012-PHOTO-2023-05-30-18-45-05.jpg>|<مرفق: 00000012-PHOTO-2023-05-30-18-45-05.jpg>
<attached: Vertrag Nord.pdf>|<attached: Ida Krug.vcf>
""")
"""The same, after a mark."""

EDITED = _phrases("""\
<This message was edited>|<Diese Nachricht wurde bearbeitet>|<Diese Nachricht wurde bearbeitet.>|<Se editó este mensaje.>|<Este mensaje fue editado>
<Ce message a été modifié>|<Questo messaggio è stato modificato>|<Mensagem editada>|<Essa mensagem foi editada>|<Dit bericht is bewerkt>
<Сообщение изменено>|<Bu mesaj düzenlendi>|<Ta wiadomość została edytowana>|<Meddelandet redigerades>|<تم تعديل هذه الرسالة>|<ההודעה נערכה>
<このメッセージは編集されました>|<수정된 메시지입니다>|<消息已编辑>|<此訊息已編輯>|<Pesan ini diedit>|<Tin nhắn đã chỉnh sửa>|<यह मैसेज एडिट किया गया है>
""")
"""At the end of a message."""

DELETED = _phrases("""\
This message was deleted.|You deleted this message.|Diese Nachricht wurde gelöscht.|Du hast diese Nachricht gelöscht.|Se eliminó este mensaje.
Eliminaste este mensaje.|Ce message a été supprimé.|Vous avez supprimé ce message.|Questo messaggio è stato eliminato.|Hai eliminato questo messaggio.
Esta mensagem foi apagada.|Mensagem apagada|Você apagou esta mensagem.|Dit bericht is verwijderd.|Je hebt dit bericht verwijderd.
Данное сообщение удалено.|Вы удалили это сообщение.|Bu mesaj silindi.|Bu mesajı sildiniz.|Ta wiadomość została usunięta.|Usunąłeś tę wiadomość.
Detta meddelande raderades.|This message was deleted by admin Bo.|Diese Nachricht wurde vom Admin Bo gelöscht.
Este mensaje fue eliminado por el admin Bo.|Denne besked blev slettet.|Tämä viesti poistettiin.|تم حذف هذه الرسالة.|ההודעה נמחקה|このメッセージは削除されました。
삭제된 메시지입니다.|此消息已删除。|此訊息已刪除|您已刪除此訊息。|Pesan ini telah dihapus.|Bạn đã xóa tin nhắn này.|यह मैसेज डिलीट कर दिया गया|ข้อความนี้ถูกลบแล้ว
Tato zpráva byla smazána.|Ez az üzenet törölve lett.|Acest mesaj a fost șters.|Questo messaggio è stato eliminato dall'amministratore Bo.
Admin Bo deleted this message
""")
"""Messages whose author is known."""

WORDS = _phrases("""\
a b|http://x.de|https://x.de: y|Tor: "offen"|„Zitat: so“|12:30|- Punkt|[1] eins|<b>fett</b>|3 < 4 > 2|<>|< >|*fett*|null|Media|media omitted?|GIF|image
@\u2068Rike\u2069 magst du?|Weiß \u200enicht|👍🏽|👨\u200d👩\u200d👧|\u200c|نیم\u200cفاصله|edited|<This is edited text in brackets> yes
Ida hat die Gruppe verlassen|Sie haben den Termin geändert|You created group "x"|Missed voice call|ok <This message was edited|poll|POLL:
OPTION: x (1 vote)|This message was deleted|You deleted this message|Waiting for this message. This may take a while.
Standort: https://maps.google.com/?q=54.32,10.13|location: https://maps.google.com/?q=1,2|live location shared|Live-Standort wird geteilt|Datei.pdf
IMG-1.jpg|(file attached)|IMG_1.jpg (schön)|x.pdf (2 Seiten)|Rechnung (bezahlt)|Treffen in Kiel (Hafen)|Bild: weggelassen|Media omitted by me <x>
This business uses glue
""")
"""What people write, though the app has words like it."""

Row = tuple[str | None, str, bool, bool]


def _differences(bodies: list[str], expected: list[Row]) -> list[tuple[str, Row]]:
    """What was read otherwise, of a chat of these lines between two ordinary ones."""
    head = bodies[0].partition("Ida: ")[0]
    lines = [f"{head}Zoe: hallo", *bodies, f"{head}Zoe: hallo"]
    table = read("chat_export", "".join(f"{line}\n" for line in lines)).messages
    rows = table.select("author", "text", "media", "system").rows()[1:-1]
    return [(body, row) for body, row, want in zip(bodies, rows, expected, strict=True) if row != want]


def _messages(
    head: str, bodies: list[str], texts: list[str], *, media: bool = False
) -> list[tuple[str, Row]]:
    return _differences(
        [f"{head}Ida: {body}" for body in bodies], [("Ida", text, media, False) for text in texts]
    )


def _plain(text: str) -> str:
    return text.replace(LRM, "").replace("\u200f", "").replace("\u2068", "").replace("\u2069", "").strip()


def test_android_s_notices_have_no_author() -> None:
    head = ANDROID
    bodies = [f"{head}Ida: a", *(f"{head}{notice}" for notice in ANDROID_NOTICES)]
    expected: list[Row] = [("Ida", "a", False, False), *((None, n, False, True) for n in ANDROID_NOTICES)]
    assert _differences(bodies, expected) == []


def test_the_iphone_s_notices_have_no_author() -> None:
    bodies = [f"{IPHONE}Ida: a", *(f"{IPHONE}Ida: {LRM}{notice}" for notice in IPHONE_NOTICES)]
    expected: list[Row] = [("Ida", "a", False, False), *((None, n, False, True) for n in IPHONE_NOTICES)]
    assert _differences(bodies, expected) == []


def test_android_labels_no_notice() -> None:
    bodies = [f"{LRM}{notice}" for notice in IPHONE_NOTICES if "encrypted" not in notice]
    assert _messages(ANDROID, bodies, [_plain(body) for body in bodies]) == []


def test_media_are_told_and_their_markers_taken_off() -> None:
    empty = [""] * len(ANDROID_MEDIA)
    assert _messages(ANDROID, ANDROID_MEDIA, empty, media=True) == []
    captioned = [f"{marker}\nBitte: 2\nmal" for marker in ANDROID_MEDIA]
    assert _messages(ANDROID, captioned, ["Bitte: 2\nmal"] * len(captioned), media=True) == []
    marked = [f"{LRM}{marker}" for marker in IPHONE_MEDIA]
    assert _messages(IPHONE, marked, [""] * len(marked), media=True) == []


def test_a_document_s_name_and_pages_stay() -> None:
    documents = {
        f"Vertrag Nord.pdf • {LRM}3 pages {LRM}document omitted": "Vertrag Nord.pdf • 3 pages",
        f"Vertrag.pdf • {LRM}1 Seite {LRM}Dokument weggelassen": "Vertrag.pdf • 1 Seite",
        f"Vertrag.pdf {LRM}document omitted": "Vertrag.pdf",
        f"Siehe Bild {LRM}image omitted": "Siehe Bild",
        f"{LRM}<attached: a.jpg> Siehe": "Siehe",
        f"Siehe {LRM}<attached: a.jpg>": "Siehe",
    }
    assert _messages(IPHONE, list(documents), list(documents.values()), media=True) == []


def test_the_mark_of_an_edit_is_taken_off() -> None:
    for head, mark in ((ANDROID, ""), (IPHONE, LRM)):
        bodies = [f"eins\nJa: 5 {mark}{edited}" for edited in EDITED]
        assert _messages(head, bodies, ["eins\nJa: 5"] * len(bodies)) == []
    captions = [f"{LRM}<attached: 1-PHOTO.jpg>\nSiehe {LRM}{edited}" for edited in EDITED]
    assert _messages(IPHONE, captions, ["Siehe"] * len(captions), media=True) == []


def test_a_deleted_message_keeps_its_author() -> None:
    assert _messages(ANDROID, DELETED, DELETED) == []
    assert _messages(IPHONE, [f"{LRM}{notice}" for notice in DELETED], DELETED) == []


def test_what_people_write_stays_theirs() -> None:
    for head in (ANDROID, IPHONE):
        assert _messages(head, WORDS, [_plain(word) for word in WORDS]) == []


def test_a_mark_makes_no_notice_of_a_question_or_of_a_person_s_own_deeds() -> None:
    words = _phrases(
        "Hast du den Termin geändert?|Ich habe die Nummer geändert|Er hat das Büro verlassen|"
        "I added the numbers to the list|I've left the key at the desk|We changed the date|Has Bo left?"
    )
    bodies = [f"{LRM}{word}" for word in words]
    assert _messages(IPHONE, bodies, words) == []
    quoted = f"{LRM}Bo changed the group name to “Wer?”"
    assert read("chat_export", f"{IPHONE}Ida: {quoted}\n{IPHONE}Ida: ja").messages["system"].to_list() == [
        True,
        False,
    ]


def test_polls_and_places_are_messages() -> None:
    polls = [
        f"{LRM}{word}\nWann?\n{LRM}OPTION: Fr (1)"
        for word in (
            "POLL:",
            "UMFRAGE:",
            "ENCUESTA:",
            "SONDAGE :",
            "SONDAGGIO:",
            "ENQUETE:",
            "PEILING:",
            "ANKET:",
        )
    ]
    places = [
        f"{LRM}Location: https://maps.google.com/?q=54.3,10.1",
        f"{LRM}Café Nord (https://maps.google.com/?q=54.3,10.1)",
        f"{LRM}Live location shared",
        f"{LRM}Location: https://foursquare.com/v/4b",
    ]
    assert _messages(IPHONE, polls + places, [_plain(body) for body in polls + places]) == []


def test_a_name_is_as_the_phone_shows_it() -> None:
    names = [
        *("~ Rike", "Anna 🌸 (Büro)", "Dr. med. Müller, Praxis", "+49 171 3920001", "O'Neil", 'Max "Maxi" M'),
        *("[Nord] Ida", "Ida [Büro]", "Ida - Büro", "A/B", ".", "日本 太郎", "محمد علي", 'Rohr 5"', "‘Ali"),
        *(
            "Firma „Nord: Süd“",
            "#1 Shop",
            "<b>",
            "Ida <3",
            "Bild weggelassen",
            "\u202a+49\u00a0171\u00a03920001\u202c",
        ),
    ]
    for head in (ANDROID, IPHONE):
        table = read("chat_export", "".join(f"{head}{name}: um: 10:30\n" for name in names)).messages
        shown = [name.strip("\u202a\u202c").replace("\u00a0", " ") for name in names]
        assert table["author"].to_list() == shown
        assert set(table["text"]) == {"um: 10:30"}
