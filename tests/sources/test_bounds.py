"""Nothing from outside is trusted: archives, sizes, random bytes, and what is read again."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources import hostile
from tests.sources.formats import read, shown, zipped

from sendepause.errors import BadInput
from sendepause.sources import READERS, archive, base, chat_lines, read_whole, reader
from sendepause.sources.base import ReadContext

ENV = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
CHAT = "30.05.23, 18:44 - Ida: Moin\n"


def texts(data: bytes) -> list[str]:
    return [message["text"] for message in shown("chat_export", data, "WhatsApp Chat mit Ida.zip")]


def test_an_unknown_kind_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(BadInput, match="chat_exporter_json"):
        reader("fax")


def test_an_unknown_time_zone_is_refused() -> None:
    for name in ("Mars/Olympus", "", "../etc", "Europe"):
        with pytest.raises(BadInput, match="time zone"):
            read("chat_export", CHAT, time_zone=name)


@pytest.mark.parametrize(
    "files",
    [
        {"_chat.txt": CHAT},
        {"__MACOSX/._chat.txt": "junk", "Chat/_chat.txt": CHAT, "Chat/1.jpg": b"\xff\xd8"},
        {"WhatsApp Chat mit Ida.txt": CHAT, "Notizen.txt": "30.05.23, 18:44 - Bo: nein\n"},
        {"_chat.txt": CHAT + "x <attached: 00000001-WhatsApp Chat with Bo.txt>\n",
         "00000001-WhatsApp Chat with Bo.txt": "30.05.23, 18:44 - Bo: nein\n"},
        {"Obrolan.txt": CHAT},
        {"../../_chat.txt": CHAT},
    ],
)  # fmt: skip
def test_the_chat_in_an_archive_is_found(files: dict[str, bytes | str]) -> None:
    (first, *_) = texts(zipped(files))
    assert first.startswith("Moin")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"1.jpg": b"\xff\xd8"},
        {"__MACOSX/_chat.txt": CHAT},
        {"a.txt": CHAT, "b.txt": CHAT},
        {"a/_chat.txt": CHAT, "b/_chat.txt": CHAT},
        {"_chat.txt": ""},
        {"_chat.txt": "no chat"},
        {"inner.zip": zipped({"_chat.txt": CHAT})},
    ],
)
def test_an_archive_without_one_chat_is_refused(files: dict[str, bytes | str]) -> None:
    with pytest.raises(BadInput):
        texts(zipped(files))


@pytest.mark.parametrize("cut", [10, 0.5, -1, -22])
def test_a_damaged_archive_is_refused_whole(cut: float) -> None:
    data = zipped({"_chat.txt": CHAT * 50, "1.jpg": bytes(range(256))})
    with pytest.raises(BadInput, match="damaged"):
        texts(data[: int(len(data) * cut) if isinstance(cut, float) else cut])


def test_a_flipped_bit_in_the_chat_is_refused() -> None:
    data = bytearray(zipped({"_chat.txt": CHAT * 50}))
    data[45] ^= 0x55
    with pytest.raises(BadInput):
        texts(bytes(data))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"_chat.txt": b"0" * (20 * 1024 * 1024)})
    with pytest.raises(BadInput, match="unpacks to more"):
        texts(bomb)
    monkeypatch.setattr(archive, "MAX_BYTES", 100)
    with pytest.raises(BadInput, match="unpacks to more"):
        texts(zipped({"_chat.txt": CHAT * 10}))


def test_a_lying_directory_does_not_unpack_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 100)
    monkeypatch.setattr(zipfile.ZipInfo, "file_size", property(lambda _: 10, lambda *_: None), raising=False)
    with pytest.raises(BadInput):
        texts(zipped({"_chat.txt": CHAT * 10}))


def test_an_archive_of_very_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 2)
    with pytest.raises(BadInput, match="more than 2 files"):
        texts(zipped({"_chat.txt": CHAT, "1.jpg": b"", "2.jpg": b""}))


def test_a_file_beyond_the_limit_is_refused_without_being_read_further() -> None:
    stream = io.BytesIO(b"x" * 1000)
    with pytest.raises(BadInput, match="larger"):
        base.take(stream, 100)
    assert stream.tell() == 101


def test_a_line_longer_than_any_message_is_refused_with_its_place() -> None:
    with pytest.raises(BadInput) as refused:
        read("chat_export", CHAT + "30.05.23, 18:45 - Ida: " + "x" * chat_lines.MAX_LINE)
    assert refused.value.place == "line 2"


@pytest.mark.parametrize("kind", sorted(READERS))
def test_hostile_files_of_100_mb_and_more_are_refused_in_bounded_memory(kind: str) -> None:
    told = subprocess.run([sys.executable, hostile.__file__, kind], env=ENV, capture_output=True, check=True)
    found = json.loads(told.stdout)
    assert found["mib"] < 1024
    assert all(found["said"].values()), found["said"]


def _archive(name: str, content: str = CHAT, *, bits: int = 0, mode: int = 0) -> bytes:
    """An archive with one member, of whose name and kind its directory says what it is told to."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        entry = zipfile.ZipInfo("x" * len(name.encode()))
        entry.external_attr = mode << 16
        made.writestr(entry, content)
    data = packed.getvalue().replace(entry.filename.encode(), name.encode())
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + bits.to_bytes(2, "little") + data[at + 2 :]


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/_chat.txt",
        "/etc/_chat.txt",
        "C:\\Users\\Ida\\_chat.txt",
        "WhatsApp Chat mit Jürgen.txt",  # in UTF-8 without saying so, as macOS packs
        "x" * 60_000 + "/_chat.txt",
        "_chat.txt/../_chat.txt",
    ],
)
def test_names_in_an_archive_are_looked_at_and_lead_nowhere(name: str) -> None:
    data, inner = archive.chat_in(io.BytesIO(_archive(name)))
    assert data == CHAT.encode()
    assert inner in ("_chat.txt", "WhatsApp Chat mit Jürgen.txt")


