"""The second half of the fourth set: what a statistics office and its guests make of tables, reports and drawings."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, lines, page, pdf, pdf_table, svg
from tests.benchmarks.egress_files import notebook, workbook
from tests.benchmarks.egress_hospital import pair, said, shown, tally
from tests.benchmarks.egress_programs import Output, many, planted, safe

CITIES = ("수원시", "성남시", "고양시", "용인시", "가평군")
TRADES = ("농업", "제조업", "건설업", "도소매업", "숙박업")


def type_and_freq(chance: random.Random, few: int) -> Sample:
    """The data set of PROC SUMMARY, exported."""
    body = [f"{n}\t1\t{v}\t{chance.uniform(4, 9):.4f}" for n, v in tally(chance, few, TRADES).items()]
    return said("summary.tsv", "trade\t_TYPE_\t_FREQ_\tmean_hours", *body)


def weighted_survey(chance: random.Random, few: int) -> Sample:
    """Weighted shares with the unweighted sample below."""
    body = [
        f"{n},{chance.uniform(10, 40):.1f},{chance.uniform(0.5, 2):.2f},{v}"
        for n, v in tally(chance, few, CITIES).items()
    ]
    return said("흡연율.csv", "시군구,가중 흡연율(%),표준오차,표본수", *body)


def rate_and_population(chance: random.Random, few: int) -> Sample:
    """Cases per 100,000 beside a population: the cases are their product."""
    body = []
    for n, v in tally(chance, few, CITIES).items():
        people = chance.randrange(40_000, 90_000)
        body.append(f"{n},{people},{100_000 * v / people:.2f}")
    return said("발생률.csv", "시군구,인구,인구 10만명당 발생률", *body)


def base_in_label(chance: random.Random, few: int) -> Sample:
    """Medians by group, and the group says how many it is."""
    body = [
        f"| {n} (n={v}) | {chance.uniform(40, 60):.0f} | {chance.uniform(30, 39):.0f}–{chance.uniform(61, 70):.0f} |"
        for n, v in tally(chance, few, TRADES).items()
    ]
    return said("report.md", "| 업종 | 중앙값 | 사분위범위 |", "|---|---|---|", *body)


def pyramid(chance: random.Random, few: int) -> Sample:
    names = (*tuple(f"{a}-{a + 9}세" for a in range(0, 80, 10)), "80세 이상")
    return said("인구.csv", "연령,남자,여자", *(f"{n},{a},{b}" for n, a, b in pair(chance, few, names)))


def three_headings(chance: random.Random, few: int) -> Sample:
    """A published table: title, unit, joined headings, a note."""
    rows = [
        ("표 3-2. 시군구별 성별 등록 장애인", "", "", ""),
        ("", "", "", "(단위: 명)"),
        ("시군구", "등록 장애인", "", ""),
        ("", "계", "남", "여"),
    ]
    rows += [(n, str(a + b), str(a), str(b)) for n, a, b in pair(chance, few, CITIES)]
    return Sample("표3-2.xlsx", workbook({"표3-2": [*rows, ("자료: 행정자료 연계", "", "", "")]}))


def blocks_on_a_sheet(chance: random.Random, few: int) -> Sample:
    """Two blocks beside each other on one sheet, an empty column between them."""
    left, right = tally(chance, 300, CITIES), tally(chance, few, TRADES)
    rows = [("시군구", "사업체수", "", "업종", "종사자수")]
    rows += [(a, str(left[a]), "", b, str(right[b])) for a, b in zip(left, right, strict=True)]
    return Sample("현황.xlsx", workbook({"Sheet1": rows}))


def suffixes(chance: random.Random, few: int) -> Sample:
    body = [f"{n},{a},{b},{100 * a / (a + b):.1f}" for n, a, b in pair(chance, few, CITIES)]
    return said("wide.csv", "sgg,n_m,n_f,pct_m", *body)


def missing_category(chance: random.Random, few: int) -> Sample:
    body = [f"{n};{many(chance)}" for n in ("미혼", "기혼", "이혼")]
    return said("혼인.csv", "혼인상태;응답자", *body, f"무응답;{few}")


def two_by_two(chance: random.Random, few: int) -> Sample:
    """Exposed and cases, as an epidemiologist writes them in Markdown."""
    a, b, c = many(chance), many(chance), many(chance)
    return said(
        "rr.md",
        "| | 사례 | 대조 |",
        "|---|---:|---:|",
        f"| 노출 | {few} | {a} |",
        f"| 비노출 | {b} | {c} |",
        "",
        "OR 1.42 (0.81–2.49)",
    )


def latex_of_pandas(chance: random.Random, few: int) -> Sample:
    """to_latex() with a multicolumn heading, and thousands with commas."""
    body = [
        f"{n} & {a + 1000:,} & {b} \\\\"
        for n, a, b in ((n, many(chance), v) for n, v in tally(chance, few, ("North", "South", "East", "West")).items())
    ]
    head = [
        r"\begin{table}",
        r"\caption{Firms and closures by area}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r" & \multicolumn{2}{r}{number} \\",
        r"area & firms & closures \\",
        r"\midrule",
    ]
    return said("closures.txt", *head, *body, r"\bottomrule", r"\end{tabular}", r"\end{table}")


def stargazer(chance: random.Random, few: int) -> Sample:
    """A regression of R in LaTeX on few observations."""
    rows = [
        r"\begin{tabular}{@{\extracolsep{5pt}}lc}",
        r"\\[-1.8ex]\hline",
        r" & \multicolumn{1}{c}{\textit{Dependent variable:}} \\",
        r"\\[-1.8ex] & wage \\",
        r"\hline \\[-1.8ex]",
        r" age & 0.043$^{**}$ \\",
        r"  & (0.011) \\",
    ]
    rows += [
        rf"Observations & {few + 4} \\",
        r"R$^{2}$ & 0.412 \\",
        rf"Residual Std. Error & 2.31 (df = {few}) \\",
        r"\hline",
        r"\end{tabular}",
    ]
    return said("models.txt", *rows)


def stata_regression(chance: random.Random, few: int) -> Sample:
    n = few + 3
    return said(
        "reg.log",
        "      Source |       SS           df       MS      Number of obs   =" + f"{n:>10}",
        "-------------+----------------------------------   F(2, " + f"{few})" + "        =     11.20",
        "       Model |  412.311          2   206.155   Prob > F        =    0.0002",
        f"    Residual |  812.432   {few:>10}   {812.432 / few:>7.3f}   R-squared       =    0.3367",
        "-------------+----------------------------------   Adj R-squared   =    0.3012",
        "        wage | Coefficient  Std. err.      t    P>|t|     [95% conf. interval]",
        "         age |   .0432112   .0110321     3.92   0.001     .0204321    .0659903",
    )


def statsmodels_of_few(chance: random.Random, few: int) -> Sample:
    text = "\n".join(
        (
            "                            OLS Regression Results                            ",
            "==============================================================================",
            "Dep. Variable:                   wage   R-squared:                       0.412",
            "Model:                            OLS   Adj. R-squared:                  0.398",
            f"No. Observations:        {few + 3:>12}   AIC:                             812.1",
            f"Df Residuals:            {few:>12}   BIC:                             820.4",
            "Df Model:                           2                                         ",
            "==============================================================================",
            "                 coef    std err          t      P>|t|      [0.025      0.975]",
            "------------------------------------------------------------------------------",
            "const          1.2210      0.311      3.926      0.001       0.611       1.831",
        )
    )
    return shown(text, "sm.OLS(y, X).fit().summary()")


def flow_chart(chance: random.Random, few: int) -> Sample:
    """The flow of a study, drawn."""
    n = many(chance) + 400
    labels = [
        f"Assessed for eligibility (n={n})",
        f"Excluded (n={few})",
        f"Randomised (n={n - few})",
        f"Lost to follow-up (n={many(chance) % 60 + 40})",
    ]
    return Sample("flow.svg", svg(labels))


def flow_in_words(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 400
    return Sample(
        "결과보고서.docx",
        docx(["1. 연구 대상", f"총 {n}명 중 동의를 철회한 {few}명을 제외하고 {n - few}명을 분석하였다."]),
    )


def table_of_report(chance: random.Random, few: int) -> Sample:
    rows = [
        ("구분", "명", "%"),
        *((n, str(v), f"{chance.uniform(5, 30):.1f}") for n, v in tally(chance, few, TRADES).items()),
    ]
    return Sample("보고서.docx", docx(["<표 2> 업종별 산재 신청자"], [rows]))


def table_on_paper(chance: random.Random, few: int) -> Sample:
    rows = [
        ("Trade", "Claims", "Median days"),
        *(
            (n, str(v), f"{chance.uniform(9, 40):.1f}")
            for n, v in tally(chance, few, ("Farming", "Building", "Retail", "Hotels")).items()
        ),
    ]
    return Sample("report.pdf", pdf([lines(["Table 2. Claims by trade"]) + pdf_table(rows)]))


def written_heatmap(chance: random.Random, few: int) -> Sample:
    """A heat map with its counts written in its cells; letters are drawn, what they say stands in a remark."""
    numbers = [many(chance) for _ in range(11)] + [few]
    chance.shuffle(numbers)
    body = "".join(
        f'<g id="text_{i}"><!-- {n} --><g transform="translate({40 + 60 * (i % 4)} {60 + 40 * (i // 4)}) scale(0.1 -0.1)">'  # noqa: E501 - as a program writes it
        '<defs><path id="DejaVuSans-34" d="M 2419 4116 L 825 1625 L 2419 1625 z"/></defs><use xlink:href="#DejaVuSans-34"/></g></g>'  # noqa: E501 - as a program writes it
        for i, n in enumerate(numbers)
    )
    return Sample("heatmap.svg", svg(["region", "patients by region and age"], body=body))


def long_tail(chance: random.Random, few: int) -> Sample:
    """The most frequent diagnoses, down to the rare."""
    codes = ("I10", "E11", "J45", "M17", "F32", "K21", "N18", "C50", "G40", "Q90")
    rows = sorted((many(chance) for _ in codes), reverse=True)
    rows[-1] = few
    return said(
        "상병순위.csv",
        "순위,상병코드,진료인원",
        *(f"{i},{c},{n}" for i, (c, n) in enumerate(zip(codes, rows, strict=True), 1)),
    )


def page_of_a_notebook(chance: random.Random, few: int) -> Sample:
    """A notebook saved as a page: the output of a cell in a block."""
    body = [f"{n:<6} {v:>5}" for n, v in tally(chance, few, CITIES).items()]
    return Sample(
        "analysis.html",
        page(
            body=f"<h1>분석</h1><div class='jp-OutputArea-output'><pre>시군구\n{chr(10).join(body)}\nName: count, dtype: int64</pre></div>"  # noqa: E501 - as a program writes it
        ),
    )


def quarters_across(chance: random.Random, few: int) -> Sample:
    rows = [[n, *(str(many(chance)) for _ in range(4))] for n in TRADES]
    rows[1][3] = str(few)
    return said("분기.csv", "업종,1분기,2분기,3분기,4분기", *(",".join(r) for r in rows))


def group_in_heading(chance: random.Random, few: int) -> Sample:
    """Results across, with the people of each group in a row of their own."""
    n = (many(chance), few, many(chance))
    return said(
        "결과.csv", "항목,A군,B군,C군", f"N,{n[0]},{n[1]},{n[2]}", "평균 연령,54.1,55.3,53.9", "p값,,0.412,0.733"
    )


def bars_in_vega(chance: random.Random, few: int) -> Sample:
    values = [{"area": n, "claims": v} for n, v in tally(chance, few, CITIES).items()]
    content = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "mark": "bar",
        "data": {"values": values},
        "encoding": {"x": {"field": "area", "type": "nominal"}, "y": {"field": "claims", "type": "quantitative"}},
    }
    return Sample("chart.json", json.dumps(content, ensure_ascii=False).encode())


def lines_of_json(chance: random.Random, few: int) -> Sample:
    return said(
        "rows.json",
        *(json.dumps({"city": n, "households": v}, ensure_ascii=False) for n, v in tally(chance, few, CITIES).items()),
    )


def markdown_in_notebook(chance: random.Random, few: int) -> Sample:
    """What the author wrote below the table, in a cell of words."""
    content = json.loads(notebook(["x"], [None]))
    content["cells"].append(
        {
            "cell_type": "markdown",
            "id": "m1",
            "metadata": {},
            "source": [f"**결과**: 가평군 거주자 {few}명을 포함하였다."],
        }
    )
    return Sample("note.ipynb", json.dumps(content, ensure_ascii=False).encode())


def clusters(chance: random.Random, few: int) -> Sample:
    text = f"cluster\n2    {many(chance)}\n0    {many(chance)}\n1    {few}\nName: count, dtype: int64"
    return shown(text, "pd.Series(km.labels_).value_counts()")


def leaves(chance: random.Random, few: int) -> Sample:
    """A drawn decision tree of scikit-learn."""
    n = many(chance) + 100
    return Sample(
        "tree.svg",
        svg(
            [
                "age <= 64.5",
                f"samples = {n}",
                f"value = [{n - 40}, 40]",
                f"samples = {few}",
                f"value = [{few}, 0]",
                f"samples = {n - few}",
            ]
        ),
    )


def t_test(chance: random.Random, few: int) -> Sample:
    """Two groups and their sizes, as SPSS tells them."""
    rows = [
        ("", "집단", "N", "평균", "표준편차", "평균의 표준오차"),
        ("점수", "처치", str(many(chance)), "3.21", ".812", ".041"),
        ("", "대조", str(few), "3.02", ".795", ".039"),
    ]
    return Sample("t검정.xlsx", workbook({"독립표본": rows}))


BUREAU: Mapping[str, Output] = {
    f"bureau {make.__name__.replace('_', ' ')}": make
    for make in (
        type_and_freq, weighted_survey, rate_and_population, base_in_label, pyramid, three_headings, blocks_on_a_sheet,
        suffixes, missing_category, two_by_two, latex_of_pandas, stargazer, stata_regression, statsmodels_of_few,
        flow_chart, flow_in_words, table_of_report, table_on_paper, written_heatmap, long_tail, page_of_a_notebook,
        quarters_across, group_in_heading, bars_in_vega, lines_of_json, markdown_in_notebook, clusters, leaves, t_test,
    )
}  # fmt: skip
PLANTED_BUREAU = planted(BUREAU)
SAFE_BUREAU = safe(BUREAU)
