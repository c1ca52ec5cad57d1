"""Lines that the app wrote and that an export labels with a name.

The iPhone labels notices with the group's name, the partner's or the person who acted, and puts U+200E
before them. That mark alone proves nothing (texts may begin with it), so the wording decides: a
notice about encryption or a business is sure anywhere, one about groups, numbers or calls only after the mark.
"""

# ruff: noqa: E501 (word lists: some scripts are wide)

from __future__ import annotations

import polars as pl

_E2E = (
    "end-to-end|end-til-end|ende-til-ende|Ende-zu-Ende|extremo a extremo|extrem a extrem|bout en bout|ponta a ponta|"
    "ponta-a-ponta|ponto a ponto|uçtan uca|сквозным шифров|наскрізн|מקצה לקצה|מקצה-לקצה|مشفر|التشفير|رمزگذاری|"
    "端到端|端對端|エンドツーエンド|종단간|암호화|đầu cuối|đầu-cuối|ต้นทางถึงปลายทาง|täysin salat|salataan täysin|"
    "komplett krypter|totalsträcks|w pełni zaszyfr|pełne szyfr|szyfrowan|koncovým šifrov|šifrován|šifriran|"
    "potpunom enkripc|végpontok közötti|criptate integral|criptare integral|κρυπτογραφ|криптиран|шифров|"
    "अंत तक|एंड-टू-एंड|एन्ड-टू-एन्ड|এন্ড-টু-এন্ড|એન્ક્રિપ્|અંત સુધી|hujung ke hujung|crittografat|crittografia|"
    "versleuteld|ištisini|pilnīgu šifr|otsast otsani|krüpteer|fund-e-krye|ceann go ceann|اینڈ ٹو اینڈ"
)
_MESSAGES = (
    "messages?|nachrichten|deine nachrichten|ihre nachrichten|los mensajes|tus mensajes|les messages|vos messages|"
    "i messaggi|i tuoi messaggi|as mensagens|suas (?:mensagens|chamadas)|berichten|uw oproepen|de berichten|"
    "сообщения|ваши сообщения|повідомлення|ваші повідомлення|ההודעות|הודעות|الرسائل|إن الرسائل|پیام|"
    "mesajlar|mesajları|wiadomości|twoje wiadomości|meddelanden|dina meddelanden|beskeder|dine beskeder|meldinger|"
    "dine meldinger|viestit|zprávy|vaše zprávy|správy|vaše správy|az üzenetek|üzenetek|mesajele|poruke|vaši pozivi|"
    "sporočila|vaša sporočila|поруке|съобщенията|τα μηνύματα|pesan|mesej|メッセージ|메시지|消息|訊息|讯息|您发送的|您傳送的|"
    "tin nhắn|những tin nhắn|ข้อความ|मैसेज|मेसेज|आपके द्वारा|মেসেজ|আপনার বার্তা|મેસેજ|els missatges|els vostres missatges|"
    "میسجز|teachtaireacht|déantar criptiúchán|jūsų žinutės|jūsu ziņas|sõnumid|mesazhet"
)
_ENCRYPTION = rf"(?:{_MESSAGES})[^\n]*?(?:{_E2E})"
_OF_CHAT = (
    r"[^\n]*(?:meta\b|whatsapp|facebook|chat|conversa|gesprek|account|compte|conta\b|cuenta|business|konto|"
    "czat|чат|sohbet|samtal|keskustelu|konverza|csevegés|beszélgetés|conversaț|razgovor|συνομιλία|obrolan|sembang|"
    "チャット|채팅|대화|聊天|對話|对话|trò chuyện|แชท|चैट|צ.אט|شات|محادثة|دردشة|گفتگو|گپ|xat\\b|ميتا)"
)
_BUSINESS = (
    r"(?:this business (?:uses|works with|is working with|account)|this chat is with a business|"
    r"dieses unternehmen(?: (?:nutzt|verwendet|arbeitet|hat)|s-?(?:konto|account))|dieser chat ist mit einem (?:unternehmen|business)|"
    r"esta empresa (?:usa|utiliza|trabaja|trabalha|está)|"
    r"este chat (?:es|é) con? (?:una |uma )?(?:cuenta|conta|empresa)|cette entreprise (?:utilise|travaille)|"
    r"questa azienda (?:usa|utilizza|collabora)|dit bedrijf (?:gebruikt|werkt)|"
    r"эта компания (?:использует|работает)|"
    r"ця компанія|bu işletme|ta firma|to konto firmowe|det här företaget|denne virksomhed|denne bedriften|tämä yritys|"
    r"tato firma|táto firma|ez a vállalkozás|această companie|ova (?:tvrtka|firma)|αυτή η επιχείρηση|bisnis ini|"
    r"perniagaan ini|このビジネス|이 비즈니스|该商家|此商家|該商家|doanh nghiệp này|ธุรกิจนี้|यह बिज़नेस|تستخدم هذه الشركة|"
    r"هذا النشاط التجاري|העסק הזה|עסק זה|این کسب.?و.?کار|aquesta empresa)" + _OF_CHAT + "|"
    r"(?:this is a|dies ist ein|dieser account ist ein) (?:business|unternehmens)"
)
SURE = rf"(?i)^(?:{_ENCRYPTION}|(?:{_BUSINESS})[^\n]+$)"
"""Sure without a mark: the notices of encryption and of business accounts begin in fixed words."""

