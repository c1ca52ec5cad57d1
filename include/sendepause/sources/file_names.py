"""The names that WhatsApp gives to exported chats, in its languages: they hold the other side's name."""

# ruff: noqa: E501 (word lists: some scripts are wide)

from __future__ import annotations

import re

# A blank stands for a blank or an underscore: mail programs and downloads write one for the other.
_BEFORE = (
    "WhatsApp Chat mit|WhatsApp Chat with|WhatsApp Chat -|WhatsApp-Chat mit|WhatsApp chat -|WhatsApp-chat met|"
    "WhatsApp Chat met|WhatsApp-chat med|WhatsApp chat med|WhatsApp-chatt med|WhatsApp chatt med|WhatsApp-gesprek met|"
    "Chat de WhatsApp con|Chat WhatsApp con|Chat di WhatsApp con|Chat WhatsApp com|Chat do WhatsApp com|"
    "Xat de WhatsApp amb|Chat de WhatsApp amb|Conversa do WhatsApp com|Conversa no WhatsApp com|"
    "Conversa de WhatsApp com|Discussion WhatsApp avec|Conversație WhatsApp cu|Chat WhatsApp dengan|"
    "Obrolan WhatsApp dengan|Sembang WhatsApp dengan|Czat WhatsApp z użytkownikiem|Czat WhatsApp z|"
    "WhatsApp chat s kontaktem|WhatsApp chat s|Chat WhatsApp s|Konverzace WhatsApp s|Konverzácia WhatsApp s|"
    "WhatsApp razgovor s|WhatsApp pogovor z|WhatsApp ćaskanje sa|Чат WhatsApp с контактом|Чат WhatsApp с|"
    "Чат WhatsApp з контактом|Чат WhatsApp з|WhatsApp чат с|Συνομιλία WhatsApp με|WhatsApp Sohbeti -|"
    "WhatsApp beszélgetés -|WhatsApp-keskustelu -|צ'אט WhatsApp עם|צ׳אט WhatsApp עם|צאט WhatsApp עם|"
    "דוגמת צ'אט WhatsApp עם|دردشة واتساب مع|محادثة واتساب مع|دردشة WhatsApp مع|محادثة WhatsApp مع|"
    "گپ واتساپ با|گپ WhatsApp با|گفتگوی WhatsApp با|แชท WhatsApp กับ|การแชท WhatsApp กับ|"
    "Cuộc trò chuyện WhatsApp với|Trò chuyện WhatsApp với|WhatsApp 대화 -|WhatsAppトーク履歴 -|WhatsAppチャット -|"
    "WhatsApp 聊天 -|WhatsApp 對話 -|WhatsApp 聊天記錄 -|WhatsApp-chat -"
)
_AROUND = (
    ("与", "的 ?WhatsApp ?(?:聊天|对话|聊天记录)?"),
    ("與", "的 ?WhatsApp ?(?:聊天|對話|聊天記錄)?"),
    ("和", "的 ?WhatsApp ?(?:聊天|对话|聊天记录)"),
    ("", " ?(?:さん)?との ?WhatsApp ?(?:チャット|トーク)(?:履歴)?"),
    ("", "님과의 ?WhatsApp ?(?:대화|채팅)"),
    ("", "님과 나눈 ?WhatsApp ?대화"),
    ("WhatsApp 대화 - ", "님"),
    ("", " ile WhatsApp Sohbeti"),
    ("", " के साथ WhatsApp चैट"),
    ("WhatsApp-keskustelu ", " kanssa"),
    (r"WhatsApp-keskustelu \(", r"\)"),
    ("WhatsApp-beszélgetés ", " partnerrel"),
    ("", " ਨਾਲ WhatsApp ਚੈਟ"),
)
_COPY = r"(?: ?\(\d{1,3}\))?"


def _pattern() -> re.Pattern[str]:
    before = "|".join(re.escape(words).replace(r"\ ", " ") for words in _BEFORE.split("|"))
    shapes = [rf"(?:{before}) ?(?P<name>.+?){_COPY}"]
    shapes += [
        rf"{opening} ?(?P<name{place}>.+?){ending}{_COPY}" for place, (opening, ending) in enumerate(_AROUND)
    ]
    return re.compile("|".join(shapes).replace(" ", "[ _]"), re.IGNORECASE)


_PATTERN = _pattern()
_LONGEST = 300


def partner(stem: str) -> str | None:
    """The name of the person, group or list in a file's name without its extension; None where it has none."""
    found = _PATTERN.fullmatch(stem[:_LONGEST])
    if found is None:
        return None
    name = next(filter(None, found.groups()), "").replace("_", " ").strip()
    return name or None
