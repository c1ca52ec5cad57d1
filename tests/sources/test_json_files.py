"""JSON files of every form and size, damaged or hostile: read in bounded memory, or refused by place."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sendepause.errors import BadInput
from sendepause.sources import json_chunks, json_records
from sendepause.sources.json_chunks import Opened
from sendepause.sources.json_records import portions, records, shelves

MIB = 1024 * 1024
LONG = b'{"entry":"' + b"x" * (2 * MIB) + b'"}'


def read(data: bytes) -> list[dict[str, Any]]:
    return list(records(io.BytesIO(data)))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything counts as a large file."""
    monkeypatch.setattr(json_chunks, "WHOLE", 64)
    monkeypatch.setattr(json_chunks, "CHUNK", 16)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record may have one MiB."""
    monkeypatch.setattr(json_chunks, "MAX_RECORD", MIB)
    monkeypatch.setattr(json_records, "MAX_RECORD", MIB)


@pytest.fixture(params=["whole", "in pieces"])
def any_size(request: pytest.FixtureRequest) -> None:
    if request.param == "in pieces":
        request.getfixturevalue("small")


NUMBERED = [{"n": number, "t": "ü🚲\u2028"} for number in range(40)]


def as_lines(found: list[dict[str, Any]], end: str = "\n", escaped: bool = False) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=escaped) + end for record in found).encode()


@pytest.mark.usefixtures("any_size")
@pytest.mark.parametrize(
    "data",
    [
        as_lines(NUMBERED),
        as_lines(NUMBERED, "\r\n"),
        as_lines(NUMBERED, "\n\n \t\n"),
        as_lines(NUMBERED).rstrip(),
        b"\xef\xbb\xbf" + as_lines(NUMBERED),
        b"\n\n" + as_lines(NUMBERED),
        as_lines(NUMBERED[:3]) + b"\xef\xbb\xbf" + as_lines(NUMBERED[3:]),
        json.dumps(NUMBERED).encode(),
        json.dumps(NUMBERED, indent=2).encode(),
        b"\xef\xbb\xbf \n" + json.dumps(NUMBERED, ensure_ascii=False).encode(),
    ],
)
def test_lines_and_lists_give_their_records_in_order(data: bytes) -> None:
    assert read(data) == NUMBERED


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_files_in_other_encodings_are_read(encoding: str) -> None:
    assert read(as_lines(NUMBERED).decode().encode(encoding)) == NUMBERED


@pytest.mark.usefixtures("any_size")
def test_an_old_editor_s_encoding_counts_for_the_whole_file_or_not_at_all() -> None:
    old = '{"n": "Größe"}\n{"n": "a"}\n{"n": "Müller"}\n' + '{"n": "a"}\n' * 20
    assert [record["n"] for record in read(old.encode("windows-1252"))][:3] == ["Größe", "a", "Müller"]
    with pytest.raises(BadInput, match="damaged"):
        read(old.encode() + '{"n": "ü"}'.encode("windows-1252"))


@pytest.mark.parametrize("record", [{"a": 1}, {"a": [{"b": "{\n"}]}])
def test_one_object_may_stand_on_one_line_or_on_many(record: dict[str, Any]) -> None:
    assert read(json.dumps(record).encode()) == [record]
    assert read(json.dumps(record, indent=1).encode() + b"\n") == [record]


def test_portions_hold_so_many_records_at_most_and_are_never_empty() -> None:
    assert [len(portion) for portion in portions(io.BytesIO(as_lines(NUMBERED)), 15)] == [15, 15, 10]
    assert [len(portion) for portion in portions(io.BytesIO(as_lines(NUMBERED)), 40)] == [40]
    assert list(portions(io.BytesIO(b"[]"))) == []


@pytest.mark.usefixtures("any_size")
@pytest.mark.parametrize(
    ("data", "place"),
    [
        (as_lines(NUMBERED) + b'{"a":', "line 41"),
        (as_lines(NUMBERED) + b"[]\n", "line 41"),
        (as_lines(NUMBERED) + b"\n\nnull", "line 43"),
        (as_lines(NUMBERED) + b'{"a": "\0"}\n' + as_lines(NUMBERED), "line 41"),
        (as_lines(NUMBERED) + b'{"a": 1' + b"0" * 5000 + b"}\n", "line 41"),
        (as_lines(NUMBERED) + b'{"a": "\xff"}\n', "line 41"),
        (as_lines(NUMBERED) + b'{"a":' * 100_000, "line 41"),
        (json.dumps([*NUMBERED, 5]).encode(), "entry 41"),
        (json.dumps([*NUMBERED, [{}]]).encode(), "entry 41"),
    ],
)
def test_a_fault_behind_good_records_is_told_with_its_place(data: bytes, place: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(data)
    assert refused.value.place == place


@pytest.mark.usefixtures("any_size")
@pytest.mark.parametrize(
    "data",
    [
        json.dumps(NUMBERED).encode()[:-1],
        json.dumps(NUMBERED).encode()[:-20],
        json.dumps(NUMBERED).encode() + b"x",
        json.dumps(NUMBERED).encode() + json.dumps(NUMBERED).encode(),
        b"[" + b'{"a":1},' * 50 + b"]",
        b"[" * 100_000,
        b'[{"a":' + b"[" * 100_000,
        b"\0" * 1000,
        b"[" + b"\0" * 1000,
        b'{"a": ' + b"\0" * 1000 + b"}",
        b"{\n" * 1000,
    ],
)
def test_what_is_cut_off_or_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        read(data)


def test_a_line_of_a_hundred_megabytes_is_refused_by_its_number_before_all_of_it_is_read() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b'{"a": 1}\n{"b": "' if self.given == size else b"x" * size

    stream = Endless()
    with pytest.raises(BadInput, match="larger than any") as refused:
        list(records(stream))  # type: ignore[arg-type]
    assert refused.value.place == "line 2" and stream.given < 40 * MIB


@pytest.mark.usefixtures("short", "any_size")
def test_a_record_too_large_is_refused_in_every_form() -> None:
    for data in (LONG, b"{}\n" + LONG, b"[" + LONG + b"]", b"{\n" + LONG[1:], b"[{}," + LONG + b"]"):
        with pytest.raises(BadInput, match=r"larger than any|does not parse"):
            read(data)


def test_a_stream_may_give_less_than_it_is_asked_for() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 7))

    assert list(records(Slow(as_lines(NUMBERED)))) == NUMBERED


def test_whether_lines_were_meant_is_told_from_the_beginning(small: None) -> None:
    assert Opened(io.BytesIO(b'{"a": 1}\n' * 30)).is_lines()
    assert Opened(io.BytesIO(b'{"a": 1' * 30 + b"\n{}")).is_lines()
    assert not Opened(io.BytesIO(b'{\n "a": [\n' + b"1,\n" * 30 + b"1]}")).is_lines()


CHATS = {
    "491713920020@s.whatsapp.net": {
        "name": "Ida",
        "avatar": [1, {"a.b": []}],
        "messages": {
            str(number): {"data": "ü" * number, "deep": {"messages": {"1": 2}}} for number in range(7)
        },
        "status": None,
    },
    "1203@g.us": {"name": None, "messages": [{"data": "a"}, 5, None]},
    "empty": {"messages": {}},
    "none": {"name": "Bo"},
    "odd": {"messages": 5},
    "scalar": [1, {"messages": {}}],
}


@pytest.mark.parametrize("text", [json.dumps(CHATS), json.dumps(CHATS, indent=1), json.dumps(CHATS) * 2])
def test_shelves_give_the_same_however_large_the_file_is(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> list[tuple[str, Any, list[tuple[str, Any]]]]:
        given = shelves(io.BytesIO(text.encode()), "messages", 3)
        return [(key, others.get("name"), entries) for key, others, entries in given]

    expected = [
        (key, chat.get("name"), entries[start : start + 3])
        for key, chat in CHATS.items()
        if isinstance(chat, dict)
        and isinstance(chat.get("messages"), dict | list)
        and (entries := _entries(chat["messages"])) is not None
        for start in range(0, max(len(entries), 1), 3)
    ]
    if text.count("Ida") == 1:
        assert found() == expected
    monkeypatch.setattr(json_chunks, "WHOLE", 64)
    in_pieces = [shelf for shelf in found() if shelf[2] or shelf[0] == "empty"]
    assert in_pieces == expected * text.count("Ida")


def _entries(messages: Any) -> list[tuple[str, Any]]:
    pairs = messages.items() if isinstance(messages, dict) else enumerate(messages)
    return [(str(name), entry) for name, entry in pairs]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("cut", [-1, -30, 90])
def test_a_cut_off_shelf_is_refused(cut: int) -> None:
    with pytest.raises(BadInput, match="does not parse"):
        list(shelves(io.BytesIO(json.dumps(CHATS).encode()[:cut]), "messages"))


@pytest.mark.usefixtures("small", "short")
@pytest.mark.parametrize(
    "entry", [b'"' + b"x" * (2 * MIB) + b'"', b'["' + b'x","' * MIB + b'"]', b'{"a":' * 1000]
)
def test_an_entry_too_large_or_too_deep_is_refused_before_it_is_whole(entry: bytes) -> None:
    with pytest.raises(BadInput, match=r"larger|nested"):
        list(shelves(io.BytesIO(b'{"a": {"messages": {"1": ' + entry + b"}}}"), "messages"))


_PEAK = """
import sys
from sendepause.errors import BadInput
from sendepause.sources import reader
from sendepause.sources.base import ReadContext
from tests.memory import peak_mib
class Pattern:
    def __init__(self, head, body, times): self.parts, self.rest = iter([head, *[body] * times]), b""
    def read(self, size):
        while len(self.rest) < size and (part := next(self.parts, None)) is not None: self.rest += part
        given, self.rest = self.rest[:size], self.rest[size:]
        return given
