"""Keyed pseudonyms: what takes the place of recipients' numbers, names and message texts on the disk.

All are HMAC-SHA-256, cut to 128 bits, under keys made from one secret for each label, so that a
counterpart's pseudonym can never be compared with a content's fingerprint. Without the key nobody can try
out all phone numbers; with another key nothing old can be recognised, which is why a changed key is refused.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Collection

import polars as pl
import polars_hash as plh

from sendepause.errors import BadInput
from sendepause.frames import mapped
from sendepause.settings import e164
from sendepause.sketches import sketches
from sendepause.store import queries
from sendepause.store.database import Session

NOTE = "key_fingerprint"
"""The name of the store's note that holds the fingerprint of the key in use."""

SHORTEST_KEY = 16  # bytes: 128 bits, what the pseudonyms themselves have
_DIGITS = 32  # hexadecimal: 128 bits
SIGN = "#"  # stands for every number, id and link in a text

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_JID = re.compile(r"(\d{7,15})(?::\d+)?@(?:s\.whatsapp\.net|c\.us)")
_PHONE = re.compile(r"(?:\+|00)?\s*\d[\d\s().\-/]{5,}\d")
# A trunk zero ("+49 0171 …") would stand among the first digits after a country code of 1 to 3 digits.
_CANONICAL = re.compile(r"\+[1-9][1-9]{4}\d{2,10}")

# Nine digits or more, as people part them; what is a date and a time is no number.
_LIKE_A_NUMBER = re.compile(r"\+?(?:\d[\s()./_-]{0,3}){9,}")
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d([-_.]?)[01]\d\1[0-3]\d(?:[T_ -]?[0-2]\d([-:.]?)[0-5]\d(?:\2[0-5]\d)?)?(?!\d)"
)

_LINK = r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)+/\S*"
_WITH_DIGIT = r"\w*\d\w*(?:[.,:/\-]\w*\d\w*)*"  # dates, amounts, order numbers, hexadecimal ids
# What NFKC and case folding leave alone, but for digits and the stroke of links.
PLAIN = " !-.:-@\\[-`a-z{-~¡£§©«®°±»¿à-öø-ÿ„“”‚‘’‹›–—•€☺✅✨\U0001f300-\U0001faf8"
_NOT_PLAIN = rf"[^{PLAIN}]|  |www\."
_NOT_NEARLY = rf"[^{PLAIN}/0-9\n]"
_IN_WORD = "[a-z0-9_à-öø-ÿ]"  # ``\w`` among the plain letters, for which it need not know all scripts
_WITH_PLAIN_DIGIT = _WITH_DIGIT.replace(r"\w", _IN_WORD).replace(r"\d", "[0-9]")


class Pseudonymiser:
    """Makes pseudonyms under one key, for whole columns. The key is never shown, also not by ``repr``.

    BadInput where the key is missing or shorter than 16 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST_KEY:
            raise BadInput(
                "The key for pseudonyms is missing."
                if not key
                else f"The key for pseudonyms has {len(key)} bytes, fewer than {SHORTEST_KEY}.",
                "Restore the key that was used so far; for a first installation make one with"
                " `openssl rand -hex 32`.",
                means="Nothing was read: numbers and texts must not reach the disk in clear.",
            )
        self._key = key

    @classmethod
    def from_secret(cls, secret: str | None) -> Pseudonymiser:
        """From the secret text of a connection, without white space around it."""
        return cls((secret or "").strip().encode())

    def counterpart(self, values: pl.Series) -> pl.Series:
        """The pseudonyms of counterparts (text), 32 hexadecimal digits each; null stays null.

        A phone number counts in E.164 whatever its spelling, so one person in two sources has one
        pseudonym. Names and group ids count without case, invisible marks and superfluous space.
        """
        return mapped(values, lambda few: self._hash("counterpart", pl.Series([*map(spelled, few)])))

    def content(self, values: pl.Series) -> pl.Series:
        """The fingerprints of message texts, 32 hexadecimal digits each; null for null and empty texts.

        Texts that differ only in case, white space, links, numbers or ids have one fingerprint: a
        template stays recognisable with another customer's order number in it.
        """
        return self._hash("content", _template(values.cast(pl.String)))

    def contents(self, texts: pl.Series, sketched: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The fingerprints of message texts as :meth:`content` makes them, and the sketches of those that
        are to have one (``sketched``, true or false): by them texts are alike in which other words, such
        as the name, differ. See ``sketches``.
        """
        templates = _template(texts.cast(pl.String))
        chosen = templates.to_frame("text").select(pl.when(sketched).then("text")).to_series()
        under = hmac.digest(self._key, b"sketch", "sha256")
        return self._hash("content", templates), sketches(chosen, under)

    def event(self, values: pl.Series) -> pl.Series:
        """The ids of events from a tool's own ids, which may contain a number; 32 hexadecimal digits."""
        return self._hash("event", values)

    def campaign(self, values: pl.Series) -> pl.Series:
        """What takes the place of a message's campaign: a free field, in which tools send what they like."""
        return self._hash("campaign", values)

    def path(self, name: str) -> str:
        """What takes the place of a file's name that may name a person, 12 hexadecimal digits."""
        return hmac.digest(self._key, b"path\0" + name.encode(errors="surrogateescape"), "sha256").hex()[:12]

    def fingerprint(self) -> str:
        """A sign of the key itself, from which the key cannot be found: 32 hexadecimal digits.

        Another way to make pseudonyms gets another sign, as another key does: the old ones match no more.
        """
        return hmac.digest(self._key, b"key\0002", "sha256").hex()[:32]

    def _hash(self, label: str, values: pl.Series) -> pl.Series:
        if values.null_count() == len(values):
            return values.cast(pl.String)
        under = hmac.digest(self._key, label.encode(), "sha256").hex()
        table = values.to_frame("value").lazy()
        made = table.select(plh.col("value").chash.hmac_sha256(key=under).str.head(_DIGITS))
        return made.collect(engine="streaming").to_series().alias(values.name)


