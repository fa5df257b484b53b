"""The second half of the new kinds: written after the rules were mended for the first, and run once before more."""

from __future__ import annotations

import base64
import json
import math
import random
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

from tests.benchmarks import egress_documents as made
from tests.benchmarks.egress_corpus import Sample, grid
from tests.benchmarks.egress_files import chunk, notebook, png, workbook
from tests.benchmarks.egress_people import resident_number
from tests.benchmarks.egress_programs import PROVINCES, REGIONS, Output, many, planted, safe

Maker = Callable[[random.Random], Sample]


def _said(name: str, *lines: str) -> Sample:
    return Sample(name, ("\n".join(lines) + "\n").encode())


def _counts(chance: random.Random, few: int) -> dict[str, int]:
    counts = {name: many(chance) for name in REGIONS}
    counts[chance.choice(REGIONS)] = few
    return counts


# -- as programs print ----------------------------------------------------------------------------------------------


def python_dict(chance: random.Random, few: int) -> Sample:
    """A dictionary or a Counter that a cell printed."""
    counts = _counts(chance, few)
    shown = chance.choice((f"Counter({counts})", str(counts), f"counts: {counts}", f"{{'n': {counts}}}"))
    if chance.random() < 0.5:
        return Sample("a.ipynb", notebook(["print(df.region.value_counts().to_dict())"], [{"text/plain": shown}]))
    return _said("out.txt", "patients by region", shown)


def columns_of_json(chance: random.Random, few: int) -> Sample:
    """What `to_json()` writes when nobody says how."""
    counts = _counts(chance, few)
    keys = [str(i) for i in range(len(counts))]
    content = {"region": dict(zip(keys, counts, strict=True)), "n": dict(zip(keys, counts.values(), strict=True))}
    return Sample("t.json", json.dumps(content).encode())


def two_tables(chance: random.Random, few: int) -> Sample:
    """Two tables in one CSV, the second below an empty line and a heading of its own."""
    first = [f"{name},{many(chance)},41.2" for name in REGIONS]
    second = [f"{name},{n}" for name, n in _counts(chance, few).items()]
    return _said("tables.csv", "region,n,mean age", *first, "", "Table 2", "region,deaths", *second)


def commented(chance: random.Random, few: int) -> Sample:
    """A CSV that begins with remarks."""
    rows = [f"{name},{n},{chance.uniform(1, 9):.2f}" for name, n in _counts(chance, few).items()]
    return _said("t.csv", "# made 2021-06-30, rev 3", "# cohort: adults", "region,participants,score", *rows)


def survfit(chance: random.Random, few: int) -> Sample:
    """summary(survfit()) as R prints it."""
    risk, lines, s = 900, [], 1.0
    for i, time in enumerate((30, 90, 180, 365)):
        events = few if i == 2 and few < 10 else 40
        s *= 1 - events / risk
        lines.append(f"{time:>5} {risk:>6} {events:>7} {s:>9.4f} {0.01:>8.4f}  {s - 0.02:.4f}  {s + 0.02:.4f}")
        risk -= events + 20
    return _said(
        "km.log",
        "Call: survfit(formula = Surv(t, e) ~ 1)",
        "",
        " time n.risk n.event survival std.err lower95 upper95",
        *lines,
    )


def histogram(chance: random.Random, few: int) -> Sample:
    """numpy.histogram() as it prints."""
    counts = [many(chance), many(chance), many(chance), few]
    shown = f"(array({counts}), array([ 0., 10., 20., 30., 40.]))"
    return Sample("h.ipynb", notebook(["np.histogram(df.stay, 4)"], [{"text/plain": shown}]))


def caret(chance: random.Random, few: int) -> Sample:
    """A confusion matrix as R prints it."""
    a, b, c = many(chance), few, many(chance)
    lines = ["Confusion Matrix and Statistics", "", "          Reference", "Prediction    0    1"]
    return _said(
        "cm.txt", *lines, f"         0 {a:>4} {b:>4}", f"         1 {c:>4} {many(chance):>4}", "", "Accuracy : 0.91"
    )


def glm_in_r(chance: random.Random, few: int) -> Sample:
    """The freedom of a model as print(glm()) has it."""
    return _said(
        "glm.txt",
        "Coefficients:",
        "(Intercept)          age  ",
        "    -1.2100       0.0320  ",
        "",
        f"Degrees of Freedom: {few + 4} Total (i.e. Null);  {few} Residual",
    )


