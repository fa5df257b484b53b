"""What is planted in outputs, one problem each, and outputs that are safe although they look busy."""

from __future__ import annotations

import base64
import csv
import io
import json
import random
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks.egress_bytes import PLANTED_BYTES, SAFE_BYTES
from tests.benchmarks.egress_corpus import FORMS, Grid, Sample, as_csv, as_markdown, as_workbook, cross, grid, put
from tests.benchmarks.egress_files import chunk, inline_png, notebook, png, workbook
from tests.benchmarks.egress_implied import PLANTED_IMPLIED, SAFE_IMPLIED
from tests.benchmarks.egress_people import person, phone, resident_number, spelled
from tests.benchmarks.egress_pictures import SAFE_PICTURES
from tests.benchmarks.egress_programs import PLANTED_PROGRAMS, SAFE_PROGRAMS
from tests.benchmarks.egress_smuggled import PLANTED_SMUGGLED, SAFE_SMUGGLED
from tests.benchmarks.egress_statistics import PLANTED_STATISTICS, SAFE_STATISTICS
from tests.benchmarks.egress_third import PLANTED_THIRD, SAFE_THIRD
from tests.benchmarks.egress_unseen import PLANTED_UNSEEN, SAFE_UNSEEN

Maker = Callable[[random.Random], Sample]

_SPREAD = tuple(dict.fromkeys(FORMS))
_CELLS = ("cells.small",)


# -- safe outputs -----------------------------------------------------------------------------------------------------


def safe_table(chance: random.Random) -> Sample:
    return put(grid(chance), chance)


def safe_cross(chance: random.Random) -> Sample:
    return put(cross(chance), chance)


def safe_rounded(chance: random.Random) -> Sample:
    one = grid(chance)
    rows = tuple((row[0], str(5 * round(int(row[1]) / 5) or 10), row[2]) for row in one.rows)
    rows = tuple((label, str(max(10, int(n))), measure) for label, n, measure in rows)
    return put(Grid(one.head, rows, 1), chance)


def safe_suppressed(chance: random.Random) -> Sample:
    """Two masks in the column, which hide each other."""
    while True:
        one = grid(chance)
        counts = [int(row[1]) for row in one.rows]
        if one.parts >= 4:
            break
    a, b = chance.sample(range(one.parts), 2)
    total = sum(counts[:-1]) + 60
    masked = one.with_cell(a, 1, "*").with_cell(b, 1, "*").with_cell(one.parts, 1, str(total))
    return put(masked, chance, (as_csv, as_markdown, as_workbook))


def safe_regression(chance: random.Random) -> Sample:
    names = ["const", "age", "sex[T.M]", "bmi", "smoker", "region[T.Busan]", "year"]
    head = ("term", "coef", "std err", "t", "P>|t|", "[0.025", "0.975]")
    rows = tuple(
        (n, *(f"{chance.gauss(0, 2):.4f}" for _ in range(3)), f"{chance.random():.3f}", "-0.412", "1.030")
        for n in names
    )
    return Sample(*as_csv(Grid(head, rows, 1), chance))


def safe_summary(chance: random.Random) -> Sample:
    n = chance.randrange(500, 9000)
    text = (
        "                 Generalized Linear Model Regression Results\n"
        f"No. Observations:  {n}\nDf Residuals:  {n - 6}\nDf Model:  5\n"
        f"Log-Likelihood:  -{chance.uniform(900, 4000):.2f}\n\n"
        f"Intercept   {chance.gauss(0, 1):.4f}   0.120   -3.11   0.002\n"
        f"age         {chance.gauss(0, 1):.4f}   0.004   2.70   0.007\n"
    )
    return Sample("model.txt", text.encode())


def safe_metrics(chance: random.Random) -> Sample:
    content = {
        "model": "random forest",
        "n_train": chance.randrange(900, 9000),
        "n_test": chance.randrange(300, 900),
        "auc": round(chance.uniform(0.6, 0.9), 3),
        "importance": {name: round(chance.random(), 3) for name in ("age", "bmi", "hba1c", "sbp")},
    }
    return Sample("metrics.json", json.dumps(content, indent=1).encode())