def _template(texts: pl.Series) -> pl.Series:
    """Texts as they are compared. Most are plain and only want small letters; others are folded further."""
    small = pl.col("text").str.to_lowercase().str.replace_all("ß", "ss", literal=True).str.strip_chars(" ")
    odd = pl.col("text").str.contains(_NOT_PLAIN)
    table = texts.alias("text").to_frame().lazy().select(small).with_columns(odd=odd)
    done = table.collect(engine="streaming")
    places = done["odd"].fill_null(False).arg_true()
    plain = done["text"]
    if len(places):
        plain = plain.scatter(places, _odd(plain.gather(places), texts.gather(places)))
    return plain.set(plain == "", None).alias(texts.name)


def _odd(small: pl.Series, texts: pl.Series) -> pl.Series:
    """Texts with numbers or links, and those with any letter or sign besides: ``small`` in small letters."""
    further = small.str.contains(_NOT_NEARLY)
    linked = small.str.contains(r"/|www\.") & ~further
    if linked.any():
        places = linked.arg_true()
        small = small.scatter(places, small.gather(places).str.replace_all(_LINK, SIGN))
    table = (
        small.alias("text")
        .to_frame()
        .lazy()
        .select(
            pl.col("text")
            .str.replace_all(_WITH_PLAIN_DIGIT, SIGN)
            .str.replace_all(r"[ \n]{2,}|\n", " ")
            .str.strip_chars()
        )
    )
    folded = table.collect(engine="streaming").to_series()
    places = further.arg_true()
    return folded.scatter(places, _folded(texts.gather(places))) if len(places) else folded


def _folded(texts: pl.Series) -> pl.Series:
    text = pl.col("text").str.normalize("NFKC").str.to_lowercase().str.replace_many(["ß", "ς"], ["ss", "σ"])
    text = text.str.replace_all(_LINK, SIGN).str.replace_all(_WITH_DIGIT, SIGN)
    text = text.str.replace_all(r"\s+", " ").str.strip_chars()
    return texts.alias("text").to_frame().lazy().select(text).collect(engine="streaming").to_series()


def digest(values: pl.Series) -> pl.Series:
    """Ids of what holds pseudonyms alone and needs no key any more, 32 hexadecimal digits (BLAKE3)."""
    table = values.to_frame("value").lazy()
    made = table.select(plh.col("value").chash.blake3().str.head(_DIGITS)).collect(engine="streaming")
    return made.to_series().alias(values.name)


def spelled(counterpart: str) -> str:
    """The one spelling of a counterpart: E.164 for a phone number or its JID, else the plain name."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", counterpart)).strip()
    if _CANONICAL.fullmatch(plain):
        return plain
    jid = _JID.fullmatch(plain)
    if jid:
        return "+" + jid[1]
    international = plain.startswith(("+", "00")) or plain.isdecimal()
    if international and _PHONE.fullmatch(plain):
        digits = re.sub(r"\D", "", plain.replace("(0)", ""))
        number = "+" + (digits[2:] if plain.startswith("00") else digits)
        try:
            return e164(number)
        except ValueError:
            return number
    return " ".join(plain.removeprefix("~").split()).casefold()


def holds_a_number(text: str, own: Collection[str] = ()) -> bool:
    """Whether a text holds what looks like a phone number, however it is spelled, but for ``own`` (E.164)."""
    found = (match[0].strip(" ()./_-") for match in _LIKE_A_NUMBER.finditer(_DATE.sub(" ", text)))
    return any(spelled(number) not in own for number in found)


def check_key(session: Session, pseudonymiser: Pseudonymiser) -> None:
    """Keep the key's fingerprint in the store at its first use, and refuse another key from then on.

    :raises BadInput: where the store remembers another key.
    """
    kept, given = queries.note(session, NOTE), pseudonymiser.fingerprint()
    if kept is None:
        queries.set_note(session, NOTE, given)
    elif not hmac.compare_digest(kept, given):
        raise BadInput(
            f"The key for pseudonyms is not the one in use so far (fingerprint {given[:8]}, was {kept[:8]}).",
            "Restore the former key. If it is lost for good, delete the folders `events` and `activity` and"
            " the store's notes of files, and let all sources be read again with the new key.",
            means="Nothing was read: old and new pseudonyms would not match, so repeated texts and first"
            " contacts would be judged wrongly.",
        )