def grouped(chance: random.Random, few: int) -> Sample:
    """A frame with two levels of index, of which the first is printed once."""
    lines = ["               n  mean", "region  sex           "]
    for i, name in enumerate(REGIONS):
        lines += [
            f"{name:<8}F   {few if i == 1 else many(chance):>4}  {chance.uniform(4, 9):.2f}",
            f"        M   {many(chance):>4}  {chance.uniform(4, 9):.2f}",
        ]
    return Sample("a.ipynb", notebook(["df.groupby(['region','sex']).agg(...)"], [{"text/plain": "\n".join(lines)}]))


def described(chance: random.Random, few: int) -> Sample:
    """describe() of a small group."""
    rows = [
        f"count  {few:.6f}",
        "mean  54.300000",
        "std  11.200000",
        "25%  44.000000",
        "50%  55.000000",
        "75%  61.000000",
    ]
    return Sample(
        "d.ipynb",
        notebook(
            ["df[df.region=='Jeju'].age.describe()"], [{"text/plain": "\n".join([*rows, "Name: age, dtype: float64"])}]
        ),
    )


# -- as people make them -----------------------------------------------------------------------------------------------


def people_in_text_cells(chance: random.Random, few: int) -> Sample:
    """A workbook whose counts are text with their unit."""
    rows = [(p, f"{few if i == 2 else many(chance)}명", "12.1%") for i, p in enumerate(PROVINCES)]
    return Sample("현황.xlsx", workbook({"현황": (("지역", "현황", "비중"), *rows)}))


def features(chance: random.Random, few: int) -> Sample:
    """A map: places with a number of patients each."""
    places = [
        {"type": "Feature", "properties": {"name": name, "patients": n}, "geometry": None}
        for name, n in _counts(chance, few).items()
    ]
    return Sample("map.json", json.dumps({"type": "FeatureCollection", "features": places}).encode())


def bars(chance: random.Random, few: int) -> Sample:
    """A drawing of bars with their counts written on them."""
    labels = [f"{name} (n={n})" for name, n in _counts(chance, few).items()]
    return Sample("bars.svg", made.svg(labels))


def page_list(chance: random.Random, few: int) -> Sample:
    items = "".join(f"<li>{escape(name)}: {n} patients</li>" for name, n in _counts(chance, few).items())
    return Sample("r.html", made.page(body=f"<h2>Patients by region</h2><ul>{items}</ul>"))


def spaced(chance: random.Random, few: int) -> Sample:
    """Thousands cut by a space, decimals by a comma, cells between semicolons."""
    rows = [
        f"{name};{f'{n + 1000:,}'.replace(',', ' ') if n > 31 else n};4,{i}"
        for i, (name, n) in enumerate(_counts(chance, few).items())
    ]
    return _said("eu.csv", "region;patients;mean", *rows)


def all_but(chance: random.Random, few: int) -> Sample:
    """Nearly everybody has the event: those without it are few."""
    rows = []
    for i, name in enumerate(REGIONS):
        n = many(chance) + 100
        rows.append(f"{name},{n},{n - few if i == 2 else n // 2}")
    return _said("ev.csv", "region,patients,deaths", *rows)


def interval(chance: random.Random, few: int) -> Sample:
    """A mean, its SD and its confidence interval give the number of people."""
    rows = []
    for i, name in enumerate(REGIONS):
        n, sd, mean = (max(3, few) if i == 1 else many(chance)), chance.uniform(5, 15), chance.uniform(40, 60)
        half = 1.96 * sd / math.sqrt(n)
        rows.append(f"{name},{mean:.4f},{sd:.4f},{mean - half:.4f},{mean + half:.4f}")
    return _said("ci.csv", "region,mean,sd,ci_lower,ci_upper", *rows)


def slide_text(chance: random.Random, few: int) -> Sample:
    """Korean sentences with a share and the number behind it."""
    n = many(chance) + 100
    text = chance.choice(
        (
            f"전체 {n}명 중 {few}명({100 * few / n:.1f}%)에서 이상반응이 있었다.",
            f"이상반응은 {few}/{n}명({100 * few / n:.1f}%)에서 발생하였다.",
            f"Adverse events occurred in {few} of {n} patients ({100 * few / n:.1f}%).",
            f"Adverse events occurred in {few}/{n} ({100 * few / n:.1f}%).",
        )
    )
    return _said("report.md", "# 결과", "", text)


UNSEEN: Mapping[str, Output] = {
    "dictionary": python_dict,
    "JSON by column": columns_of_json,
    "two tables": two_tables,
    "remarks above": commented,
    "survfit": survfit,
    "histogram": histogram,
    "caret": caret,
    "glm": glm_in_r,
    "two levels": grouped,
    "describe": described,
    "text cells": people_in_text_cells,
    "map": features,
    "bars": bars,
    "list on a page": page_list,
    "spaced thousands": spaced,
    "all but few": all_but,
    "interval": interval,
    "share in a sentence": slide_text,
}


# -- hidden -----------------------------------------------------------------------------------------------------------


