"""Words of the app's notices that tell a group or a list from a direct chat, and the owner from the others."""

# ruff: noqa: E501 (word lists: some scripts are wide)

from __future__ import annotations

import re

GROUP_NAME = re.compile('[„“"«»「『‘](.+?)[“”"»«」』’]')
"""A quoted name."""
GROUP_WORD = re.compile(
    r"grupp|group|grupo|groupe|gruppo|groep|ryhm|skupin|csoport|групп|груп|ομάδα|grup|群|グループ|그룹|nhóm|กลุ่ม|مجموعة|گروه|"
    r"קבוצ|ग्रुप|গ্রুপ|hinzugefügt|added|admin",
    re.IGNORECASE,
)
"""Words of notices in groups alone."""
LIST_WORD = re.compile(
    r"broadcast|broadcastliste|verzendlijst|(?:lista|llista|liste|listă) (?:de )?(?:difusión|difusió|diffusion|"
    r"transmissão|difusão|difuzare|distribución)|рассылк|розсилк|toplu mesaj listesi|alıcı listesi|rozgłosze|"
    r"seznam příjemců|hromadn|sändlista|utskickslist|udsendelsesliste|kringkastingsliste|lähetyslista|jakelulista|"
    r"λίστα μετάδοσης|üzenetszórás|daftar siaran|senarai siaran|siaran|קבוצת תפוצה|רשימת תפוצה|قائمة (?:بث|نشر|إرسال)|"
    r"فهرست پخش|لیست پخش|ब्रॉडकास्ट|ব্রডকাস্ট|براڈکاسٹ|广播列表|廣播|群发|群發|一斉配信|ブロードキャスト|동보|단체 메시지|"
    r"danh sách (?:phát|quảng bá)|tin quảng bá|บรอดแคสต์|บรอดคาสต์|izvještavanj|emitiranj",
    re.IGNORECASE,
)
"""How the app calls a broadcast list."""
BY_YOU = re.compile(
    r"^(?:you (?:created|added|removed|changed|deleted|left|turned|pinned|joined|updated)|du (?:hast|bist (?:der|über|mit)) |"
    r"sie haben |(?:creaste|añadiste|agregaste|eliminaste|saliste|cambiaste) |vous avez |hai (?:creato|aggiunto|rimosso|"
    r"cambiato|modificato|abbandonato) |você (?:criou|adicionou|removeu|saiu|mudou|alterou) |(?:criaste|adicionaste) |"
    r"(?:je|u) hebt |вы (?:создали|добавили|удалили|изменили|вышли)|utworzono grupę|grup oluşturdunuz)",
    re.IGNORECASE,
)
"""The app speaks to the owner, in a group, of what the owner did there."""
MISSED = re.compile(
    r"^(?:missed|silenced|verpasst|llamada (?:de voz |de vídeo )?perdida|videollamada perdida|appel (?:vocal|vidéo) manqué|"
    r"chamada de (?:voz|vídeo) perdida|chiamata vocale persa|videochiamata persa|gemiste?|пропущенн|cevapsız|nieodebran|"
    r"missat|ubesvar|ubesvart|vastaamaton|zmeškan|propušten|αναπάντητη|nem fogadott)",
    re.IGNORECASE,
)
"""A call that the owner missed: the iPhone labels it with the caller."""
