"""A third set of kinds, written when the rules had been mended for the first two: what the rules say at first sight."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, page
from tests.benchmarks.egress_files import notebook, workbook
from tests.benchmarks.egress_programs import PROVINCES, REGIONS, Output, many, planted, safe


def _said(name: str, *lines: str) -> Sample:
    return Sample(name, ("\n".join(lines) + "\n").encode())


def xtabs(chance: random.Random, few: int) -> Sample:
    """xtabs() of R: the name of one label above, that of the other beside."""
    rows = [f"  {name:<8}{few if i == 2 else many(chance):>5}{many(chance):>5}" for i, name in enumerate(REGIONS)]
    return _said("x.txt", "> xtabs(~ region + sex)", "         sex", "region      F    M", *rows)


def frame_in_r(chance: random.Random, few: int) -> Sample:
    rows = [
        f"{i}  {name:<8} {few if i == 4 else many(chance):>5} {chance.uniform(1, 9):.2f}"
        for i, name in enumerate(REGIONS, 1)
    ]
    return _said("agg.log", "   region    cases  mean", *rows)


def spss(chance: random.Random, few: int) -> Sample:
    """A frequency table of SPSS as text: Valid, Frequency, Percent."""
    counts = [many(chance), few, many(chance)]
    rows = [
        f"Valid  {n:<8} {c:>6} {100 * c / sum(counts):>8.1f} {100 * c / sum(counts):>8.1f}"
        for n, c in zip(REGIONS, counts, strict=False)
    ]
    return _said("spss.txt", "                Frequency  Percent  ValidPercent", *rows)


def records_by_group(chance: random.Random, few: int) -> Sample:
    """JSON as an API gives it: groups in a list under a key, with a value each."""
    groups = [
        {"group": name, "value": {"patients": few if i == 1 else many(chance), "mean": 4.2}}
        for i, name in enumerate(REGIONS)
    ]
    return Sample("r.json", json.dumps({"results": {"by_region": groups}}).encode())


def vertical_bars(chance: random.Random, few: int) -> Sample:
    """A table drawn with lines of a box."""
    body = [f"│ {name:<8}│{few if i == 3 else many(chance):>7} │" for i, name in enumerate(REGIONS)]
    return _said(
        "box.txt", "┌─────────┬────────┐", "│ region  │      n │", "├─────────┼────────┤", *body, "└─────────┴────────┘"
    )


def document_sentence(chance: random.Random, few: int) -> Sample:
    text = f"연구 대상자 {many(chance)}명 가운데 {few}명이 추적 중 사망하였다."
    return Sample("r.docx", docx([text], []))


def page_sentence(chance: random.Random, few: int) -> Sample:
    return Sample("r.html", page(body=f"<p>Follow-up was lost for {few} participants (see table).</p>"))


def sums_of_notebook(chance: random.Random, few: int) -> Sample:
    """f-strings printed by a cell."""
    shown = "\n".join(f"{name}: {few if i == 2 else many(chance)} patients" for i, name in enumerate(REGIONS))
    return Sample("a.ipynb", notebook(["for r in regions: print(...)"], [{"text/plain": shown}]))


def sheet_of_pairs(chance: random.Random, few: int) -> Sample:
    """A sheet with labels in one column and their counts in the next, without any heading."""
    rows = [
        ("구분", "2021"),
        *((p, str(few if i == 1 else many(chance))) for i, p in enumerate(PROVINCES)),
        ("합계 인원", "2400"),
    ]
    return Sample("현황.xlsx", workbook({"현황": rows}))


def negative_binomial(chance: random.Random, few: int) -> Sample:
    """A model as Stata prints it, with a line of its freedom."""
    heading = f"Negative binomial regression            Number of obs     = {few + 20:>10}"
    return _said(
        "nb.log", heading, f"Dispersion = mean   LR chi2(2) = {chance.uniform(2, 9):.2f}", f"Residual df = {few}"
    )


THIRD: Mapping[str, Output] = {
    "xtabs": xtabs,
    "frame in R": frame_in_r,
    "SPSS": spss,
    "nested records": records_by_group,
    "box of lines": vertical_bars,
    "sentence in a document": document_sentence,
    "sentence on a page": page_sentence,
    "printed in a loop": sums_of_notebook,
    "pairs without heading": sheet_of_pairs,
    "negative binomial": negative_binomial,
}
PLANTED_THIRD = planted(THIRD)
SAFE_THIRD = safe(THIRD)