def safe_methods(chance: random.Random) -> Sample:
    n = chance.randrange(200, 5000)
    text = chance.choice(
        (
            f"# Methods\n\nWe included {n:,} patients treated between 2015 and 2020. Hazard ratios come from Cox "
            "models with age and sex; 3 models were compared and 2 sensitivity analyses are in the appendix.\n",
            f"# 방법\n\n2015년부터 2020년까지 치료받은 환자 {n:,}명을 대상으로 하였다. 콕스 모형 3개를 비교하였고 "
            "민감도 분석은 부록 2에 있다.\n",
        )
    )
    return Sample("methods.md", text.encode())


def safe_figure(chance: random.Random) -> Sample:
    return Sample("figure.png", png(chance.randrange(256), chunk(b"tEXt", b"Software\0Matplotlib version3.9")))


def safe_workbook(chance: random.Random) -> Sample:
    one, other = grid(chance), cross(chance)
    return Sample("tables.xlsx", workbook({"표 1": (one.head, *one.rows), "Table 2": (other.head, *other.rows)}))


def safe_notebook(chance: random.Random) -> Sample:
    source = (
        "import pandas as pd\nn = 5\ndf = pd.read_parquet('/data/gibleed/person.parquet')\ndf.groupby('sex').size()"
    )
    return Sample("a.ipynb", notebook([source, "plot()"], [None, inline_png(png(chance.randrange(256)))]))


def safe_log(chance: random.Random) -> Sample:
    lines = [f"2026-03-0{d} 10:0{d}:11 INFO epoch {d} loss {chance.uniform(0.1, 0.9):.4f}" for d in range(1, 9)]
    return Sample("train.log", "\n".join(lines).encode())


SAFE: Mapping[str, Maker] = {
    **SAFE_PICTURES,
    "table of counts": safe_table,
    "cross-table": safe_cross,
    "rounded table": safe_rounded,
    "suppressed table": safe_suppressed,
    "coefficients": safe_regression,
    "model summary": safe_summary,
    "metrics": safe_metrics,
    "methods": safe_methods,
    "figure": safe_figure,
    "workbook": safe_workbook,
    "notebook": safe_notebook,
    "log": safe_log,
    **SAFE_BYTES,
    **SAFE_STATISTICS,
    **SAFE_PROGRAMS,
    **SAFE_IMPLIED,
    **SAFE_SMUGGLED,
    **SAFE_UNSEEN,
    **SAFE_THIRD,
}


# -- planted problems -------------------------------------------------------------------------------------------------


def small_cell(chance: random.Random) -> Sample:
    one = grid(chance)
    row = chance.randrange(one.parts)
    return put(one.with_cell(row, 1, str(chance.randrange(1, 10))), chance, planted="small cell", rules=_CELLS)


def small_cell_in_cross(chance: random.Random) -> Sample:
    one = cross(chance)
    row, column = chance.randrange(one.parts), chance.choice((1, 2))
    return put(one.with_cell(row, column, str(chance.randrange(1, 10))), chance, planted="small cell", rules=_CELLS)


def small_count_in_words(chance: random.Random) -> Sample:
    n = chance.randrange(1, 10)
    text = chance.choice(
        (f"In Busan (n={n}) the rate was higher.", f"부산 지역(n = {n})에서 비율이 높았다.", f"N: {n}")
    )
    return Sample("text.md", f"# Results\n\n{text}\n".encode(), "small count in words", _CELLS)


def recoverable(chance: random.Random) -> Sample:
    one = grid(chance)
    counts = [int(row[1]) for row in one.rows[:-1]]
    row = chance.randrange(one.parts)
    counts[row] = chance.randrange(1, 10)
    masked = one.with_cell(row, 1, chance.choice(("*", "<10", "비공개", "x"))).with_cell(one.parts, 1, str(sum(counts)))
    return put(masked, chance, (as_csv, as_markdown, as_workbook), planted="recoverable", rules=("cells.suppressed",))


