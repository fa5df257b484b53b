"""Models, survival curves and plots of the corpus, as their programs write them, and their safe twins."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_files import inline_png, notebook, png

Maker = Callable[[random.Random], Sample]


def summary(chance: random.Random, people: int, freedom: int, fit: float) -> str:
    """An OLS summary as statsmodels prints it."""
    terms = "\n".join(
        f"{name:<12}{chance.gauss(0, 1):9.4f}{abs(chance.gauss(0, 0.2)):11.3f}{chance.gauss(0, 2):11.3f}"
        for name in ("Intercept", "age", "bmi", "smoker")
    )
    return (
        "                            OLS Regression Results                            \n" + "=" * 78 + "\n"
        f"Dep. Variable:                      y   R-squared:                       {fit:.3f}\n"
        f"Model:                            OLS   Adj. R-squared:                  {fit * 0.9:.3f}\n"
        f"No. Observations:              {people:6d}   AIC:                             800.8\n"
        f"Df Residuals:                  {freedom:6d}   BIC:                             811.9\n"
        f"Df Model:                      {people - freedom - 1:6d}\n" + "=" * 78 + "\n"
        "                 coef    std err          t\n" + "-" * 78 + f"\n{terms}\n" + "=" * 78 + "\n"
    )


def model(chance: random.Random, people: int, freedom: int, fit: float = 0.412) -> tuple[str, bytes]:
    """A model in one of the forms in which people hand it in."""
    text = summary(chance, people, freedom, fit)
    said = {"No. Observations:": people, "Df Residuals:": freedom}
    page = f"<table>{''.join(f'<tr><th>{name}</th><td>{n}</td></tr>' for name, n in said.items())}</table>"
    forms = (
        lambda: ("model.txt", text.encode()),
        lambda: ("model.md", f"# Model\n\n```\n{text}```\n".encode()),
        lambda: ("model.ipynb", notebook(["fit.summary()"], [{"text/plain": text}])),
        lambda: ("model.ipynb", notebook(["fit.summary()"], [{"text/html": page}])),
        lambda: ("fit.csv", f"model,r.squared,df.residual,nobs\nA,{fit},{freedom},{people}\n".encode()),
        lambda: ("fit.json", json.dumps({"rsquared_adj": fit, "df_resid": freedom, "nobs": people}).encode()),
        lambda: ("fit.txt", f"Residual standard error: 0.51 on {freedom} degrees of freedom\n".encode()),
    )
    return chance.choice(forms)()


def low_freedom(chance: random.Random) -> Sample:
    return Sample(*model(chance, chance.randrange(14, 40), chance.randrange(1, 10)), "low freedom", ("model.freedom",))


def saturated(chance: random.Random) -> Sample:
    if chance.random() < 0.5:
        return Sample(*model(chance, 24, 0), "saturated", ("model.saturated",))
    text = summary(chance, 300, 296, 1.0)
    return Sample("model.txt", text.encode(), "saturated", ("model.saturated",))


def safe_model(chance: random.Random) -> Sample:
    people = chance.randrange(200, 9000)
    return Sample(*model(chance, people, people - 4))


def classes(chance: random.Random, sizes: tuple[int, int]) -> Sample:
    """A classification report."""
    rows = [
        f"{i:>12}{chance.uniform(0.4, 0.9):10.2f}{chance.uniform(0.4, 0.9):10.2f}      0.53{n:10d}"
        for i, n in enumerate(sizes)
    ]
    text = "              precision    recall  f1-score   support\n\n" + "\n".join(rows)
    text += f"\n\n    accuracy                           0.56{sum(sizes):10d}\n"
    if chance.random() < 0.5:
        return Sample("report.txt", text.encode())
    content = {str(i): {"precision": 0.5, "recall": 0.6, "f1-score": 0.55, "support": n} for i, n in enumerate(sizes)}
    return Sample("report.json", json.dumps(content).encode())


def small_class(chance: random.Random) -> Sample:
    one = classes(chance, (chance.randrange(100, 900), chance.randrange(1, 10)))
    return Sample(one.name, one.data, "small class", ("model.classes", "cells.small"))


def safe_classes(chance: random.Random) -> Sample:
    return classes(chance, (chance.randrange(100, 900), chance.randrange(20, 90)))


def matrix(chance: random.Random, least: int, most: int) -> Sample:
    cells = [
        [chance.randrange(40, 900), chance.randrange(least, most)],
        [chance.randrange(30, 99), chance.randrange(90, 900)],
    ]
    said = chance.choice(("Confusion matrix:", "confusion_matrix(y, p)", "혼동행렬"))
    rows = "\n ".join(f"[{a} {b}]" for a, b in cells)
    return Sample("matrix.txt", f"{said}\n[{rows}]\n".encode())


def confusion(chance: random.Random) -> Sample:
    return Sample("matrix.txt", matrix(chance, 1, 10).data, "confusion matrix", ("model.classes",))


def safe_confusion(chance: random.Random) -> Sample:
    return matrix(chance, 12, 90)


def single_events(chance: random.Random) -> Sample:
    """A Kaplan-Meier table with a row for each event, with or without the people at risk."""
    people, height = chance.randrange(60, 140), 1.0
    at_risk, lines = people, []
    for month in range(1, people // 2):
        height *= 1 - 1 / at_risk
        lines.append((str(month), f"{height:.6f}", str(at_risk), "1"))
        at_risk -= 1 + (chance.random() < 0.3)
    head, kept = chance.choice(
        (
            (("time", "survival", "n.risk", "n.event"), (0, 1, 2, 3)),
            (("timeline", "KM_estimate"), (0, 1)),
            (("event_at", "at_risk", "observed"), (0, 2, 3)),
            (("시간", "생존율", "위험집단"), (0, 1, 2)),
        )
    )
    rows = [",".join(head), *(",".join(line[i] for i in kept) for line in lines)]
    return Sample("km.csv", ("\n".join(rows) + "\n").encode(), "single events", ("model.survival",))


def few_at_risk(chance: random.Random) -> Sample:
    rows = [
        "months,survival,n at risk",
        "0,1.0,900",
        "12,0.71,512",
        "24,0.42,120",
        f"36,0.30,{chance.randrange(1, 10)}",
    ]
    return Sample("km.csv", ("\n".join(rows) + "\n").encode(), "few at risk", ("model.survival",))


def safe_curve(chance: random.Random) -> Sample:
    people = chance.randrange(900, 4000)
    rows, height = [f"0,1.000,{people}"], 1.0
    for month in (12, 24, 36, 60):
        height *= chance.uniform(0.85, 0.95)
        people = int(people * 0.8)
        rows.append(f"{month},{height:.3f},{people}")
    return Sample("km.csv", ("months,survival,n at risk\n" + "\n".join(rows) + "\n").encode())


def bins(least: int, chance: random.Random) -> bytes:
    rows = [f"{10 * i}-{10 * i + 9},{chance.randrange(20, 400)}" for i in range(6)]
    return ("bin,n\n" + "\n".join(rows) + f"\n60-69,{least}\n").encode()


def plot_of_few(chance: random.Random) -> Sample:
    behind = ("figure.csv", bins(chance.randrange(1, 10), chance))
    return Sample("figure.png", png(7), "plot of few", ("figure.counts",), supporting=(behind,))


def safe_plot(chance: random.Random) -> Sample:
    return Sample("figure.png", png(7), supporting=(("figure.csv", bins(31, chance)),))


def safe_plot_in_notebook(chance: random.Random) -> Sample:
    return Sample("plots.ipynb", notebook(["ax.hist(df.age)"], [inline_png(png(chance.randrange(256)))]))


def _named(*makers: Maker) -> dict[str, Maker]:
    return {maker.__name__.replace("_", " "): maker for maker in makers}


PLANTED_CURVES: dict[str, Maker] = _named(
    low_freedom, saturated, small_class, confusion, single_events, few_at_risk, plot_of_few
)
SAFE_CURVES: dict[str, Maker] = {
    "models": safe_model,
    "classification reports": safe_classes,
    "confusion matrices": safe_confusion,
    "survival curves": safe_curve,
    "plots with counts": safe_plot,
    "plots in notebooks": safe_plot_in_notebook,
}