def _table(chance: random.Random) -> str:
    one = grid(chance)
    return "\n".join(",".join(row) for row in (one.head, *one.rows))


def spaces_at_the_end(chance: random.Random) -> Sample:
    """Bits as spaces and tabs at the ends of lines."""
    lines = [line + "".join(chance.choice(" \t") for _ in range(24)) for line in _table(chance).splitlines() * 3]
    return Sample("notes.txt", "\n".join(lines).encode(), "spaces", ("text.hidden", "text.encoded"))


def variation_selectors(chance: random.Random) -> Sample:
    """Bytes as selectors behind a letter."""
    bits = "".join(chr(0xFE00 + chance.randrange(16)) for _ in range(40))
    return Sample("t.csv", (_table(chance) + bits).encode(), "selectors", ("text.hidden",))


def doubled_key(chance: random.Random) -> Sample:
    """A key of JSON that stands twice: a program shows the last, the file holds both."""
    hidden = ", ".join(f'"{chance.randrange(10**6):06}"' for _ in range(20))
    return Sample(
        "m.json",
        f'{{"auc": [{hidden}], "n": 1200, "auc": 0.81}}'.encode(),
        "doubled key",
        ("file.type", "text.hidden", "table.unique"),
    )


def far_cell(chance: random.Random) -> Sample:
    """A cell far below and right of the table."""
    one = grid(chance)
    rows = [*(tuple(row) for row in (one.head, *one.rows)), *[("",)] * 400, (*[""] * 20, resident_number(chance))]
    return Sample("t.xlsx", workbook({"T": rows}), "far cell", ("identifier.rrn", "table.shape", "workbook.hidden"))


def not_a_picture(chance: random.Random) -> Sample:
    """A picture in a drawing that is none."""
    data = base64.b64encode(chance.randbytes(600)).decode()
    body = f'<image width="9" height="9" xlink:href="data:image/png;base64,{data}"/>'
    return Sample(
        "f.svg",
        made.svg(["a"], body=body),
        "no picture",
        ("image.integrity", "markup.hidden", "file.type", "text.encoded", "markup.outside"),
    )


def said_in_svg(chance: random.Random) -> Sample:
    """What a drawing says in its description and metadata."""
    phone = f"010-{chance.randrange(2000, 9999)}-{chance.randrange(1000, 9999)}"
    body = chance.choice(
        (f"<desc>{phone}</desc>", f"<metadata>{phone}</metadata>", f"<!-- {phone} -->", f'<g data-tel="{phone}"/>')
    )
    return Sample("f.svg", made.svg(["a"], body=body), "said in a drawing", ("identifier.phone", "markup.hidden"))


def older_pdf(chance: random.Random) -> Sample:
    """A second version appended to a PDF: the first is still inside."""
    one = made.pdf([made.lines(["Table 1. 4 patients"])])
    return Sample(
        "r.pdf",
        one + made.pdf([made.lines(["Table 1"])]),
        "older version",
        ("pdf.hidden", "pdf.structure", "file.polyglot"),
    )


def title_of_pdf(chance: random.Random) -> Sample:
    phone = f"010-{chance.randrange(2000, 9999)}-{chance.randrange(1000, 9999)}"
    info = f"/Title ({phone}) /Keywords (x)".encode()
    return Sample(
        "r.pdf", made.pdf([made.lines(["Results"])], info=info), "title", ("pdf.metadata", "identifier.phone")
    )


def long_comment(chance: random.Random) -> Sample:
    """Numbers as the colours of a palette of a picture: many bytes that no pixel uses."""
    return Sample(
        "f.png", png(9, chunk(b"PLTE", chance.randbytes(600))), "palette", ("image.integrity", "image.metadata")
    )


def lookalike_digits(chance: random.Random) -> Sample:
    """A resident number in circled or mathematical digits."""
    number = resident_number(chance).replace("-", "")
    start = chance.choice((0x1D7CE, 0x1D7F6, 0xFF10, 0x0660))
    shown = "".join(chr(start + int(d)) for d in number)
    return _as(
        _said("note.txt", f"see {shown[:6]}-{shown[6:]} for details"), "digits", ("identifier.rrn", "text.hidden")
    )


def _as(one: Sample, what: str, rules: tuple[str, ...]) -> Sample:
    return Sample(one.name, one.data, what, rules)


HIDDEN: Mapping[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        spaces_at_the_end,
        variation_selectors,
        doubled_key,
        far_cell,
        not_a_picture,
        said_in_svg,
        older_pdf,
        title_of_pdf,
        long_comment,
        lookalike_digits,
    )
}
PLANTED_UNSEEN = planted(UNSEEN) | dict(HIDDEN)
SAFE_UNSEEN = safe(UNSEEN)