def test_a_folder_of_other_systems_is_hidden_too() -> None:
    with pytest.raises(BadInput, match="no chat"):
        texts(_archive("__MACOSX\\._chat.txt"))


def test_a_link_in_an_archive_is_no_chat() -> None:
    with pytest.raises(BadInput, match="no chat"):
        texts(_archive("_chat.txt", "/etc/passwd", mode=stat.S_IFLNK | 0o777))


def test_an_encrypted_chat_is_refused_as_such() -> None:
    with pytest.raises(BadInput, match="without a password"):
        texts(_archive("_chat.txt", bits=1))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, 9, 98])
def test_an_unusual_packing_is_refused_as_such(method: int) -> None:
    data = bytearray(_archive("_chat.txt"))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = data.index(mark) + at
        data[start : start + 2] = method.to_bytes(2, "little")
    with pytest.raises(BadInput, match="unusual"):
        texts(bytes(data))


def test_archives_in_an_archive_are_told_to_be_unpacked() -> None:
    inner = zipped({"_chat.txt": CHAT})
    with pytest.raises(BadInput, match="Unpack it"):
        texts(zipped({"Ida.zip": inner, "Bo.zip": inner}))


def test_a_list_of_files_larger_than_honest_ones_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 100_000)
    many = zipped({"_chat.txt": CHAT} | {f"{number}.jpg": b"" for number in range(2_500)})
    with pytest.raises(BadInput, match="more than"):
        texts(many)


def test_members_that_overlap_unpack_to_no_more_than_one_chat_may() -> None:
    """As in "a better zip bomb": many names for the same bytes."""
    chat = CHAT * 100_000
    data = zipped({"WhatsApp 1.txt": chat})
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    count = 50
    listed = b"".join(
        data[start:end].replace(b"WhatsApp 1", b"WhatsApp" + f"{number:2}".encode())
        for number in range(10, 10 + count)
    )
    tail = bytearray(data[end:])
    tail[8:12] = count.to_bytes(2, "little") * 2
    tail[12:16] = len(listed).to_bytes(4, "little")
    with pytest.raises(BadInput):
        texts(data[:start] + listed + bytes(tail))