def difference(chance: random.Random) -> Sample:
    one = grid(chance)
    row = chance.randrange(one.parts)
    less = one.with_cell(row, 1, str(int(one.rows[row][1]) - chance.randrange(1, 10)))
    less = less.with_cell(one.parts, 1, str(sum(int(r[1]) for r in less.rows[:-1])))
    return put(
        one,
        chance,
        (as_csv, as_workbook),
        planted="difference",
        rules=("cells.difference",),
        earlier=(as_csv(less, chance),),
    )


def wrong_claim(chance: random.Random) -> Sample:
    one = grid(chance)
    rows = tuple((a, str(5 * round(int(n) / 5)), m) for a, n, m in one.rows)
    odd = Grid(one.head, rows, 1).with_cell(0, 1, "137")
    name, data = chance.choice((as_csv, as_workbook))(odd, chance)
    return Sample(name, data, "claim of rounding", ("cells.claim",), {"rounded_to": 5, "counts": [one.head[1]]})


def records(chance: random.Random) -> Sample:
    name = chance.choice(("patient_id", "환자번호", "person_id", "subject_id", "연구번호"))
    rows = tuple(
        (f"P{chance.randrange(10**6):06}", str(chance.randrange(20, 90)), f"{chance.uniform(4, 9):.1f}")
        for _ in range(60)
    )
    one = Grid((name, "age", "hba1c"), rows, 1)
    return Sample(*chance.choice((as_csv, as_workbook))(one, chance), "records", ("table.records",))


def identifier(chance: random.Random, value: str, heading: str, rule: str) -> Sample:
    """An identifier in a cell, a sentence, a notebook or JSON."""
    one = grid(chance)
    text = chance.choice((f"문의: {value} 로 연락", f"see {value} for details", f"확인된 값은 {value} 입니다."))
    spots: tuple[Callable[[], tuple[str, bytes]], ...] = (
        lambda: chance.choice(_SPREAD)(Grid((heading, *one.head[1:]), one.with_cell(0, 0, value).rows, 1), chance),
        lambda: ("note.txt", text.encode()),
        lambda: ("data.json", json.dumps({"rows": [{heading: value}]}, ensure_ascii=False).encode()),
        lambda: ("a.ipynb", notebook([f"df[df.key == '{value}']"], [None])),
        lambda: ("t.xlsx", workbook({"표": (one.head, *one.rows), "memo": ((text,),)}, hidden=("memo",))),
    )
    return Sample(*chance.choice(spots)(), heading, (rule,))


def rrn(chance: random.Random) -> Sample:
    return identifier(chance, spelled(resident_number(chance), chance), "주민등록번호", "identifier.rrn")


def telephone(chance: random.Random) -> Sample:
    return identifier(chance, phone(chance), "연락처", "identifier.phone")


def mail(chance: random.Random) -> Sample:
    return identifier(chance, f"u{chance.randrange(999)}@hospital.example.org", "이메일", "identifier.email")


def named(chance: random.Random) -> Sample:
    one = grid(chance)
    rows = tuple((person(chance), *row[1:]) for row in one.rows)
    return Sample(*as_csv(Grid(("환자명", *one.head[1:]), rows, 1), chance), "names", ("identifier.person",))


def formula(chance: random.Random) -> Sample:
    one = grid(chance).with_cell(0, 0, chance.choice(("=cmd|' /C calc'!A0", "+SUM(A1)", "@import", "=HYPERLINK(A1)")))
    return Sample(*as_csv(one, chance), "formula", ("table.formula",))


def hidden_text(chance: random.Random) -> Sample:
    mark = chance.choice(("\u202e", "\u200b", "\u2066", "\x07"))
    name, data = "table.csv", "\n".join(",".join(row) for row in (grid(chance).head, *grid(chance).rows))
    at = chance.randrange(len(data))
    return Sample(name, (data[:at] + mark + data[at:]).encode(), "hidden characters", ("text.hidden",))


def blob(chance: random.Random) -> Sample:
    raw = zlib.compress(chance.randbytes(900))
    text = chance.choice((base64.b64encode(raw).decode(), raw.hex()))
    return Sample("notes.txt", f"model state\n{text}\n".encode(), "encoded blob", ("text.encoded",))