head, unit, many, times = eval(sys.argv[2])
body = unit * many
try:
    for reading in reader(sys.argv[1])(Pattern(head, body, times), "a.json", ReadContext()): pass
except BadInput as refused:
    print(refused.what, refused.place)
print(peak_mib())
"""


@pytest.mark.parametrize(
    ("head", "unit", "many", "times"),
    [
        pytest.param(b"", b"{}\n", 50_000, 6, id="very many empty objects"),
        pytest.param(b"[{}", b",{}", 50_000, 100, id="a list of them, just whole"),
        pytest.param(b"", b"\n", 100_000, 300, id="nothing but ends of lines"),
        pytest.param(b"{}\n", b"x", MIB, 100, id="a line of 100 MB"),
        pytest.param(b'[{}, "', b"x", MIB, 100, id="an entry of 100 MB"),
        pytest.param(b"[{}, ", b"[", MIB, 100, id="100 MB of brackets"),
        pytest.param(b"[", b'{"a":0,"b":0,"c":0,"d":0,"e":0},', 12_500, 50, id="small objects, in pieces"),
        pytest.param(b"[", b'{"":0},', 50_000, 47, id="small objects, just whole"),
        pytest.param(
            b'{"entry":[{"changes":[{"value":{"statuses":[{}',
            b',{"id":"1"}',
            50_000,
            28,
            id="one call of a million statuses",
        ),
    ],
)
def test_memory_stays_below_one_gibibyte(head: bytes, unit: bytes, many: int, times: int, root: Path) -> None:
    command = [sys.executable, "-c", _PEAK, "cloud_api_webhook", repr((head, unit, many, times))]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PYTHONPATH": f"{root / 'include'}:{root}"}
    )
    assert int(done.stdout.split()[-1]) < 1024, done.stdout


@pytest.fixture
def root() -> Path:
    return Path(__file__).parents[2]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("form", ["%s", "[%s]", "{}\n%s\n"])
def test_what_python_takes_for_a_number_and_json_does_not_is_refused(value: str, form: str) -> None:
    with pytest.raises(BadInput, match="does not parse"):
        read((form % f'{{"a": {value}}}').encode())
