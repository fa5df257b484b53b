"""Broken files of every type that the scanner reads: each is judged, none stops a check, what is said can be kept.

They are those of the generated corpus, cut, spliced and spoilt; packages are spoilt in their parts as well, as their
outside alone would be refused before anything in them is read.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import FileReport, Flagged, NotChecked
from egress_review.previews import preview_from_wire, preview_of, preview_to_wire
from egress_review.scan_main import _subject, _whole
from egress_review.wire import file_from_wire, file_to_wire
from tests.benchmarks.bench_egress import look
from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_kinds import PLANTED, SAFE
from tests.unit.egress_review.egress_files import DEFAULT

CRASHED = "failed on this file"
CORPUS = [maker(random.Random(seed)) for seed in (1, 2) for kinds in (SAFE, PLANTED) for maker in kinds.values()]
TYPES = sorted({sample.name.rpartition(".")[2].lower() for sample in CORPUS})
ODD = (
    *(b"\x00", b'"', b"'", b"\n\n", b"\r", b"\t", b",,,,", b"=", b"%", b"\\", b"%d%s", b"<10", b"1,234.5.6", b"1_000"),
    *(b"NaN", b"inf", b"1e999", b"-0", b"-1", b"1/0", b"0x1F", b"null", b"9" * 400, b"-" + b"9" * 400),
    *(b"[" * 300, b"{" * 300, b"(" * 300, b"</", b"<!--", b"&#0;", b"&#x110000;", b"&#xD800;", b"\\ud800", b"\\udfff"),
    *(b"\xff\xfe", b"\xed\xa0\x80", "\u202e\u00b2\u2167\u2460\uff11\u0967\u0661\U0001d7d9".encode()),
)


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """The bytes after a few changes."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        begin = chance.randrange(len(found) + 1)
        end = min(len(found), begin + chance.randint(0, 60))
        found[begin : end if chance.random() < 0.7 else begin] = piece(bytes(found[begin:end]), chance)
        if chance.random() < 0.1:
            del found[begin:]
    return bytes(found)


def piece(there: bytes, chance: random.Random) -> bytes:
    """What stands in a place afterwards: nothing, something odd, the same several times, noise, or a stranger."""
    other = chance.choice(CORPUS).data
    at = chance.randrange(len(other) + 1)
    strange = (b"", chance.choice(ODD), there * chance.randint(2, 5), chance.randbytes(4), other[at : at + 80])
    return chance.choice(strange)


def spoilt_inside(data: bytes, chance: random.Random) -> bytes:
    """A zip file of which one part is spoilt; of anything else the bytes."""
    if not zipfile.is_zipfile(io.BytesIO(data)) or chance.random() < 0.2:
        return spoilt(data, chance)
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        victim = chance.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, spoilt(old.read(name), chance) if name == victim else old.read(name))
    return target.getvalue()


def broken(sample: Sample, chance: random.Random) -> Sample:
    """The sample with broken bytes, or with broken evidence or a broken earlier release beside it."""
    if sample.supporting and chance.random() < 0.6:
        return replace(sample, supporting=tuple((name, spoilt(data, chance)) for name, data in sample.supporting))
    if sample.earlier and chance.random() < 0.3:
        return replace(sample, earlier=tuple((name, spoilt(data, chance)) for name, data in sample.earlier))
    return replace(sample, data=spoilt_inside(sample.data, chance))


def judge(sample: Sample) -> FileReport:
    """The report on a sample, once everything that the zone does with it has been done."""
    report = look(sample)
    wire = file_to_wire(report)
    assert file_from_wire(wire) == report
    json.dumps(wire, ensure_ascii=False, allow_nan=False).encode()
    numbers = [one.number for one in report.findings if isinstance(one, Flagged)]
    assert all(number is None or f"{number:g}" for number in numbers)
    shown = preview_to_wire(preview_of(_subject(InputFile.of(sample.name, sample.data), DEFAULT, Claims())))
    kept = _whole({"preview": shown})["preview"]
    json.dumps(kept, ensure_ascii=False, allow_nan=False).encode()
    preview_from_wire(kept)
    return report


def hold(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    sample = broken(chance.choice([one for one in CORPUS if one.name.lower().endswith(f".{kind}")]), chance)
    skipped = [one for one in judge(sample).findings if isinstance(one, NotChecked)]
    assert not [one.rule for one in skipped if CRASHED in one.message.en], (sample.name, sample.data[:2000])


@pytest.mark.parametrize("kind", TYPES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_no_broken_file_stops_a_check(kind: str, seed: int) -> None:
    hold(kind, seed)


@pytest.mark.long
@pytest.mark.parametrize("kind", TYPES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=1500, deadline=None)
def test_none_of_many_broken_files_stops_a_check(kind: str, seed: int) -> None:
    hold(kind, seed)