def tail(chance: random.Random) -> Sample:
    return Sample("f.png", png(9, tail=chance.randbytes(300)), "bytes behind a picture", ("image.integrity",))


def tagged(chance: random.Random) -> Sample:
    note = chunk(b"tEXt", b"Comment\0" + person(chance).encode())
    return Sample("f.png", png(9, note), "metadata of a picture", ("image.metadata",))


def disguised(chance: random.Random) -> Sample:
    name, data = chance.choice(
        (
            ("table.csv", b"PK\x03\x04" + chance.randbytes(400)),
            ("table.csv", b"\x80\x04\x95" + chance.randbytes(400)),
            ("figure.png", b"%PDF-1.7\n" + chance.randbytes(400)),
            ("notes.txt", b"\x89HDF\r\n\x1a\n" + chance.randbytes(400)),
        )
    )
    return Sample(name, data, "disguised file", ("file.type",))


def uncheckable(chance: random.Random) -> Sample:
    name = chance.choice(
        ("model.pkl", "data.parquet", "plot.eps", "page.mhtml", "all.zip", "weights.pt", "slides.pptx")
    )
    return Sample(name, chance.randbytes(500), "uncheckable type", ("file.type",))


def hidden_sheet(chance: random.Random) -> Sample:
    one = grid(chance)
    data = workbook({"Table": (one.head, *one.rows), "raw": (("a", "b"), ("x", "y"))}, hidden=("raw",))
    return Sample("t.xlsx", data, "hidden sheet", ("workbook.hidden",))


def office_part(chance: random.Random) -> Sample:
    one = grid(chance)
    part = chance.choice(
        (
            "xl/pivotCache/pivotCacheRecords1.xml",
            "xl/comments1.xml",
            "xl/vbaProject.bin",
            "xl/media/image1.png",
            "xl/odd.xml",
        )
    )
    data = workbook({"Table": (one.head, *one.rows)}, parts={part: b"<a/>"})
    return Sample("t.xlsx", data, "part of a workbook", ("workbook.parts",))


def sheet_formula(chance: random.Random) -> Sample:
    one = grid(chance)
    changed = one.with_cell(one.parts, 1, f"=SUM(B2:B{one.parts + 1})")
    return Sample(
        "t.xlsx", workbook({"Table": (one.head, *changed.rows)}), "formula in a workbook", ("workbook.formula",)
    )


def live_output(chance: random.Random) -> Sample:
    media: Any = chance.choice(
        (
            {"application/vnd.plotly.v1+json": {"data": [1, 2]}},
            {"image/svg+xml": "<svg/>"},
            {"text/html": "<script>1</script>"},
        )
    )
    return Sample("a.ipynb", notebook(["fig"], [media]), "output that runs", ("notebook.live",))


def traceback(chance: random.Random) -> Sample:
    error = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": f"bad {chance.random()}",
        "traceback": ["ValueError"],
    }
    content = json.loads(notebook(["x"], [None]))
    content["cells"][0]["outputs"] = [error]
    return Sample("a.ipynb", json.dumps(content).encode(), "traceback", ("notebook.error",))


def long_table(chance: random.Random) -> Sample:
    target = io.StringIO()
    csv.writer(target).writerows([("day", "value"), *((str(i), f"{chance.random():.3f}") for i in range(6000))])
    return Sample("long.csv", target.getvalue().encode(), "long table", ("table.rows",))


PLANTED: Mapping[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        small_cell,
        small_cell_in_cross,
        small_count_in_words,
        recoverable,
        difference,
        wrong_claim,
        records,
        rrn,
        telephone,
        mail,
        named,
        formula,
        hidden_text,
        blob,
        tail,
        tagged,
        disguised,
        uncheckable,
        hidden_sheet,
        office_part,
        sheet_formula,
        live_output,
        traceback,
        long_table,
    )
} | {
    **PLANTED_BYTES,
    **PLANTED_STATISTICS,
    **PLANTED_PROGRAMS,
    **PLANTED_IMPLIED,
    **PLANTED_SMUGGLED,
    **PLANTED_UNSEEN,
    **PLANTED_THIRD,
}