def test_a_zip64_archive_is_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made, made.open("_chat.txt", "w", force_zip64=True) as member:
        member.write(CHAT.encode())
    assert texts(packed.getvalue()) == ["Moin"]


def test_a_chat_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_lines, "MAX_CHAT_LINES", 3)
    with pytest.raises(BadInput, match="more than 3 lines"):
        read("chat_export", CHAT + "\n" * 4)


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_random_bytes_are_read_or_refused(kind: str, data: bytes) -> None:
    _read_or_refuse(kind, data)


PIECES = """30.05.23, 18:44|[1/2/24, 3:04:05 PM]|2024. 1. 2. 오후 3:04| - |: |:|\n|\r\n|\u200e|\u202f|Ida
<Media omitted>|<attached: 1-a.jpg>|„|“|"|x|0|٣|\ufeff|\0|;|,|Datum;Uhrzeit;Nachricht\n|date,time,message\n
2024-03-09|17:00|{|}|"key"|[|]|null|1710000000|{"event":"message","payload":|{"entry":[{"changes":[{"value":"""
PIECES = [piece or "\n" for line in PIECES.split("\n") for piece in line.split("|")]


@given(st.sampled_from(sorted(READERS)), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@settings(max_examples=250, deadline=None)
def test_pieces_of_real_files_in_any_order_are_read_or_refused(kind: str, text: str) -> None:
    _read_or_refuse(kind, text.encode())


_KEYS = """event payload data key message entry changes value messages id statuses timestamp messageTimestamp
from remoteJid fromMe metadata _data text type body 1@c.us meta low high user server history"""
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS.split()), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(st.sampled_from(sorted(READERS)), _JSON)
@settings(max_examples=200, deadline=None)
def test_records_of_any_shape_are_read_or_refused(kind: str, value: object) -> None:

    _read_or_refuse(
        kind,
        json.dumps({"event": "messages.upsert", "payload": value, "data": value} | {"a": value}).encode(),
    )
    _read_or_refuse(kind, json.dumps(value).encode())


def _read_or_refuse(kind: str, data: bytes) -> None:
    try:
        reading = read_whole(kind, io.BytesIO(data), "a.txt", ReadContext("Europe/Berlin", owner="Ida"))
    except BadInput as refused:
        assert refused.what
    else:
        assert reading.messages.schema == base.MESSAGES


WORDS = st.text(
    st.characters(categories=["L", "N", "Po", "So", "Zs"], exclude_characters="\u3000:"), max_size=20
)
NAMES = st.sampled_from(["Ida Krug", "Bo", "~ Rike", "+49 171 3920002", "林可", "Sandra - Fischhof"])
FORMATS = {
    "android-de": ("{:%d.%m.%y, %H:%M} - ", 60),
    "android-us": ("{:%m/%d/%y, %I:%M %p} - ", 60),
    "iphone-de": ("[{:%d.%m.%y, %H:%M:%S}] ", 1),
    "iphone-iso": ("[{:%Y-%m-%d, %H:%M:%S}] ", 1),
    "android-fi": ("{:%d.%m.%Y klo %H.%M} - ", 60),
}
CONTINUED = st.lists(WORDS.map(lambda text: f"x{text}x"), min_size=1, max_size=3).map("\n".join)


@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(st.integers(0, 40_000_000), NAMES, CONTINUED), min_size=1, max_size=8),
)
@settings(max_examples=80, deadline=None)
def test_a_chat_that_is_written_is_read_back(form: str, messages: list[tuple[int, str, str]]) -> None:
    pattern, step = FORMATS[form]
    # The 25th of a month first: it tells day and month apart.
    start = datetime(2022, 5, 25, 12, 0)  # noqa: DTZ001
    told = [(start, "Ida Krug", "x")]
    told += [
        (start + timedelta(seconds=after // step * step), who, text) for after, who, text in sorted(messages)
    ]
    file = "".join(f"{pattern.format(at)}{who}: {text}\n" for at, who, text in told)
    found = shown("chat_export", file, time_zone="UTC")
    given_back = [(m["sent_at"], m["author"], m["text"].split()) for m in found]
    assert given_back == [(f"{at.isoformat()}+00:00", who, text.split()) for at, who, text in told]
