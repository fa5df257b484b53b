"""The rest of the fourth set: what newer tools print, and a few more safe outputs with small whole numbers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_files import notebook
from tests.benchmarks.egress_hospital import DRUGS, pair, said, shown, tally
from tests.benchmarks.egress_programs import Output, planted, safe


def nested_korean(chance: random.Random, few: int) -> Sample:
    content = {"환자수": {n: {"남": a, "여": b} for n, a, b in pair(chance, few)}}
    return Sample("집계.json", json.dumps(content, ensure_ascii=False).encode())


def split_json(chance: random.Random, few: int) -> Sample:
    """to_json(orient='split')."""
    counts = tally(chance, few)
    content = {
        "columns": ["dept", "n", "mean"],
        "index": list(range(5)),
        "data": [[n, v, 4.5] for n, v in counts.items()],
    }
    return Sample("t.json", json.dumps(content, ensure_ascii=chance.random() < 0.5).encode())


def styled(chance: random.Random, few: int) -> Sample:
    """A Styler in a notebook: a style sheet, identities on every cell."""
    body = "".join(
        f'<tr><th id="T_ab12_level0_row{i}" class="row_heading level0 row{i}">{n}</th>'
        f'<td id="T_ab12_row{i}_col0" class="data row{i} col0">{v}</td></tr>'
        for i, (n, v) in enumerate(tally(chance, few).items())
    )
    head = '<thead><tr><th class="blank level0">&nbsp;</th><th class="col_heading">patients</th></tr></thead>'
    html = f'<style type="text/css">#T_ab12_row0_col0 {{background-color: #fff}}</style><table id="T_ab12">{head}<tbody>{body}</tbody></table>'  # noqa: E501 - as a program writes it
    return Sample("styled.ipynb", notebook(["s.style.bar()"], [{"text/html": html, "text/plain": "<Styler at 0x7f>"}]))


def polars(chance: random.Random, few: int) -> Sample:
    body = [f"│ {n:<13} ┆ {v:<4} │" for n, v in tally(chance, few, DRUGS).items()]
    return shown(
        "\n".join(
            [
                "shape: (4, 2)",
                "┌───────────────┬──────┐",
                "│ drug          ┆ len  │",
                "│ ---           ┆ ---  │",
                "│ str           ┆ u32  │",
                "╞═══════════════╪══════╡",
                *body,
                "└───────────────┴──────┘",
            ]
        )
    )


def query(chance: random.Random, few: int) -> Sample:
    """psql."""
    body = [f" {n:<14}| {v:>5}" for n, v in tally(chance, few, DRUGS).items()]
    return said("query.txt", "     drug      | count ", "---------------+-------", *body, "(4 rows)")


def calendar(chance: random.Random) -> Sample:
    return said(
        "일정.md",
        "| 단계 | 기간(개월) | 비고 |",
        "|---|---|---|",
        f"| 자료 정제 | {chance.randrange(1, 4)} | 1차 반출 포함 |",
        "| 분석 | 3 | |",
        "| 보고서 작성 | 2 | 연구책임자 확인 |",
    )


def settings(chance: random.Random) -> Sample:
    return Sample(
        "config.json",
        json.dumps(
            {
                "seed": chance.randrange(1, 99),
                "folds": 5,
                "model": {"max_depth": 6, "eta": 0.1},
                "window_days": 30,
                "min_age": 19,
            }
        ).encode(),
    )


def coxph_safe(chance: random.Random) -> Sample:
    n = chance.randrange(900, 9000)
    return said(
        "cox.txt",
        f"  n= {n}, number of events= {n // 9} ",
        "",
        "        coef exp(coef) se(coef)      z Pr(>|z|)    ",
        "age  0.03211   1.03263  0.00411  7.813  5.6e-15 ***",
        "sexM 0.21120   1.23516  0.08211  2.572   0.0101 *  ",
        "",
        "Concordance= 0.68  (se = 0.011 )",
        "Likelihood ratio test= 81.2  on 2 df,   p=<2e-16",
        "Wald test            = 79.9  on 2 df,   p=<2e-16",
    )


def quality(chance: random.Random) -> Sample:
    """How complete each variable is, and of how many kinds."""
    rows = [
        f"{v},{t},{chance.uniform(0, 9):.1f},{chance.choice(('2', '5', '17'))}"
        for v, t in (("sex", "category"), ("region", "category"), ("smoking", "category"))
    ]
    return said("profile.csv", "variable,type,missing_pct,categories", *rows)


TOOLS: Mapping[str, Output] = {
    f"hospital {make.__name__.replace('_', ' ')}": make for make in (nested_korean, split_json, styled, polars, query)
}
ORDINARY: Mapping[str, Callable[[random.Random], Sample]] = {
    f"ordinary {maker.__name__.replace('_', ' ')}": maker for maker in (calendar, settings, coxph_safe, quality)
}
PLANTED_TOOLS = planted(TOOLS)
SAFE_TOOLS = safe(TOOLS) | dict(ORDINARY)
