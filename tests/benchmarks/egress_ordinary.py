"""Safe outputs with many small whole numbers that count nobody: models, methods, tests, codebooks."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, lines, page, pdf
from tests.benchmarks.egress_files import notebook, workbook
from tests.benchmarks.egress_hospital import said, shown

Maker = Callable[[random.Random], Sample]


def ols(chance: random.Random) -> Sample:
    n = chance.randrange(400, 9000)
    rows = [
        f"{name:<12}{chance.uniform(-2, 2):>10.4f}{0.311:>11.3f}{chance.uniform(-4, 4):>11.3f}{chance.random():>11.3f}{-0.611:>11.3f}{0.831:>11.3f}"  # noqa: E501 - as a program writes it
        for name in ("const", "age", "sex[T.M]", "bmi")
    ]
    text = "\n".join(
        (
            "                            OLS Regression Results                            ",
            "=" * 78,
            "Dep. Variable:                    sbp   R-squared:                       0.212",
            "Method:                 Least Squares   F-statistic:                     41.20",
            "Date:                Tue, 03 Jun 2025   Prob (F-statistic):           2.11e-22",
            "Time:                        09:12:07   Log-Likelihood:                -4121.2",
            f"No. Observations:        {n:>12}   AIC:                             8250.",
            f"Df Residuals:            {n - 4:>12}   BIC:                             8271.",
            "Df Model:                           3                                         ",
            "Covariance Type:            nonrobust                                         ",
            "=" * 78,
            "                 coef    std err          t      P>|t|      [0.025      0.975]",
            "-" * 78,
            *rows,
            "=" * 78,
            "Omnibus:                        3.112   Durbin-Watson:                   1.981",
            "Prob(Omnibus):                  0.211   Jarque-Bera (JB):                3.020",
            "Skew:                           0.102   Prob(JB):                        0.221",
            "Kurtosis:                       2.981   Cond. No.                         212.",
            "=" * 78,
            "Notes:",
            "[1] Standard Errors assume that the covariance matrix of the errors is correctly specified.",
        )
    )
    return chance.choice((shown(text, "model.summary()"), said("ols.txt", *text.splitlines())))


def glm_of_r(chance: random.Random) -> Sample:
    n = chance.randrange(400, 9000)
    return said(
        "glm.txt", "Call:", 'glm(formula = death ~ age + sex, family = "binomial", data = d)', "", "Coefficients:",
        "            Estimate Std. Error z value Pr(>|z|)    ", "(Intercept) -4.21210    0.41120 -10.243  < 2e-16 ***",
        f"age          0.0{chance.randrange(20, 80)}21    0.00611   6.910 4.84e-12 ***", "sexM         0.21120    0.10210   2.069   0.0386 *  ",  # noqa: E501 - as a program writes it
        "---", "Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1", "",
        "(Dispersion parameter for binomial family taken to be 1)", "", f"    Null deviance: 812.11  on {n}  degrees of freedom",  # noqa: E501 - as a program writes it
        f"Residual deviance: 741.02  on {n - 2}  degrees of freedom", "AIC: 747.02", "", "Number of Fisher Scoring iterations: 5",  # noqa: E501 - as a program writes it
    )  # fmt: skip


def compared_models(chance: random.Random) -> Sample:
    rows = [
        f"{name},{k},{chance.uniform(800, 900):.1f},{chance.uniform(800, 900):.1f},{chance.uniform(1, 30):.2f},{d},{chance.random():.4f}"  # noqa: E501 - as a program writes it
        for name, k, d in (("null", 1, 0), ("age", 2, 1), ("age+sex", 3, 1), ("full", 8, 5))
    ]
    return said("models.csv", "model,k,AIC,BIC,LR,df,p", *rows)


def odds_ratios(chance: random.Random) -> Sample:
    rows = [
        (
            name,
            f"{chance.uniform(0.5, 3):.2f}",
            f"{chance.uniform(0.2, 0.5):.2f}-{chance.uniform(3, 5):.2f}",
            f"{chance.random():.3f}",
        )
        for name in ("나이(10세당)", "남성", "흡연", "당뇨병", "고혈압")
    ]
    return chance.choice(
        (
            Sample("회귀.xlsx", workbook({"로지스틱": [("변수", "OR", "95% CI", "p-value"), *rows]})),
            Sample(
                "회귀.docx", docx(["표 4. 다변량 로지스틱 회귀분석 결과"], [[("변수", "OR", "95% CI", "p"), *rows]])
            ),
        )
    )


def importances(chance: random.Random) -> Sample:
    return said(
        "importance.csv",
        "rank,feature,gain,splits",
        *(
            f"{i},{f},{chance.uniform(0, 0.4):.4f},{chance.randrange(1, 90)}"
            for i, f in enumerate(("age", "bmi", "sbp", "hba1c", "egfr", "ldl"), 1)
        ),
    )


def grid_search(chance: random.Random) -> Sample:
    rows = [
        {"max_depth": d, "n_estimators": n, "learning_rate": 0.1, "fold": f, "auc": round(chance.uniform(0.7, 0.9), 4)}
        for d in (3, 5, 7)
        for n in (100, 200)
        for f in range(1, 6)
    ]
    return Sample("cv.json", json.dumps(rows).encode())


def correlations(chance: random.Random) -> Sample:
    names = ("age", "bmi", "sbp", "dbp", "glucose")
    body = [f"{a},{','.join('1.000' if a == b else f'{chance.uniform(-0.6, 0.6):.3f}' for b in names)}" for a in names]
    return said("corr.csv", "," + ",".join(names), *body)


def codebook(chance: random.Random) -> Sample:
    rows = [
        ("변수명", "설명", "형식", "길이", "값"),
        ("SEX", "성별", "범주", "1", "1=남, 2=여"),
        ("AGE_GRP", "연령군", "범주", "2", "1~18"),
        ("DSBJT_CD", "진료과목", "문자", str(chance.randrange(2, 5)), "01, 02, ..."),
        ("TOT_PAY", "요양급여비용", "숫자", "9", "원"),
    ]
    return Sample("코드북.xlsx", workbook({"변수": rows}))


def methods(chance: random.Random) -> Sample:
    return Sample(
        "methods.docx",
        docx(
            [
                "2. Methods",
                f"We used {chance.randrange(3, 9)} covariates and 5-fold cross-validation. Follow-up was {chance.randrange(2, 9)} years; visits took place every 3 months.",  # noqa: E501 - as a program writes it
                "Patients aged 19 years or older were eligible. Missing values (7%) were imputed 20 times by chained equations.",  # noqa: E501 - as a program writes it
                "A two-sided p < 0.05 was significant. Analyses used R 4.3.2 and Stata 18.",
            ]
        ),
    )


def methods_in_korean(chance: random.Random) -> Sample:
    return said(
        "방법.md",
        "# 연구 방법",
        "",
        f"2015년 1월 1일부터 2022년 12월 31일까지 {chance.randrange(3, 9)}개 병원의 자료를 사용하였다.",
        "만 19세 이상 성인을 대상으로 하였고, 추적 기간은 최대 5년이다.",
        "1차 결과변수는 30일 이내 재입원이며, 모형에는 7개의 공변량을 넣었다.",
        "통계분석은 SAS 9.4와 R 4.3을 이용하였고 유의수준은 0.05로 하였다.",
    )


def chi_square(chance: random.Random) -> Sample:
    return said(
        "tests.txt",
        "\tPearson's Chi-squared test",
        "",
        "data:  table(d$region, d$outcome)",
        f"X-squared = {chance.uniform(2, 20):.3f}, df = {chance.randrange(2, 9)}, p-value = {chance.random():.4f}",
        "",
        "\tWelch Two Sample t-test",
        "",
        f"t = {chance.uniform(-3, 3):.4f}, df = {chance.uniform(200, 900):.1f}, p-value = {chance.random():.4f}",
        "95 percent confidence interval:",
        " -1.211  3.021",
    )


def roc(chance: random.Random) -> Sample:
    return said(
        "roc.csv",
        "fpr,tpr",
        *(f"{i / 20:.2f},{min(1, (i / 20) ** 0.4 + chance.uniform(0, 0.01)):.2f}" for i in range(21)),
    )


def rounded_curve(chance: random.Random) -> Sample:
    risk, s, rows = 4200, 1.0, []
    for month in range(0, 37, 6):
        rows.append(f"{month},{risk // 10 * 10},{s:.2f}")
        risk, s = risk - chance.randrange(200, 500), s - 0.04
    return said("km.csv", "month,at_risk,survival", *rows)


def masked_well(chance: random.Random) -> Sample:
    """Two suppressed cells in each row and column, and margins to tens."""
    a = [[chance.randrange(4, 90) * 10 for _ in range(3)] for _ in range(4)]
    names = ("I", "II", "III", "IV")
    rows = [
        f"{n},{','.join('<10' if (i in (1, 2) and j in (0, 1)) else str(v) for j, v in enumerate(r))}"
        for i, (n, r) in enumerate(zip(names, a, strict=True))
    ]
    return said("stage.csv", "stage,A,B,C", *rows)


def packages(chance: random.Random) -> Sample:
    return said(
        "sessionInfo.txt",
        "R version 4.3.2 (2023-10-31)",
        "Platform: x86_64-pc-linux-gnu (64-bit)",
        "Running under: Debian GNU/Linux 12 (bookworm)",
        "",
        "attached base packages:",
        "[1] stats     graphics  grDevices utils     datasets  methods   base     ",
        "",
        "other attached packages:",
        f"[1] survival_3.5-{chance.randrange(1, 9)} dplyr_1.1.4    ggplot2_3.4.4 ",
    )


def requirements(chance: random.Random) -> Sample:
    return said(
        "requirements.txt",
        f"pandas==2.{chance.randrange(0, 3)}.3",
        "numpy==1.26.4",
        "scikit-learn==1.5.2",
        "lifelines==0.30.0",
    )


def empty_notebook(chance: random.Random) -> Sample:
    return Sample(
        "code.ipynb",
        notebook(
            [
                "import pandas as pd\nTHRESHOLD = 5",
                f"model = fit(df, folds={chance.randrange(3, 9)})",
                "df.groupby('sex').size().mask(lambda n: n < 10)",
            ],
            [None, None, None],
        ),
    )


def arima(chance: random.Random) -> Sample:
    return said(
        "arima.csv",
        "p,d,q,AIC",
        *(f"{p},{d},{q},{chance.uniform(300, 400):.2f}" for p in range(3) for d in range(2) for q in range(3)),
    )


def reliability(chance: random.Random) -> Sample:
    rows = [
        ("척도", "문항 수", "평균", "표준편차", "Cronbach α"),
        *(
            (
                n,
                str(chance.randrange(3, 9)),
                f"{chance.uniform(2, 4):.2f}",
                f"{chance.uniform(0.5, 1):.2f}",
                f"{chance.uniform(0.7, 0.9):.3f}",
            )
            for n in ("우울", "불안", "스트레스")
        ),
    ]
    return Sample("신뢰도.xlsx", workbook({"신뢰도": rows}))


def rates_by_month(chance: random.Random) -> Sample:
    return said(
        "rates.csv",
        "월,외래 방문율(천명당),표준화율",
        *(f"2023-{m:02},{chance.uniform(200, 400):.1f},{chance.uniform(200, 400):.1f}" for m in range(1, 13)),
    )


def balance(chance: random.Random) -> Sample:
    return said(
        "balance.md",
        "| Variable | SMD before | SMD after |",
        "|---|---:|---:|",
        *(
            f"| {v} | {chance.uniform(0, 0.4):.3f} | {chance.uniform(0, 0.1):.3f} |"
            for v in ("age", "sex", "CCI", "BMI")
        ),
    )


def losses(chance: random.Random) -> Sample:
    return shown(
        "\n".join(
            f"Epoch {i}/10 - loss: {1 / i:.4f} - val_loss: {1.1 / i + chance.uniform(0, 0.02):.4f} - auc: 0.8{i % 10}"
            for i in range(1, 11)
        ),
        "model.fit(X, y, epochs=10)",
    )


def power(chance: random.Random) -> Sample:
    return said(
        "power.txt",
        "     Two-sample t test power calculation",
        "",
        f"              n = {chance.uniform(60, 900):.4f}",
        "          delta = 3",
        "             sd = 8",
        "      sig.level = 0.05",
        "          power = 0.8",
        "    alternative = two.sided",
    )


def report_on_paper(chance: random.Random) -> Sample:
    return Sample(
        "report.pdf",
        pdf(
            [
                lines(
                    [
                        "Final report",
                        "1. Background",
                        "This study followed adults for 5 years.",
                        f"Adjusted hazard ratio {chance.uniform(0.6, 0.9):.2f} (95% CI 0.51-0.97).",
                        "2. Limitations",
                        "Residual confounding cannot be excluded.",
                    ]
                )
            ]
        ),
    )


def decision_rule(chance: random.Random) -> Sample:
    """A tree of rules without the people of its leaves."""
    return said(
        "rules.txt",
        f"|--- age <= {chance.uniform(40, 70):.2f}",
        "|   |--- bmi <= 24.10",
        "|   |   |--- class: 0",
        "|   |--- bmi >  24.10",
        "|   |   |--- class: 1",
        "|--- age >  64.50",
        "|   |--- class: 1",
    )


def score_weights(chance: random.Random) -> Sample:
    rows = [
        ("Criterion", "Points"),
        ("Age >= 75", "2"),
        ("Hypertension", "1"),
        ("Heart failure", "1"),
        ("Stroke", str(chance.randrange(1, 4))),
    ]
    return Sample("score.html", page(rows))


SAFE_ORDINARY: Mapping[str, Maker] = {
    f"ordinary {maker.__name__.replace('_', ' ')}": maker
    for maker in (
        ols, glm_of_r, compared_models, odds_ratios, importances, grid_search, correlations, codebook, methods,
        methods_in_korean, chi_square, roc, rounded_curve, masked_well, packages, requirements, empty_notebook, arima,
        reliability, rates_by_month, balance, losses, power, report_on_paper, decision_rule, score_weights,
    )
}  # fmt: skip