_GROUP = (
    # English
    r"\S (?:added|removed) .{1,200}$|"
    + r"\S (?:was|were) (?:added|removed)\b|"
    + r"\S left(?: the (?:group|community))?\.?$|"
    + r"\S joined (?:using|from|via|the|this|by)\b|"
    + r"\S created (?:this |the )?(?:group|community)\b|"
    + r"\S changed (?:the|this|their|to|your|his|her)\b|"
    + r"\S (?:turned (?:on|off)|updated the message timer|pinned a message|deleted this group|started a (?:video )?call"
    r"|requested to join|is a contact|reset this group|approved)\b|"
    r"^you(?:'re| are|’re) (?:now|no longer) an admin|security code|disappearing messages|message timer|"
    r"^you (?:un)?blocked this|^(?:missed |silenced |group |declined )?(?:voice|video|group) (?:voice |video )?call\b|"
    # German
    r"(?:hat|hast|haben|wurden?|wurdest) .*(?:hinzugefügt|entfernt|verlassen|erstellt|geändert|aktiviert|"
    r"deaktiviert|angepinnt|fixiert|gewechselt|blockiert|freigegeben|gelöscht|aktualisiert|gestartet|eingeschaltet|"
    r"ausgeschaltet|zurückgesetzt)\b|beigetreten|verlassen\.?$|neue telefonnummer|sicherheits(?:code|nummer)|"
    r"bist (?:jetzt|nun|kein\*?e?)\b.*admin|selbstlöschende|^(?:verpasster |gruppen)?(?:sprach|video)anruf|ist ein kontakt|"
    # Romance languages
    r"\b(?:creó|crearon|creaste|añadió|agregó|añadiste|agregaste|eliminó a|eliminaste a|salió|saliste|se unió|te uniste|"
    r"cambió|cambiaste|activó|desactivó|fijó)\b|código de seguridad|llamada perdida|videollamada|llamada de voz|"
    r"\b(?:a|avez|ont) (?:créé|ajouté|retiré|supprimé|rejoint|quitté|changé|modifié|activé|désactivé|épinglé|été ajouté)|"
    r"code de sécurité|appel (?:vocal|vidéo)|"
    r"\b(?:ha|hai|hanno) (?:creato|aggiunto|rimosso|abbandonato|cambiato|modificato|attivato|disattivato|fissato)\b|"
    r"si è unito|sei entrato|codice di sicurezza|(?:chiamata vocale|videochiamata)|"
    r"\b(?:criou|criaste|adicionou|removeu|saiu|entrou|mudou|alterou|ativou|desativou|fixou|foi adicionad|foi removid)|"
    r"chamada de (?:voz|vídeo)|você (?:agora é|não é mais)|"
    # Dutch, Scandinavian, Finnish
    r"\b(?:heeft|hebt) .*(?:toegevoegd|verwijderd|verlaten|gemaakt|aangemaakt|gewijzigd|ingeschakeld|uitgeschakeld)|"
    r"beveiligingscode|(?:spraak|video)(?:oproep|gesprek)|neemt nu deel|"
    r"\b(?:lade till|tog bort|lämnade|skapade|ändrade|la til|fjernet|forlot|opprettet|endret|tilføjede|fjernede|forlod|"
    r"oprettede|ændrede|gick med)\b|säkerhetskod|sikkerheds?kode|"
    r"\b(?:lisäsi|poisti|poistui|loi ryhmän|vaihtoi|liittyi)\b|turvanumero|turvakoodi|"
    # Slavic, Baltic, Hungarian, Romanian, Greek, Turkish
    r"добавил|удалил|покинул|вышел|вышла|создал|изменил|сменил|присоединил|код безопасности|аудиозвонок|видеозвонок|"
    r"додав|видали[вл]|вийш|створи[вл]|зміни[вл]|приєдна|код безпеки|аудіодзвінок|відеодзвінок|"
    r"\b(?:dodał|usunął|usunęła|opuścił|utworzył|zmienił|dołączył)|kod zabezpieczeń|połączenie (?:głosowe|wideo)|"
    r"\b(?:přidal|odebral|opustil|vytvořil|změnil|připojil|pridal|odstránil|zmenil)|bezpečnostní kód|bezpečnostný kód|"
    r"\b(?:dodao|dodala|uklonio|uklonila|napustio|napustila|stvorio|stvorila|promijenio|promijenila|pridružio)\b|"
    r"sigurnosni kôd|hozzáadta|eltávolította|kilépett|létrehozta|módosította|megváltoztatta|csatlakozott|biztonsági kód|"
    r"\ba(?:u|ți)? (?:adăugat|eliminat|părăsit|creat|schimbat|intrat|ieșit)|cod(?:ul)? (?:dvs\. )?de securitate|"
    r"πρόσθεσε|αφαίρεσε|αποχώρησε|δημιούργησε|άλλαξε|κωδικός ασφαλείας|"
    r"(?:kişisini )?ekledi\.?$|çıkardı\.?$|ayrıldı\.?$|oluşturdu\.?$|değiştirdi\.?$|katıldı\.?$|güvenlik kodu|sesli arama|görüntülü arama|"
    # Semitic, Persian, Indic, East and South-East Asian
    r"הוסיפ|הוסיף|הסיר|עזב|יצר|שינה|שינתה|הצטרפ|קוד האבטחה|שיחה קולית|שיחת וידאו|"
    r"أضاف|أزال|غادر|أنشأ|غيّر|غير |انضم|رمز أمان|مكالمة|اضافه کرد|حذف کرد\b|ترک کرد|ایجاد کرد|تغییر داد|کد امنیتی|تماس (?:صوتی|تصویری)|"
    r"जोड़ा|हटाया|छोड़|बनाया|बदला|बदल दिया|सुरक्षा कोड|কে যোগ|যোগ করেছেন|সরিয়ে|ছেড়ে|তৈরি করেছেন|পরিবর্তন|"
    r"menambahkan|mengeluarkan|keluar\.?$|membuat grup|mengubah|mengganti|bergabung|kode keamanan|panggilan (?:suara|video)|"
    r"đã (?:thêm|xóa|xoá|rời|tạo|thay đổi|tham gia)|mã bảo mật|cuộc gọi|เพิ่ม|ลบ .*ออก|ออกจากกลุ่ม|สร้างกลุ่ม|เปลี่ยน|"
    r"が.*(?:追加しました|退出しました|作成しました|変更しました|参加しました|削除しました)|セキュリティコード|音声通話|ビデオ通話|"
    r"님(?:이|을|께서).*(?:추가|내보|나갔|만들|변경|참가|초대)|보안 코드|음성 통화|영상 통화|"
    r"添加了|新增了|移除了|退出了|离开了|離開了|已退出|已離開|创建了|建立了|更改了|變更了|加入了|安全代码|安全碼|安全代碼|语音通话|語音通話|视频通话|視訊通話"
)
_CALLS = (
    r"^(?:missed|declined|silenced|unanswered) |^(?:voice|video) call,|\bcall(?:ed)? (?:you )?back$|"
    r"^(?:verpasste|abgelehnte|stummgeschaltete)r? |^(?:llamada|videollamada|ligação|chamada|videochamada|appel|chiamata|"
    r"videochiamata|apel)\b[^\n]{0,40}(?:perdida|não atendida|manqué|persa|pierdut|rechazada|recusada)|^gemiste? |^mistet |"
    r"^missat |^ubesvart?e?t? |^vastaamaton |^zmeškan|^nem fogadott |^propušten|^neodgovorjen|^αναπάντητη|^пропуснат|"
    r"^пропущен|^пропуштен|^cevapsız |^nieodebran|שיחה (?:קולית |וידאו )?שלא נענתה|فائتة|بی‌?پاسخ|بی پاسخ|ازدست‌رفته|"
    r"tak terjawab|tidak dijawab|gọi (?:thoại |video )?(?:nhỡ|lỡ)|สายที่ไม่ได้รับ|ไม่ได้รับสาย|不在着信|부재중|未接|मिस्ड|छूटी|মিসড|"
    r"trucada perduda|nepriimtas|neatbildēt|vastamata|thirrje e humbur"
)
_SETTINGS = (
    r"^only (?:admins|community admins) can|is now end-to-end encrypted|^waiting for this message|\bpinned\b.* message|"
    r"^this (?:group|chat|business|contact|call)\b|^anyone in|^welcome to the (?:community|group)|^your (?:security|chat)|"
    r"broadcast list|^(?:chat|group) (?:lock|history)|\S updated the\b|\S started a\b|\S is in your contacts|"
    r"(?:angeheftet|angepinnt|fixiert|stummgeschaltet)\.?$|^nur (?:admins|community-admins) können|broadcast-?liste|"
    r"mensajes temporales|solo los admin|mensagens temporárias|somente (?:os )?admin|só (?:os )?admin|messages éphémères|"
    r"seuls les admin|messaggi (?:effimeri|temporanei)|solo gli amministratori|(?:verdwijnende|tijdelijke) berichten|"
    r"alleen (?:beheerders|groepsbeheerders)|исчезающие сообщения|зникаючі повідомлення|(?:süreli|kaybolan) mesajlar|"
    r"znikające wiadomości|försvinnande meddelanden|tidsbegränsade meddelanden|forsvindende beskeder|meldinger som forsvinner|"
    r"katoavat viestit|mizející zprávy|miznúce správy|eltűnő üzenetek|mesaj(?:ele|e) temporare|nestajuć|poruke koje nestaju|"
    r"εξαφανιζόμενα|προσωρινά μηνύματα|изчезващи|הודעות (?:זמניות|נעלמות)|الرسائل (?:المؤقتة|ذاتية)|پیام‌های (?:موقت|ناپدید)|"
    r"pesan sementara|mesej (?:sementara|menghilang)|tin nhắn tự (?:hủy|huỷ)|ข้อความชั่วคราว|消えるメッセージ|사라지는 메시지|"
    r"限时消息|限時訊息|阅后即焚|गायब होने वाले|অদৃশ্য|oluşturdu(?:nuz)?\.?$|eklediniz\.?$|(?:açıldı|kapatıldı)\.?$"
)
GROUP = rf"(?i)(?:{_GROUP}|{_CALLS}|{_SETTINGS})"
"""Notices about groups, numbers, security codes and calls: taken for one only after a mark."""

