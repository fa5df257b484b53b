"""A ninth to eleventh set in part: shapes in which the rules missed something, or stopped what is safe, at first sight.

Written before a look at the rules, as the sets before; what real programs drew is not kept here.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, page, svg
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_hospital import said, shown, tally
from tests.benchmarks.egress_programs import Output, many, planted, safe

CARE = ("상급종합병원", "종합병원", "병원", "요양병원", "의원")
ZONES = ("수도권", "충청권", "호남권", "영남권")


def csv_of(name: str, *rows: Sequence[object]) -> Sample:
    """A file of rows; cells with a comma are quoted."""
    return said(name, *(",".join(f'"{c}"' if "," in str(c) else str(c) for c in row) for row in rows))


def parts_in_one_cell(chance: random.Random, few: int) -> Sample:
    rows = [(zone, f"{many(chance)} / {1000 + many(chance):,}") for zone in ZONES]
    return csv_of("감염.csv", ("권역", "감염/수술"), *rows[:3], (ZONES[3], f"{few} / 1,204"))


def base_in_first_heading(chance: random.Random, few: int) -> Sample:
    n = 240 + few
    return csv_of(
        "합병증.csv",
        (f"유형 (N={n})", "비율(%)"),
        *((w, f"{100 * k / n:.1f}") for w, k in (("출혈", 80), ("감염", few), ("없음", 160))),
    )


def fractions_below_their_base(chance: random.Random, few: int) -> Sample:
    n = 412 + few
    rows = [
        ("항목", "비율"),
        ("대상자수(명)", str(n)),
        ("전원", str(150 / n)),
        ("퇴원", str(262 / n)),
        ("재입원", str(few / n)),
    ]
    return Sample("퇴원형태.xlsx", workbook({"t": rows}))


def printed_proportions(chance: random.Random, few: int) -> Sample:
    n = 1420 if few < 10 else 1420 + few
    shares = (few / n, 700 / n, 1 - (few + 700) / n)
    return said(
        "vc.txt",
        f"N = {n}",
        "smoking",
        *(f"{w:<11}{s:.6f}" for w, s in zip(("current", "former", "never"), shares, strict=True)),
        "Name: proportion, dtype: float64",
    )


def shares_in_cells(chance: random.Random, few: int) -> Sample:
    n = few + 230
    counts = (few, 60, 70, 100)
    return csv_of(
        "설문.csv",
        ("문항", "응답수", "매우 불만족", "불만족", "보통", "만족"),
        *((f"Q{q}", n, *(f"{100 * k / n:.1f}%" for k in counts)) for q in (1, 2)),
    )


def numpy_histogram(chance: random.Random, few: int) -> Sample:
    counts = [many(chance) for _ in range(6)] + [few]
    return said(
        "hist.txt",
        "counts, edges = np.histogram(age, bins=7)",
        f"[{' '.join(map(str, counts))}]",
        f"[{' '.join(str(20 + 10 * i) for i in range(8))}]",
    )


def pairs_of_python(chance: random.Random, few: int) -> Sample:
    return shown(str(sorted(tally(chance, few, ("I10", "E11", "J45")).items())))


def survfit_heading(chance: random.Random, few: int) -> Sample:
    lines = [
        f"{t:>5}{900 - 2 * t:>7}{e:>8}{0.95 - t / 200:>9.3f}  0.0121{0.93 - t / 200:>13.3f}{0.97 - t / 200:>13.3f}"
        for t, e in ((6, 40), (12, 44), (24, few), (36, 41))
    ]
    return said(
        "survfit.txt",
        "Call: survfit(formula = Surv(time, status) ~ 1, data = d)",
        "",
        " time n.risk n.event survival std.err lower 95% CI upper 95% CI",
        *lines,
    )


def residual_freedom(chance: random.Random, few: int) -> Sample:
    return said(
        "aov.txt",
        "            Df Sum Sq Mean Sq F value Pr(>F)  ",
        "ward         3  412.1  137.37   4.213 0.0312 *",
        f"Residuals  {few:>3} 1412.0   32.61                 ",
    )


def welch(chance: random.Random, few: int) -> Sample:
    return said(
        "t.txt",
        "\tWelch Two Sample t-test",
        "",
        "data:  los by arm",
        f"t = 2.1123, df = {few - 0.4:.3f}, p-value = 0.0419",
    )


def parameters_and_people(chance: random.Random, few: int) -> Sample:
    return csv_of(
        "fit.csv",
        ("statistic", "value"),
        ("Number of observations", 24 + few),
        ("Number of parameters", 24),
        ("AIC", 224.4),
    )


def moved_between(chance: random.Random, few: int) -> Sample:
    rows = [(a, b, many(chance)) for a in ("1차", "2차") for b in ("퇴원", "전원", "사망")]
    return csv_of("이동.csv", ("from", "to", "value"), *rows[:5], (*rows[5][:2], few))


def mirrored_pyramid(chance: random.Random, few: int) -> Sample:
    rows = [(f"{a}대", -many(chance), many(chance)) for a in (20, 30, 40, 50)]
    return csv_of("피라미드.csv", ("연령", "남자", "여자"), *rows, ("60대", -few, many(chance)))


def in_thousands(chance: random.Random, few: int) -> Sample:
    rows = [(zone, f"{many(chance) / 10:.3f}") for zone in ZONES[:3]]
    return csv_of("시도.csv", ("(단위: 천명)", ""), ("시도", "환자수"), *rows, ("세종", f"{few / 1000:.3f}"))


def nearly_everybody(chance: random.Random, few: int) -> Sample:
    return csv_of(
        "당뇨.csv",
        ("진료과", "전체", "당뇨 있음"),
        *((w, n := many(chance) + 300, n - 120) for w in ("내과", "안과")),
        ("외과", 900 + few, 900),
    )


def excel_pivot(chance: random.Random, few: int) -> Sample:
    rows = [(k, str(n), "8.1") for k, n in tally(chance, few, CARE).items()]
    total = sum(int(row[1]) for row in rows)
    return Sample(
        "피벗.xlsx",
        workbook({"Sheet2": [("행 레이블", "개수 : 환자ID", "평균 : 재원일수"), *rows, ("총합계", str(total), "8.1")]}),
    )


def shares_tell_counts(chance: random.Random, few: int) -> Sample:
    counts = tally(chance, few, CARE)
    total = sum(counts.values())
    return csv_of(
        "등록현황.csv",
        ("연계자료 분석결과", "", ""),
        ("종별", "신규등록", "비중(%)"),
        *((k, n, f"{100 * n / total:.1f}") for k, n in counts.items()),
    )


def sizes_of_clusters(chance: random.Random, few: int) -> Sample:
    return said(
        "kmeans.txt",
        "K-means, k = 3",
        "Cluster sizes:",
        f"  cluster 0: {many(chance)}",
        f"  cluster 1: {few}",
        f"  cluster 2: {many(chance)}",
        "silhouette = 0.412",
    )


def forest_of_r(chance: random.Random, few: int) -> Sample:
    return said(
        "rf.txt",
        "Confusion matrix:",
        "    no yes class.error",
        f"no  812  {many(chance):>3}  0.03100",
        f"yes {few:>3} 120  0.21100",
    )


def sized_labels(chance: random.Random, few: int) -> Sample:
    return csv_of(
        "coef.csv",
        ("변수", "OR", "p"),
        *((f"{w} (n={n})", "1.2", "0.2") for w, n in (("서울", 4120), ("부산", 1023), ("제주", few))),
    )


def marks_of_notes(chance: random.Random, few: int) -> Sample:
    body = "".join(f"<tr><td>{k}</td><td>{n}<sup>a</sup></td></tr>" for k, n in tally(chance, few, CARE).items())
    return Sample("k.html", page(body=f"<table><tr><th>종별</th><th>환자수</th></tr>{body}</table>"))


def shares_by_ward(chance: random.Random, few: int) -> Sample:
    rows = [
        (w, n, f"{50:.1f}", f"{100 * k / n:.1f}")
        for w, n, k in ((CARE[0], 300, 60), (CARE[1], 240, min(few, 90)), (CARE[2], 400, 80))
    ]
    return csv_of("결과.csv", ("병원구분", "대상자수", "완치(%)", "사망(%)"), *rows)


def cases_in_words(chance: random.Random, few: int) -> Sample:
    return Sample("초록.docx", docx([f"총 1,231례를 분석하였다. 술 후 출혈은 {few}례에서 관찰되었다."]))


def share_in_a_sentence(chance: random.Random, few: int) -> Sample:
    return said("요약.txt", f"분석 대상은 1,000명이며, 이 중 {few / 10:.1f}%에서 패혈증이 발생하였다.")


def at_risk_below(chance: random.Random, few: int) -> Sample:
    return Sample("km.svg", svg(["0", "12", "24", "No. at risk", "412", "330", str(few)]))


def label_on_a_map(chance: random.Random, few: int) -> Sample:
    return Sample("map.svg", svg([w for k, n in tally(chance, few, CARE).items() for w in (k, f"{n}명")]))


def stata_side(chance: random.Random, few: int) -> Sample:
    """An analysis of variance beside its numbers: the freedom of a model of two terms is no small cell."""
    rest = few if few < 10 else 400 + few
    return said(
        "reg.txt",
        ". regress los age i.sex",
        "",
        f"      Source |       SS           df       MS      Number of obs   ={rest + 103:>10,}",
        f"-------------+----------------------------------   F(2, {rest})        =      3.12",
        "       Model |  612.113221         2  306.056611   Prob > F        =    0.0482",
        f"    Residual |  9123.21331       {rest:>3}  98.1205732   R-squared       =    0.0629",
        "-------------+----------------------------------   Adj R-squared   =    0.0428",
        f"       Total |  9735.32653       {rest + 2:>3}  98.3366316   Root MSE        =    9.9056",
    )


SEVENTH: Mapping[str, Output] = {
    f"seventh {make.__name__.replace('_', ' ')}": make
    for make in (
        parts_in_one_cell, base_in_first_heading, fractions_below_their_base, printed_proportions, shares_in_cells,
        numpy_histogram, pairs_of_python, survfit_heading, residual_freedom, welch, parameters_and_people,
        moved_between, mirrored_pyramid, in_thousands, nearly_everybody, excel_pivot, shares_tell_counts,
        sizes_of_clusters, forest_of_r, sized_labels, marks_of_notes, shares_by_ward, cases_in_words,
        share_in_a_sentence, at_risk_below, label_on_a_map, stata_side,
    )
}  # fmt: skip


# -- people one by one, and what is alike and of nobody ---------------------------------------------------------------


def _pick(chance: random.Random, rows: int) -> list[tuple[int, str, int]]:
    ages = chance.sample(range(20, 90), rows)
    ages[:3] = sorted(ages[:3], key=lambda age: (age % 2, -age))
    return [(age, chance.choice("MF"), chance.randrange(1, 40)) for age in ages]


def _one(name: str, rule: str, *lines: str) -> Sample:
    sample = said(name, *lines)
    return Sample(sample.name, sample.data, "single people", (rule,))


def head_of_a_frame(chance: random.Random) -> Sample:
    rows = [f"{i:>3} {age:>4} {100 + los:>4}" for i, (age, _, los) in enumerate(_pick(chance, 7))]
    return Sample(
        "eda.ipynb",
        shown("\n".join(["     age  sbp", *rows]), "df.head(7)").data,
        "rows",
        ("table.singular", "table.records"),
    )


def ranked_people(chance: random.Random) -> Sample:
    rows = [f"{i},{90_000_000 - i * 3_412_731},{age},{los}" for i, (age, _, los) in enumerate(_pick(chance, 10), 1)]
    return _one("상위10.csv", "table.singular", "순위,총진료비(원),나이,입원일수", *rows)


def exact_places(chance: random.Random) -> Sample:
    rows = [f"{37.4 + chance.random() / 5:.6f},{126.9 + chance.random() / 5:.6f},fall" for _ in range(25)]
    return _one("geo.csv", "table.singular", "lat,lon,event", *rows)


def days_of_death(chance: random.Random) -> Sample:
    rows = [
        f"2021-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d},{chance.choice('남여')},I21"
        for _ in range(12)
    ]
    return _one("사망.csv", "table.singular", "사망일자,성별,원사인", *rows)


def numbers_of_each(chance: random.Random) -> Sample:
    rows = [f"{i},{chance.gauss(0, 1):.5f},{chance.gauss(0, 1):.5f}" for i in range(60)]
    return _one("shap.csv", "table.records", "index,age,bmi", *rows)


def number_in_a_remark(chance: random.Random) -> Sample:
    rows = [
        ("진단", "환자수", "비고"),
        ("위암", "412", ""),
        ("간암", "388", f"등록번호 {chance.randrange(10**7, 10**8)} 제외"),
    ]
    return Sample("진단별.xlsx", workbook({"t": rows}), "a number", ("identifier.other_id",))


def number_in_a_query(chance: random.Random) -> Sample:
    return _one(
        "log.txt",
        "identifier.other_id",
        f"INFO SELECT COUNT(*) FROM visit WHERE pt_no = '{chance.randrange(10**7, 10**8)}'",
    )


def largest_cost(chance: random.Random) -> Sample:
    rows = [f"{w},{many(chance)},{chance.randrange(5001, 9999)}" for w in CARE]
    return _one("진료비.csv", "cells.extremes", "종별,환자수,최대(천원)", *rows)


def one_dominates(chance: random.Random) -> Sample:
    rows = [f"{w},{many(chance)},{chance.uniform(92, 97):.1f}" for w in ("제약", "의료기기", "도매")]
    return _one("매출.csv", "evidence.dominance", "업종,업체수,상위 1개 업체 비중(%)", *rows)


def regions(chance: random.Random) -> Sample:
    """Districts under a heading that says where people live: categories, not addresses."""
    return csv_of(
        "거주지.csv", ("거주지", "환자수"), *((f"서울특별시 {w}", many(chance)) for w in ("종로구", "중구", "용산구"))
    )


def decimals_in_columns(chance: random.Random) -> Sample:
    """Digits of neighbouring columns that together may pass for a card."""
    rows = [
        f"{w:<10}{n:>5}  {n * 1.371:>12.4f}  {n / 3:>12.4f}  {n * 1.31:>12.4f}"
        for w, n in (("AGE", 512), ("SBP", 510), ("COST", 1498))
    ]
    return said(
        "means.txt", "The MEANS Procedure", "", "Variable      N          Mean       Std Dev        Median", *rows
    )


def figure_without_spaces(chance: random.Random) -> Sample:
    colours = [[round(i / 9, 15), f"#{chance.randrange(16**6):06x}"] for i in range(10)]
    figure = {
        "data": [{"type": "bar", "x": list(CARE), "y": [many(chance) for _ in CARE]}],
        "layout": {
            "template": {
                "data": {
                    "heatmap": [{"colorscale": colours, "autocolorscale": True}],
                    "histogram2dcontour": [{"colorscale": colours}],
                }
            }
        },
    }
    return Sample("fig.json", json.dumps(figure, separators=(",", ":")).encode())


PLANTED_SEVENTH = planted(SEVENTH) | {
    f"seventh {make.__name__.replace('_', ' ')}": make
    for make in (
        head_of_a_frame, ranked_people, exact_places, days_of_death, numbers_of_each, number_in_a_remark,
        number_in_a_query, largest_cost, one_dominates,
    )
}  # fmt: skip
SAFE_SEVENTH = safe(SEVENTH) | {
    f"seventh {make.__name__.replace('_', ' ')}": make for make in (regions, decimals_in_columns, figure_without_spaces)
}
