"""Text as exports write it: encodings, invisible marks, names and numbers to compare."""

from __future__ import annotations

import codecs
import re
import unicodedata

import polars as pl

from sendepause.errors import BadInput

MARKS = "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u061c"
"""Direction marks and byte order marks, as the inside of a character class. Joiners (U+200C, U+200D) stay."""
SPACES = " \t\u00a0\u202f\u2007\u2009\u3000"

_MARK = re.compile(f"[{MARKS}]")
_SPACE = re.compile(f"[{SPACES}]")
# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_MARKED = tuple(bom for bom, _ in _BOMS)


def decode(data: bytes) -> str:
    """Bytes as text: by byte order mark, else UTF-16 (which has zeros at even or odd places), UTF-8 or
    Windows-1252.

    Windows-1252 is what Excel and old editors write; it is taken only where no byte sequence of the
    file is UTF-8 beyond ASCII, so that a damaged UTF-8 file is refused and not garbled.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data[len(bom) :], encoding)
    head = data[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > 3 + 8 * min(even, odd) and max(even, odd) * 50 > len(head):
        return _decoded(data, "utf-16-le" if odd > even else "utf-16-be")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        lenient = data.decode("utf-8", errors="ignore")
        if lenient.isascii():
            return _decoded(data, "windows-1252")
        raise BadInput(
            "The file is damaged: its text is not UTF-8 throughout.",
            "Export it again.",
            place=f"byte {error.start}",
        ) from None


def as_utf8(data: bytes) -> bytes:
    """As :func:`decode`, but as UTF-8: what is UTF-8 already is only looked through, many times as fast."""
    plain = data.removeprefix(codecs.BOM_UTF8)
    if plain[:4096].count(0) or plain.startswith(_MARKED):
        return decode(data).encode()
    try:
        pl.Series([plain], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:
        return decode(data).encode()
    return plain


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"The file is not readable text ({encoding}).", "Export it again.", place=f"byte {error.start}"
        ) from None


def strip_marks(text: str) -> str:
    """The text without direction marks and byte order marks."""
    return _MARK.sub("", text)


def plain(text: str) -> str:
    """A name as it is shown: without marks, with plain spaces, trimmed."""
    return _SPACE.sub(" ", strip_marks(text)).strip()


def plainly(texts: pl.Series) -> pl.Series:
    """Texts as ``plain`` makes them; what is ASCII costs next to nothing."""
    if not (texts.str.len_bytes() == texts.str.len_chars()).all():
        texts = texts.str.replace_all(f"[{MARKS}]", "").str.replace_all(f"[{SPACES}]", " ")
    elif texts.str.contains("\t", literal=True).any():
        texts = texts.str.replace_all("\t", " ", literal=True)
    return texts.str.strip_chars()


def words(text: pl.Expr) -> pl.Expr:
    """A message's words: without marks, lines ending with LF, else as they are; null stays null."""
    return text.str.replace_all(f"[{MARKS}]", "").str.replace_all("\r\n", "\n", literal=True)


def sound(text: str | None) -> str | None:
    """Half a surrogate pair, which JSON allows and UTF-8 does not, as a question mark."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()


def comparable(text: str) -> str:
    """A name to compare by: NFKC, no format characters, white space runs as one space, casefolded."""
    kept = (char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return " ".join("".join(kept).split()).casefold()


def fold(name: str) -> str:
    """A word to compare: without case, spaces and punctuation."""
    return re.sub(r"[\W_]", "", comparable(name))


def digits_of(text: str) -> str | None:
    """The digits of what looks like a phone number (7 to 15, E.164's bounds in practice), else None."""
    shown = unicodedata.normalize("NFKC", plain(text))
    if not re.fullmatch(r"\+?[\d\s()./\-‐‑–]+", shown):
        return None
    digits = "".join(str(unicodedata.digit(char)) for char in shown if char.isdigit())
    digits = digits.removeprefix("00")
    return digits if 7 <= len(digits) <= 15 else None