NOT_THE_APP = (
    r"\?\s*$|(?i:^(?:ich|wir|er|jemand|heute|gestern|he|she|they|we|today|yesterday|j['’]ai|nous|yo|ik|wij|я|мы|"
    r"i(?:['’]|\s(?:have|had|was|am|will|just|can|\w+ed|left)))\b)"
)
"""What no notice is: a question, or something that begins like a person's own words."""


def is_encryption(lines: pl.Series) -> pl.Series:
    """Which lines are the notice of encryption. Null counts as not."""
    return lines.str.contains(rf"(?i)^(?:{_ENCRYPTION})").fill_null(False)


_BEGINS_SURE = rf"(?i)^(?:{_MESSAGES}|{_BUSINESS})"


def begins_sure(lines: pl.Series) -> pl.Series:
    """Which lines begin with the words of a notice that is certainly the app's own. Null counts as not."""
    return lines.str.contains(_BEGINS_SURE).fill_null(False)


def is_sure(lines: pl.Series) -> pl.Series:
    """Which lines are certainly the app's own, whatever name stands before them. Null counts as not."""
    begins = begins_sure(lines)
    return scattered(begins, lines.filter(begins).str.contains(SURE))


def scattered(where: pl.Series, values: pl.Series) -> pl.Series:
    """``values`` at the places where ``where`` is true, false elsewhere."""
    result = pl.Series([False]).new_from_index(0, len(where))
    return result.scatter(where.arg_true(), values) if len(values) else result
