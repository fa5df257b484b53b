"""Bytes are what they are: second files in a first, archives, data turned into letters, room beside a picture."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import pickle
import random
import struct
import tarfile
import zipfile
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.polyglot import second_kinds
from egress_review.checks.uncheckable import EXTENSIONS
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import Flagged, Verdict
from egress_review.previews import preview_from_wire, preview_of, preview_to_wire
from egress_review.scan_main import _subject
from tests.benchmarks.egress_documents import docx, pdf
from tests.unit.egress_review.egress_files import DEFAULT, chunk, flagged, jpeg, look, png, segment, zipped

WITH_ZIP = replace(DEFAULT, types=(*DEFAULT.types, "zip"))
NOISE = random.Random(7).randbytes(6000)


def rules(name: str, content: str | bytes) -> set[str]:
    return {rule for rule, _ in flagged(look(name, content))}


def archive(*members: tuple[str, bytes], extra: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members:
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.extra = zipfile.ZIP_DEFLATED, extra
            package.writestr(entry, data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png(tail=zipped())),
        ("a.jpg", jpeg(tail=zipped())),
        ("a.png", png(chunk(b"prVt", zipped()))),
        ("a.pdf", pdf([[(60, 700, "a")]]) + zipped()),
        ("a.png", png(tail=b"%PDF-1.4\n%%EOF")),
        ("a.txt", "note\n%PDF-1.4\nmore\n%%EOF\n"),
        ("a.jpg", jpeg(segment(0xFE, png()))),
        ("a.png", png(chunk(b"tEXt", b"Comment\0<script>1</script>"))),
        ("a.zip", zipped()[:0] + png(tail=zipped())),
    ],
)
def test_a_file_that_is_two_files_is_blocked(name: str, content: str | bytes) -> None:
    assert "file.polyglot" in rules(name, content)
    assert look(name, content).blocked


def test_an_ordinary_file_is_one_file() -> None:
    for name, content in (("a.png", png()), ("a.docx", docx(["a"])), ("a.csv", b"group,n\nA,25\n"), ("b.jpg", jpeg())):
        assert "file.polyglot" not in rules(name, content)
    assert second_kinds(b"BMI,n\n22,25\n", "text") == []


@pytest.mark.parametrize(
    "first", ["BMI,n\n22,25\n", "MZ,n\nA,25\n", "ORC,n\nA,25\n", "GIF89,n\nA,25\n", "PAR1,n\nA,25\n"]
)
def test_a_table_whose_first_word_is_a_mark_of_another_kind_is_a_table(first: str) -> None:
    assert look("a.csv", first).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a,b", mtime=0),
        bz2.compress(b"a,b"),
        b"7z\xbc\xaf\x27\x1c" + b"\0" * 30,
        b"Rar!\x1a\x07\x01\x00" + b"\0" * 30,
        zipped(),
    ],
)
def test_an_archive_is_refused_and_the_fix_says_to_unpack_it(content: bytes) -> None:
    for name in ("a.tar", "a.csv.gz", "a.txt", "a.7z"):
        (finding,) = [f for f in look(name, content).findings if isinstance(f, Flagged) and f.rule == "file.type"]
        assert "Unpack" in finding.fix.en
        assert "압축" in finding.fix.ko


def test_a_tar_is_refused() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("a.csv"))
    assert look("a.tar", target.getvalue()).blocked
    assert look("a.csv", target.getvalue()).blocked


def test_a_reviewer_sees_what_is_packed_in_an_archive_at_the_place_that_findings_name() -> None:
    inner = archive(("u.csv", b"group,n\nB,4\n"), ("deep.zip", zipped()))
    data = archive(("t.csv", b"group,n\nA,25\n"), ("in.zip", inner), ("d.docx", docx(["all fine"])))
    shown = preview_of(_subject(InputFile.of("a.zip", data), WITH_ZIP, Claims()))
    assert preview_from_wire(preview_to_wire(shown)) == shown
    parts = dict(shown.parts)
    assert parts["member[1] t.csv"].rows == (("group", "n"), ("A", "25"))
    assert parts["member[2].member[1] in.zip/u.csv"].rows == (("group", "n"), ("B", "4"))
    assert parts["member[2].member[2] in.zip/deep.zip"].kind == "none"
    assert parts["member[3] d.docx document"].text.strip() == "all fine"


def test_where_a_policy_allows_archives_every_member_is_checked_as_a_file() -> None:
    good = archive(("t.csv", b"group,n\nA,25\n"), ("f.png", png()), ("d.docx", docx(["all fine"])))
    assert look("a.zip", good, policy=WITH_ZIP).verdict is Verdict.PASSED
    bad = archive(
        ("t.csv", b"group,n\nA,3\n"),
        ("d.docx", docx(["see 901106-1896546"])),
        ("x.pkl", pickle.dumps([1])),
        ("i.zip", archive(("j.zip", zipped()))),
        ("f.png", png(tail=b"more")),
        ("k.zip", archive(("t.csv", b"group,n\nA,25\n"), ("u.csv", b"group,n\nB,4\n"))),
    )
    places = flagged(look("a.zip", bad, policy=WITH_ZIP))
    found = {(rule, where.path.partition(".")[0]) for rule, where in places}
    assert ("cells.small", "member[6].member[2]") in {(rule, where.path) for rule, where in places}
    assert found >= {
        ("cells.small", "member[1]"),
        ("identifier.rrn", "member[2]"),
        ("file.type", "member[3]"),
        ("archive.structure", "member[4]"),
        ("image.integrity", "member[5]"),
    }


def bomb() -> bytes:
    return archive(("a.txt", b"\0" * (66 * 1024 * 1024)))


@pytest.mark.parametrize(
    "content",
    [
        archive(*[(f"{n}.txt", b"a") for n in range(300)]),
        archive(("../a.txt", b"a")),
        archive(("a.txt", b"a"), ("A.txt", b"b")),
        archive(("a.txt", b"a")) + b"behind",
        b"MZ" + archive(("a.txt", b"a")),
        archive(("a.txt", b"a"), extra=struct.pack("<HH", 0x7777, 4) + b"data"),
        archive(),
    ],
)
def test_a_hostile_archive_is_never_passed(content: bytes) -> None:
    assert look("a.zip", content, policy=WITH_ZIP).verdict is not Verdict.PASSED


def test_an_archive_that_grows_without_end_is_refused_before_it_is_unpacked() -> None:
    content = bomb()
    assert look("a.zip", content, policy=WITH_ZIP).verdict is Verdict.NOT_CHECKED
    assert look("a.docx", content).blocked
    assert look("a.xlsx", content).blocked


@pytest.mark.parametrize("extension", sorted(EXTENSIONS))
def test_what_cannot_be_checked_is_told_the_way_of_an_exception(extension: str) -> None:
    (finding,) = [f for f in look(f"a.{extension}", NOISE[:300]).findings if isinstance(f, Flagged)]
    assert finding.rule == "file.type"
    assert "senior checker" in finding.fix.en
    assert "선임 심사자" in finding.fix.ko


def test_a_pickle_under_another_name_is_told_the_same() -> None:
    (finding,) = [f for f in look("a.csv", pickle.dumps({"a": 1})).findings if isinstance(f, Flagged)]
    assert "safetensors" in finding.fix.en


def cut(length: int) -> list[str]:
    """Six strings of 78 characters, or as much in shorter ones."""
    letters = base64.b85encode(NOISE[:380]).decode()[:468]
    return [letters[at : at + length] for at in range(0, len(letters), length)]


def _packed(size: int = 60) -> bytes:
    return zlib.compress(NOISE[:size])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", f"state {base64.b64encode(_packed()).decode()} end\n"),
        ("a.txt", f"state {base64.b64encode(gzip.compress(b'abc', mtime=0)).decode()} end\n"),
        ("a.txt", f"state {base64.urlsafe_b64encode(pickle.dumps(list(range(40)))).decode()} end\n"),
        ("a.txt", "\n".join(base64.b64encode(NOISE[i : i + 24]).decode() for i in range(0, 480, 24)) + "\n"),
        ("a.txt", "\n".join(NOISE[i : i + 16].hex() for i in range(0, 320, 16)) + "\n"),
        ("a.txt", "x = '" + "".join(f"\\x{byte:02x}" for byte in NOISE[:40]) + "'\n"),
        ("a.txt", base64.b85encode(NOISE[:200]).decode() + "\n"),
        ("a.csv", "key,n\n" + "".join(f"{NOISE[i : i + 16].hex()},25\n" for i in range(0, 160, 16))),
        ("a.csv", "k,n\n" + "".join(f"{base64.b64encode(NOISE[i : i + 18]).decode()},25\n" for i in range(0, 99, 18))),
        ("a.json", json.dumps({"weights": list(NOISE[:200])})),
        *(
            ("a.json", json.dumps(value, separators=separators))
            for separators in ((",", ":"), (", ", ": "))
            for value in (cut(78), {"a": cut(30)}, [{"v": w} for w in cut(70)], {w[:3]: w for w in cut(60)}, cut(16))
        ),
    ],
)  # fmt: skip
def test_data_turned_into_letters_is_found_in_pieces_too(name: str, content: str) -> None:
    assert "text.encoded" in rules(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "group,n\n" + "".join(f"internationalisation of group {i},{i + 30}\n" for i in range(30))),
        ("a.csv", "icd10,n\n" + "".join(f"E11.{i},{i + 30}\n" for i in range(30))),
        ("a.txt", "see https://example.org/a/very/long/path/that/goes/on/and/on?and=has&many=parts&for=1 for more\n"),
        ("a.txt", "C(treatment, Treatment(reference='placebo'))[T.celecoxib]:age_at_index_date_standardised  0.123\n"),
        ("a.json", json.dumps({"importance": [0.1] * 100, "bins": list(range(0, 100, 10))})),
        ("a.md", "|" + "-" * 100 + "|\n" + "=" * 120 + "\n"),
        ("a.json", json.dumps([f"C(region)[T.{w}]:C(sex)[T.{s}]" for w in ("Busan", "Daegu", "Ulsan") for s in "MF"])),
        (
            "a.json",
            json.dumps(["HbA1c(%)", "log(BMI+1)", "CHA2DS2-VASc", "D-dimer(ug/mL)", "TNF-alpha", "IL-6(pg/mL)"] * 3),
        ),
        ("a.json", json.dumps(["LogisticRegression(C=0.1,max_iter=100)", "SVC(kernel='rbf',gamma=0.01,C=10)"] * 4)),
    ],
)
def test_ordinary_words_and_codes_are_no_encoded_data(name: str, content: str) -> None:
    assert "text.encoded" not in rules(name, content)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (png(chunk(b"pHYs", b"\0" * 400)), "image.metadata"),
        (png(chunk(b"sBIT", b"\0" * 400)), "image.metadata"),
        (png(chunk(b"tIME", b"\0" * 7), chunk(b"tIME", b"\0" * 7)), "image.metadata"),
        (png(chunk(b"iCCP", b"p\0\0" + NOISE[:90])), "image.metadata"),
        (png(chunk(b"tEXt", b"Software\0" + b"a" * 300)), "image.metadata"),
        (png(chunk(b"zTXt", b"Software\0\0" + zlib.compress(b"a"))), "image.metadata"),
        (jpeg(segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01" + b"abc")), "image.metadata"),
        (jpeg(segment(0xE0, b"JFXX\0\x10" + NOISE[:80])), "image.metadata"),
        (jpeg(segment(0xE2, b"ICC_PROFILE\0\x01\x01" + NOISE[:80])), "image.metadata"),
        (jpeg(segment(0xDB, b"\0" + bytes(64) + b"hidden")), "image.metadata"),
        (jpeg(segment(0xC4, bytes(17) + b"hidden")), "image.metadata"),
        (jpeg(segment(0xF3, b"hidden")), "image.metadata"),
    ],
)
def test_no_part_of_a_picture_has_room_for_something_else(content: bytes, rule: str) -> None:
    assert rule in rules("a.png" if content.startswith(b"\x89") else "a.jpg", content)


@given(st.binary(max_size=300), st.sampled_from(["a.zip", "a.pdf", "a.docx", "a.html", "a.svg", "a.xlsx", "a.ipynb"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_behind_any_mark_are_judged_and_never_passed_unread(data: bytes, name: str) -> None:
    for mark in (
        b"PK\x03\x04",
        b"%PDF-1.4\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"<html>",
        b'{"nbformat": 4',
    ):
        report = look(name, mark + data, policy=WITH_ZIP)
        if report.verdict is Verdict.PASSED:
            assert name in ("a.html", "a.svg")
