"""Outputs with data typed or pasted where nobody looks for it, and ordinary ones of the same make.

Programs with rows, numbers of people and results in them; settings and records in YAML; tables on their side; charts,
headers and print areas of workbooks; comments of pages; archives in archives; addresses of help desks and of authors;
tracebacks. Every planted kind has a safe twin; the rest only tempt.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import lines, page, pdf
from tests.benchmarks.egress_files import notebook, workbook
from tests.benchmarks.egress_hospital import said
from tests.benchmarks.egress_seventh import csv_of

Maker = Callable[[random.Random, bool], Sample]

_NAMES = ("윤서진", "한지민", "오태경", "신유라", "서동현", "권나은", "황보민", "안재호")
_CHARTS = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _people(chance: random.Random, number: int = 7) -> list[tuple[str, str, str, str]]:
    """A number, a sex, a day of birth and a diagnosis of each."""
    return [
        (
            f"K{chance.randrange(100_000, 999_999)}",
            chance.choice("MF"),
            f"{chance.randrange(1931, 1999)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            chance.choice(("J18.9", "K35.8", "S72.0")),
        )
        for _ in range(number)
    ]


def _quoted(row: tuple[str, ...]) -> str:
    return ", ".join(f"'{one}'" for one in row)


def rows_in_one_line(chance: random.Random, bad: bool) -> Sample:
    rows = ", ".join(f"({_quoted(row)})" for row in _people(chance))
    few = "('a', 'b'), ('c', 'd'), ('e', 'f'), ('g', 'h'), ('i', 'j')"
    return said("load.py", "import polars as pl", f"d = pl.DataFrame([{rows if bad else few}])", "print(d.shape)")


def values_of_sql(chance: random.Random, bad: bool) -> Sample:
    head = f"INSERT INTO adm ({'mrn, nm, birth' if bad else 'chapter, title, rank'}) VALUES"
    rows = [f"('{a}', '{_NAMES[i]}', '{c}')," for i, (a, _, c, _) in enumerate(_people(chance))]
    codes = [f"('J{i}', 'group {i}', {i})," for i in range(10, 18)]
    return said("load.sql", "BEGIN;", head, *(rows if bad else codes))


def vectors_of_r(chance: random.Random, bad: bool) -> Sample:
    rows = ["rbind(" + ",\n  ".join(f"c({_quoted(row)})" for row in _people(chance)) + ")"]
    return said("a.R", "d <- ", *(rows if bad else ["matrix(c(1, 0, 0, 1), 2)"]), "summary(d)")


def pasted_in_quotes(chance: random.Random, bad: bool) -> Sample:
    body = "\\n".join(",".join(row) for row in _people(chance))
    return said("a.py", f"t = read('a,b,c,d\\n{body}')" if bad else "t = read('a.csv')\nprint('a\\n\\n\\n\\nb')")


def excluded_by_number(chance: random.Random, bad: bool) -> Sample:
    one = f"K{chance.randrange(100_000, 999_999)}"
    kinds = (
        ("a.py", f"d = d[d['pt_no'] != '{one}']"),
        ("a.R", f"d <- filter(d, !chart_no %in% c('{one}', 'K120944'))"),
        ("a.do", f"drop if mrn == {chance.randrange(10**7, 10**8)}"),
        ("a.sas", f"/* patient {one} withdrew */"),
        ("a.sql", f"-- 환자 {one} 사망으로 제외"),
    )
    safe = (
        ("a.py", "d = d[d['dx'] != 'K35.8']"),
        ("a.R", "d <- filter(d, kcd %in% c('I210', 'I211'))"),
        ("a.do", "drop if admit < 20190101"),
        ("a.sas", "/* patients younger than 19 are dropped */"),
        ("a.sql", "-- 19세 미만 환자 제외"),
    )
    name, line = chance.choice(kinds if bad else safe)
    return said(name, line)


def result_in_a_comment(chance: random.Random, bad: bool) -> Sample:
    few = chance.randrange(2, 8) if bad else 41
    mark = chance.choice((("a.R", "#>"), ("a.py", "#"), ("a.sql", "--"), ("a.do", "*")))
    table = ("ward          n", "Surgery     212", f"Neurology {few:5}", "Urology     118")
    return said(mark[0], "x", *(f"{mark[1]} {line}" for line in table), "y")


def result_in_a_docstring(chance: random.Random, bad: bool) -> Sample:
    few = chance.randrange(2, 8) if bad else 52
    return said("a.py", '"""Counts', "", "| 구 | 환자수 |", "|---|---|", "| 동구 | 312 |", f"| 서구 | {few} |", '"""')


def firms_in_stata(chance: random.Random, bad: bool) -> Sample:
    def number() -> str:
        return f"{chance.randrange(101, 700)}-{chance.randrange(10, 89)}-{chance.randrange(10_000, 99_999)}"

    firms = [f'"{number()}" "상사{i}" {chance.randrange(900, 99_000)}' for i in range(8)]
    trades = [f'"업종 {i}" {chance.randrange(60, 900)} {chance.randrange(900, 99_000)}' for i in range(3)]
    return said("f.do", "clear", "input str12 bno str20 nm sales", *(firms if bad else trades), "end")


def records_in_yaml(chance: random.Random, bad: bool) -> Sample:
    people = [f"- id: {a}\n  sex: {b}\n  birth: {c}\n  dx: {d}" for a, b, c, d in _people(chance)]
    models = [f"- name: m{i}\n  depth: {i + 2}\n  rate: 0.{i + 1}" for i in range(6)]
    return said(chance.choice(("a.yaml", "a.yml")), *(people if bad else models))


def lines_of_json(chance: random.Random, bad: bool) -> Sample:
    people = [{"pid": a, "sex": b, "birth": c, "kcd": d} for a, b, c, d in _people(chance, 24)]
    groups = [{"region": w, "patients": chance.randrange(40, 900)} for w in ("동구", "서구", "남구", "북구")]
    return said(chance.choice(("a.jsonl", "a.ndjson")), *map(json.dumps, people if bad else groups))


def map_of_districts(chance: random.Random, bad: bool) -> Sample:
    square = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
    features = [
        {
            "type": "Feature",
            "properties": {"gu": w, "cases": chance.randrange(2, 8) if bad and w == "남구" else 61 + i},
            "geometry": {"type": "Polygon", "coordinates": square},
        }
        for i, w in enumerate(("동구", "서구", "남구", "북구"))
    ]
    return said("m.geojson", json.dumps({"type": "FeatureCollection", "features": features}))


def people_across(chance: random.Random, bad: bool) -> Sample:
    people = _people(chance, chance.randrange(5, 16))
    years = [("year", *(f"{2015 + i}" for i in range(6))), ("patients", *(chance.randrange(90, 900) for _ in range(6)))]
    turned = [("subject_id", "sex", "born", "dx"), *people]
    return csv_of("t.csv", *(list(zip(*turned, strict=True)) if bad else years))


def attached_table(chance: random.Random, bad: bool) -> Sample:
    content = json.loads(notebook(["See the table."], [None]))
    content["cells"][0]["attachments"] = {"a.csv": {"text/csv": "YSxi"}} if bad else {}
    return Sample("a.ipynb", json.dumps(content).encode())


def labels_of_bars(chance: random.Random, bad: bool) -> Sample:
    counts = [chance.randrange(61, 190) for _ in range(4)] + [chance.randrange(1, 8) if bad else 47]
    behind = csv_of("hist.csv", ("age", "n"), *((f"{10 * i}-{10 * i + 9}", n) for i, n in enumerate(counts)))
    figure = Sample("hist.pdf", pdf([lines([*map(str, counts), "Age at first visit"])]))
    return replace(figure, supporting=((behind.name, behind.data),))


def zip_in_a_zip(chance: random.Random, bad: bool) -> Sample:
    few = chance.randrange(2, 8) if bad else 66

    def packed(name: str, data: bytes) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as package:
            package.writestr(name, data)
        return target.getvalue()

    return Sample("all.zip", packed("in.zip", packed("t.csv", f"ward,patients\nA,212\nB,{few}\n".encode())))


def comment_of_a_page(chance: random.Random, bad: bool) -> Sample:
    bads = ("K120944 dropped", "환자 3명 제외", "raw: 12;7;3;9", "ask about the patient who died")
    marks = (
        "end of table",
        "Generated by SAS 9.4 on 2024-03-02",
        "Section 2: results",
        "본문 끝",
        "made with Quarto 1.4.551",
    )
    return Sample(
        "r.html", page([("구", "환자수"), ("동구", "212")], body=f"<!-- {chance.choice(bads if bad else marks)} -->")
    )


def address_in_a_note(chance: random.Random, bad: bool) -> Sample:
    bads = ("pt: seojin.yoon@example.org", "연락: yuna88@naver.com", "help@gmail.com")
    desks = (
        "Questions: stat-helpdesk@example.org",
        "문의 info@example.org",
        "# Author: Ada Moor <ada.moor@example.org>",
        "data.support@example.org (9-18시)",
    )
    return said("README.txt", "Notes", chance.choice(bads if bad else desks))


def traceback_in_a_log(chance: random.Random, bad: bool) -> Sample:
    bads = ("ValueError: could not convert string to float: '윤서진'", "KeyError: 'K120944'", "ValueError: 1931-02-03")
    plain = ("ValueError: Input X contains NaN.", "KeyError: 'sex_cd'", "MemoryError")
    frame = '  File "fit.py", line 42, in run'
    last = chance.choice(bads if bad else plain)
    return said("run.log", "Traceback (most recent call last):", frame, "    d['sex_cd'].mean()", last)


def chart_in_a_workbook(chance: random.Random, bad: bool) -> Sample:
    cached = "3" if bad else "212"
    chart = (
        f'<c:chartSpace xmlns:c="{_CHARTS}"><c:chart><c:val><c:numRef><c:f>T!$B$2:$B$3</c:f><c:numCache>'
        f'<c:pt idx="0"><c:v>{cached}</c:v></c:pt></c:numCache></c:numRef></c:val></c:chart></c:chartSpace>'
    )
    rows = {"T": (("ward", "patients"), ("A", "212"), ("B", "118"))}
    return Sample("t.xlsx", workbook(rows, parts={"xl/charts/chart1.xml": chart.encode()}))


def names_in_a_workbook(chance: random.Random, bad: bool) -> Sample:
    rows = {"T": (("ward", "patients"), ("A", "212"), ("B", "118"))}
    with zipfile.ZipFile(io.BytesIO(workbook(rows))) as package:
        book = package.read("xl/workbook.xml").decode()
    meant = "&quot;K120944;K120951&quot;" if bad else "T!$A$1:$B$3"
    one = f'<definedName name="_xlnm.Print_Area">{meant}</definedName>'
    named = f"<definedNames>{one}</definedNames>"
    return Sample(
        "t.xlsx", workbook(rows, parts={"xl/workbook.xml": book.replace("</workbook>", f"{named}</workbook>").encode()})
    )


def header_of_a_sheet(chance: random.Random, bad: bool) -> Sample:
    rows = {"T": (("ward", "patients"), ("A", "212"), ("B", "118"))}
    with zipfile.ZipFile(io.BytesIO(workbook(rows))) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    words = "환자 윤서진 010-5511-2027" if bad else "Page &amp;P of &amp;N"
    more = f"<headerFooter><oddHeader>{words}</oddHeader></headerFooter></worksheet>"
    return Sample(
        "t.xlsx", workbook(rows, parts={"xl/worksheets/sheet1.xml": sheet.replace("</worksheet>", more).encode()})
    )


_TYPED: Mapping[Maker, tuple[str, ...]] = {
    rows_in_one_line: ("table.singular", "table.records"),
    values_of_sql: ("table.singular", "table.records"),
    vectors_of_r: ("table.singular", "table.records"),
    pasted_in_quotes: ("table.singular", "table.records"),
    excluded_by_number: ("identifier.other_id",),
    result_in_a_comment: ("cells.small",),
    result_in_a_docstring: ("cells.small",),
    firms_in_stata: ("table.records",),
    records_in_yaml: ("table.singular", "table.records"),
    lines_of_json: ("table.singular", "table.records", "table.unique"),
    map_of_districts: ("cells.small",),
    people_across: ("table.records",),
    attached_table: ("notebook.live",),
    labels_of_bars: ("figure.counts",),
    zip_in_a_zip: ("cells.small",),
    comment_of_a_page: ("markup.hidden",),
    address_in_a_note: ("identifier.email",),
    traceback_in_a_log: ("notebook.error",),
    chart_in_a_workbook: ("workbook.parts",),
    names_in_a_workbook: ("workbook.parts",),
    header_of_a_sheet: ("identifier.phone",),
}


def _tempting(chance: random.Random) -> Mapping[str, Sample]:
    """What looks like one of these and is none."""
    k = chance.randrange(3, 9)
    return {
        "holidays": said(
            "h.py",
            "H = [('2023-01-01', '신정'), ('2023-03-01', '삼일절'),",
            "     ('2023-05-05', '어린이날'), ('2023-06-06', '현충일')]",
        ),
        "codes of regions": said(
            "r.py",
            "R = [('11110', '종로구', 37.57), ('11140', '중구', 37.56),",
            "     ('11170', '용산구', 37.53), ('11200', '성동구', 37.56)]",
        ),
        "codes of drugs": said(
            "d.R",
            "d <- rbind(c('A10BA02', 'metformin'), c('A10BB12', 'glimepiride'),",
            "  c('C09AA05', 'ramipril'), c('C10AA05', 'atorvastatin'))",
        ),
        "variants": said(
            "s.py",
            "S = [('rs7903146', 'C', 0.28), ('rs12255372', 'G', 0.21),",
            "     ('rs1801282', 'C', 0.11), ('rs5219', 'T', 0.35)]",
        ),
        "settings": said("c.toml", "[model]", f"folds = {k}", "seed = 7", "min_samples = 50"),
        "numbered comments": said(
            "c.do", f"* {k}) recode", f"* version 1.{k}, 2024-03-02", f"keep if visit >= {k} // {k}-year window"
        ),
        "commented code": said("c.R", f"# d$n <- {k}", f"# for (i in 1:{k}) fit(i)", f"# x <- head(d, {k})"),
        "docstring of a function": said(
            "f.py",
            "def fit(k):",
            f'    """Fit with k folds, {k} by default.',
            "",
            f"    seed: {k}",
            '    """',
            "    return k",
        ),
        "grid of settings": said("g.py", f"GRID = [(100, {k}), (200, 5), (300, 7), (500, 9), (800, 11)]"),
        "years across": csv_of(
            "y.csv", ("환자", *(f"Y{2015 + i}" for i in range(6))), ("입원", *(200 + i for i in range(6)))
        ),
    }


def _of(make: Maker, rules: tuple[str, ...]) -> Callable[[random.Random], Sample]:
    return lambda chance: replace(make(chance, True), planted=make.__name__.replace("_", " "), rules=rules)


def _safe(make: Maker) -> Callable[[random.Random], Sample]:
    return lambda chance: make(chance, False)


def _tempts(name: str) -> Callable[[random.Random], Sample]:
    return lambda chance: _tempting(chance)[name]


PLANTED_TYPED = {f"typed {make.__name__.replace('_', ' ')}": _of(make, rules) for make, rules in _TYPED.items()}
SAFE_TYPED = {f"typed {make.__name__.replace('_', ' ')}": _safe(make) for make in _TYPED} | {
    f"typed {name}": _tempts(name) for name in _tempting(random.Random(0))
}
