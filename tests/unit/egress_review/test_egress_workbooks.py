"""A workbook leaves as the visible values of its cells, or not at all."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.containers import CONTAINERS
from egress_review.checks.subject import Subject
from egress_review.checks.unseen_cells import unseen_styles
from egress_review.checks.workbook import Workbook, read_workbook
from egress_review.checks.zipped import MOST_BYTES, BrokenPackageError, read_parts
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import FileReport, NotChecked, Severity, Verdict, Where
from egress_review.previews import preview_of
from egress_review.scan_main import _subject
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look

WORKBOOKS = Path(__file__).parents[2] / "data" / "workbooks"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def stored(name: str) -> bytes:
    return (WORKBOOKS / f"{name}.xlsx").read_bytes()


def sheet_xml(*rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def workbook(sheet: str, **parts: str | bytes) -> bytes:
    """A workbook of one sheet with further parts."""
    content: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        '<Relationship Id="r1" Type="t" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        **parts,
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in content.items():
            package.writestr(name, data)
    return target.getvalue()


def row(number: int, *cells: str) -> str:
    inner = "".join(f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{c}</t></is></c>' for i, c in enumerate(cells))
    return f'<row r="{number}">{inner}</row>'


SAFE = sheet_xml(row(1, "region", "n"), row(2, "A", "40"), row(3, "B", "50"))


def rules(report: FileReport) -> set[str]:
    return {rule for rule, _ in flagged(report)}


@pytest.mark.parametrize("name", ["openpyxl", "xlsxwriter"])
def test_small_cells_of_a_sheet_are_found_where_a_spreadsheet_shows_them(name: str) -> None:
    found = flagged(look(f"{name}.xlsx", stored(name)))
    assert [(rule, where.row, where.column) for rule, where in found] == [("cells.small", 3, 2)]
    assert found[0][1].sheet in ("결과", "table")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("comment", "workbook.parts"),
        ("hidden", "workbook.hidden"),
        ("formula", "workbook.formula"),
        ("named", "workbook.people"),
    ],
)
def test_what_a_sheet_does_not_show_is_found(name: str, rule: str) -> None:
    assert rule in rules(look(f"{name}.xlsx", stored(name)))


def test_a_chart_is_no_finding_where_it_draws_the_cells_and_nothing_else() -> None:
    assert not rules(look("chart.xlsx", stored("chart"))) & {"workbook.parts", "workbook.hidden"}
    with zipfile.ZipFile(io.BytesIO(stored("chart"))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = next(one for one in parts if one.startswith("xl/charts/chart"))
    for before, after in ((b"</plotArea>", b"<v>31313</v></plotArea>"), (b"<plotArea>", b"<externalData/><plotArea>")):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as new:
            for one, content in parts.items():
                new.writestr(one, content.replace(before, after) if one == name else content)
        assert "workbook.parts" in rules(look("chart.xlsx", target.getvalue()))


STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts><font/><font><color %s/></font></fonts><fills><fill/><fill>%s</fill></fills>'
    '<cellXfs><xf/><xf fontId="1" fillId="1"/></cellXfs></styleSheet>'
)
NO_FILL = '<patternFill patternType="none"/>'


def filled(colour: str) -> str:
    return f'<patternFill patternType="solid"><fgColor {colour}/></patternFill>'


@pytest.mark.parametrize(
    ("colour", "fill", "unseen"),
    [
        ('theme="0"', NO_FILL, True),
        ('theme="0" tint="-0.05"', NO_FILL, True),
        ('theme="1" tint="1"', NO_FILL, True),
        ('indexed="1"', NO_FILL, True),
        ('indexed="9"', NO_FILL, True),
        ('rgb="FFFFFFFF"', filled('theme="0"'), True),
        ('rgb="FFFFFFFF"', filled('indexed="1"'), True),
        ('theme="0"', filled('indexed="9"'), True),
        ('theme="0"', filled('theme="4"'), False),
        ('theme="0" tint="-0.5"', NO_FILL, False),
        ('theme="0"', filled('theme="0" tint="-0.5"'), False),
        ('theme="1"', NO_FILL, False),
        ('indexed="8"', NO_FILL, False),
    ],
)
def test_white_on_white_is_found_however_white_is_said(colour: str, fill: str, unseen: bool) -> None:
    root = ElementTree.fromstring(STYLES % (colour, fill))
    assert unseen_styles(root) == ({1} if unseen else set())


def test_a_hidden_sheet_is_checked_like_any_other() -> None:
    found = flagged(look("hidden.xlsx", stored("hidden")), "identifier.birth_date")
    assert {where.sheet for _, where in found} == {"raw"}


def test_a_plain_workbook_passes() -> None:
    report = look("t.xlsx", workbook(SAFE), {"counts": ["n"]})
    assert report.verdict is Verdict.PASSED, report.findings


def test_dates_are_read_as_dates_and_the_preview_shows_all_sheets() -> None:
    read = read_workbook(stored("xlsxwriter"))
    assert read.sheets[1].rows == (("2024-02-29T13:30:00",),)
    subject = _subject(InputFile.of("t.xlsx", stored("hidden")), DEFAULT, Claims())
    shown = dict(preview_of(subject).parts)
    assert list(shown) == ["결과", "raw · 숨김 · hidden"]
    assert ("P0003", "1980-01-04") in shown["raw · 숨김 · hidden"].rows


@pytest.mark.parametrize(
    ("part", "severity"),
    [
        ("xl/vbaProject.bin", Severity.BLOCK),
        ("xl/embeddings/oleObject1.bin", Severity.BLOCK),
        ("xl/pivotCache/pivotCacheRecords1.xml", Severity.FAIL),
        ("xl/externalLinks/externalLink1.xml", Severity.FAIL),
        ("xl/connections.xml", Severity.FAIL),
        ("xl/media/image1.png", Severity.FAIL),
        ("docProps/custom.xml", Severity.FAIL),
        ("xl/something/new.xml", Severity.FAIL),
    ],
)
def test_parts_that_keep_more_than_cells_are_refused(part: str, severity: Severity) -> None:
    report = look("t.xlsx", workbook(SAFE, **{part: b"<a/>"}))
    assert [f.severity for f in report.findings if f.rule == "workbook.parts"] == [severity]
    assert report.verdict is Verdict.FLAGGED


def test_a_link_to_a_place_outside_is_found() -> None:
    away = '<Relationship Id="a" Type="t" Target="http://x/" TargetMode="External"/>'
    link = f'<Relationships xmlns="{PACKAGE}">{away}</Relationships>'
    assert "workbook.parts" in rules(look("t.xlsx", workbook(SAFE, **{"xl/worksheets/_rels/sheet1.xml.rels": link})))


def test_the_name_of_a_sheet_that_names_somebody_is_not_repeated() -> None:
    data = workbook(sheet_xml(row(1, "g", "n"), row(2, "A", "3")))
    renamed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(renamed, "w") as new:
        for info in old.infolist():
            content = old.read(info).replace(b'name="S"', b'name="900101-1234568"')
            new.writestr(info.filename, content)
    found = flagged(look("t.xlsx", renamed.getvalue(), {"counts": ["n"]}), "cells.small")
    assert [where.sheet for _, where in found] == ["#1"]


ENTITY = '<!DOCTYPE a [<!ENTITY b "c">]>'


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"GIF89a" + data,
        lambda data: data + b"more",
        lambda data: data[:-30],
        lambda data: data[:200] + b"\0" * 40 + data[200:],
        lambda data: workbook(ENTITY + SAFE),
        lambda data: workbook(SAFE.encode("utf-16").decode("latin-1")),
        lambda data: workbook(SAFE.replace('r="2"', 'r="1"')),
        lambda data: workbook(SAFE.replace('r="A2"', 'r="C2"')),
        lambda data: workbook(SAFE.replace('r="B3"', 'r="ZZZ3"')),
        lambda data: workbook(SAFE.replace('r="B3"', 'r="?"')),
        lambda data: workbook(sheet_xml('<row r="1"><c r="A1" t="s"><v>7</v></c></row>')),
        lambda data: workbook(sheet_xml('<row r="99999999"/>')),
        lambda data: workbook("<worksheet"),
        lambda data: workbook(SAFE, **{"../../etc/passwd": "x"}),
        lambda data: workbook(SAFE, **{"XL/worksheets/SHEET1.xml": SAFE}),
    ],
)
def test_a_broken_or_doubled_workbook_is_blocked(spoil: Callable[[bytes], bytes]) -> None:
    report = look("t.xlsx", spoil(workbook(SAFE)), {"counts": ["n"]})
    assert report.verdict is Verdict.FLAGGED
    assert report.blocked


def test_bytes_between_the_parts_are_found() -> None:
    data = workbook(SAFE)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        second = package.infolist()[1].header_offset
    hidden = bytearray(data[:second] + b"secret" + data[second:])
    with pytest.raises(BrokenPackageError):
        read_parts(bytes(hidden))


def test_a_bomb_is_not_unpacked() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"\0" * (MOST_BYTES + 1))
    with pytest.raises(BrokenPackageError):
        read_parts(target.getvalue())


def test_any_other_archive_is_refused_under_this_name() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("word/document.xml", "<a/>")
    assert look("t.xlsx", target.getvalue()).blocked


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["openpyxl", "hidden", "comment"]), st.data())
def test_no_changed_byte_makes_the_check_fall_over(name: str, data: st.DataObject) -> None:
    content = bytearray(stored(name))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BrokenPackageError):  # the one error family of this reader
        assert isinstance(read_workbook(bytes(content)), Workbook)


def test_a_check_that_cannot_be_made_is_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[tuple[Where, Subject]]:
        raise RuntimeError

    spoilt = replace(CONTAINERS["xlsx"], open=broken)
    monkeypatch.setattr("egress_review.engine.CONTAINERS", {"xlsx": spoilt})
    report = look("t.xlsx", workbook(SAFE))
    assert report.verdict is Verdict.NOT_CHECKED
    assert {f.rule for f in report.findings if isinstance(f, NotChecked)} >= {"cells.small", "workbook.parts"}
