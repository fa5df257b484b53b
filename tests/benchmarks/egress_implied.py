"""Small groups that no cell names: what remains when other published numbers are divided, subtracted or inverted.

As in `egress_programs`, every kind is one function of the people in its smallest group.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_programs import REGIONS, Output, many, planted, safe

_SHARE = ("cells.percent", "cells.small")


def _csv(name: str, head: str, rows: list[str], *rules: str) -> Sample:
    return Sample(name, ("\n".join((head, *rows)) + "\n").encode(), rules=rules)


def cumulated(chance: random.Random, few: int) -> Sample:
    """Running totals, whose steps are counts."""
    total, rows = 0, []
    for month in range(1, 9):
        total += few if month == 5 else many(chance)
        rows.append(f"2021-{month:02},{total}")
    head = chance.choice(("month,cumulative patients", "월,누적 환자수", "month,cum_n"))
    return _csv("cum.csv", head, rows, "cells.implied")


def sum_and_mean(chance: random.Random, few: int) -> Sample:
    """A total and a mean of the same give the number of people."""
    rows = []
    for i, name in enumerate(REGIONS):
        n, mean = (few if i == 3 else many(chance)), chance.uniform(3, 14)
        rows.append(f"{name},{n * mean:.2f},{mean:.4f}")
    head = chance.choice(
        ("region,total days,mean days", "지역,재원일수 합계,재원일수 평균", "region,sum_visits,mean_visits")
    )
    return _csv("sums.csv", head, rows, "cells.implied")


def spread_and_error(chance: random.Random, few: int) -> Sample:
    """A standard deviation and its standard error give the number of people."""
    rows = []
    for i, name in enumerate(REGIONS):
        n, sd = (max(few, 2) if i == 2 else many(chance)), chance.uniform(5, 20)
        rows.append(f"{name},{chance.uniform(40, 70):.2f},{sd:.4f},{sd / math.sqrt(n):.4f}")
    return _csv("stats.csv", chance.choice(("region,mean,sd,se", "지역,평균,표준편차,표준오차")), rows, "cells.implied")


def per_thousand(chance: random.Random, few: int) -> Sample:
    """A rate and its population."""
    rows = []
    for i, name in enumerate(REGIONS):
        people = chance.randrange(800, 3000)
        cases = few if i == 1 else many(chance) % 300 + 40
        rows.append(f"{name},{people},{1000 * cases / people:.2f}")
    head = chance.choice(("region,population,rate per 1000", "지역,인구,천 명당 발생률", "region,n,incidence per 1000"))
    return _csv("rates.csv", head, rows, *_SHARE)


def base_in_heading(chance: random.Random, few: int) -> Sample:
    """Shares of groups whose sizes stand in the heading."""
    a, b = chance.randrange(60, 200), chance.randrange(200, 300)
    rows = [("Smoker", 0.4, 0.5), ("Diabetes", few / a, 0.3), ("Asthma", 0.35, 0.41)]
    lines = [f"| {name} | {100 * round(x * a) / a:.1f} % | {100 * round(y * b) / b:.1f} % |" for name, x, y in rows]
    head = [f"| | Treated (N={a}) | Control (N={b}) |", "|---|---|---|"]
    return Sample("t1.md", ("\n".join((*head, *lines)) + "\n").encode(), rules=_SHARE)


def base_in_caption(chance: random.Random, few: int) -> Sample:
    """Shares of one group whose size a line above the table gives."""
    n = chance.randrange(80, 200)
    people = (round(n * 0.3), min(few, n // 3), round(n * 0.4))
    rows = [f"| {name} | {100 * k / n:.1f} % |" for name, k in zip("ABC", people, strict=True)]
    top = chance.choice((f"Patients with asthma (N = {n})", f"천식 환자 (N={n})", f"Total number of patients: {n}"))
    return Sample(
        "t2.md", ("\n".join((top, "", "| group | percent |", "|---|---|", *rows)) + "\n").encode(), rules=_SHARE
    )


def odds(chance: random.Random, few: int) -> Sample:
    """A two-by-two table in the words of a program."""
    cells = {"exposed_cases": few, "exposed_controls": many(chance), "unexposed_cases": many(chance)}
    return Sample("or.json", json.dumps({**cells, "unexposed_controls": many(chance), "odds_ratio": 1.42}).encode())


def steps_of_a_roc(chance: random.Random, few: int) -> Sample:
    """A curve of which every step is a person."""
    positives, negatives = (max(few, 2), few + 8) if few < 10 else (211, 307)
    points = sorted({(chance.randrange(negatives + 1), chance.randrange(positives + 1)) for _ in range(9)})
    tpr = sorted(y for _, y in points)
    rows = [
        f"{x / negatives:.4f},{y / positives:.4f},{1 - i / 10:.2f}"
        for i, ((x, _), y) in enumerate(zip(points, tpr, strict=True))
    ]
    return _csv("roc.csv", "fpr,tpr,threshold", ["0.0000,0.0000,1.00", *rows, "1.0000,1.0000,0.00"], "model.classes")


def fitted_on_few(chance: random.Random, few: int) -> Sample:
    """A model of few, as Stata, R and lifelines print it."""
    n = few + 6
    text = chance.choice(
        (
            f"      Source |       SS       df\n-------+--------\n    Residual |  {few * 3.1:.4f}   {few}  1.2"
            f"\nNumber of obs   = {n:>9}\n",
            f"Number of obs = {n}\nF(4, {few}) = 3.11\nRoot MSE = 2.2\n",
            f"<lifelines.CoxPHFitter: fitted with {few * 30} total observations>\nnumber of events observed = {few}\n",
            f"n= {few * 30}, number of events= {few}\n  coef exp(coef)\nage 0.02 1.02\n",
            f"Residual standard error: 3.1 on {few} degrees of freedom\n",
        )
    )
    return Sample("model.log", text.encode(), rules=("cells.small", "model.freedom"))


def longest(chance: random.Random, few: int) -> Sample:
    """A list of single people by rank, or of groups of them."""
    single = few < 10
    costs = sorted((chance.randrange(20_000, 90_000) for _ in range(8)), reverse=True)
    if single:
        head = chance.choice(("rank,age,sex,length of stay", "순위,나이,성별,재원일수"))
        rows = [f"{i},{chance.randrange(20, 95)},{chance.choice('FM')},{c // 300}" for i, c in enumerate(costs, 1)]
    else:
        head, rows = "rank,region,patients", [f"{i},{chance.choice(REGIONS)}{i},{c}" for i, c in enumerate(costs, 1)]
    return _csv("top.csv", head, rows, "table.singular", "table.records")


def outliers(chance: random.Random, few: int) -> Sample:
    """What lies beyond the whiskers, one value for each person."""
    far = [round(chance.uniform(80, 120), 1) for _ in range(4)]
    box = {"group": "A", "n": many(chance), "q1": 21.5, "median": 30.1, "q3": 41.0}
    boxes = [box | ({chance.choice(("fliers", "outliers", "이상값")): far} if few < 10 else {}), box | {"group": "B"}]
    if chance.random() < 0.5:
        rows = [f"{b['group']},{b['n']},{b['median']},{' '.join(map(str, far)) if few < 10 else ''}" for b in boxes]
        return _csv(
            "box.csv",
            "group,n,median,outliers" if few < 10 else "group,n,median,note",
            rows,
            "cells.extremes",
            "figure.points",
        )
    return Sample("box.json", json.dumps(boxes, ensure_ascii=False).encode(), rules=("cells.extremes", "figure.points"))


def kept_in_rest(chance: random.Random, few: int) -> Sample:
    """All but one group are given with the number of all, in another file form than a total row."""
    counts = {name: many(chance) for name in REGIONS[:4]}
    text = f"Of {sum(counts.values()) + few} patients, " + ", ".join(f"{n} lived in {r}" for r, n in counts.items())
    return Sample("text.md", f"# Results\n\n{text} and the rest ({few}) in Jeju.\n".encode())


FIRST: Mapping[str, Output] = {
    "cumulated": cumulated,
    "sum and mean": sum_and_mean,
    "SD and SE": spread_and_error,
    "per thousand": per_thousand,
    "base in heading": base_in_heading,
    "base in caption": base_in_caption,
    "odds": odds,
    "ROC": steps_of_a_roc,
    "fitted on few": fitted_on_few,
    "longest": longest,
    "outliers": outliers,
}
PLANTED_IMPLIED = planted(FIRST)
SAFE_IMPLIED = safe(FIRST)
