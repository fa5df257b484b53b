"""Outputs as studies hand them in, in the words and layouts of many programs: what passes, and what does not."""

from __future__ import annotations

import pytest

from egress_review.findings import Verdict
from tests.unit.egress_review.egress_files import flagged, look

ORDINARY: dict[str, str] = {
    "households.csv": "가구유형,가구수\n1인,1230\n2인,860\n3인 이상,1510\n",
    "members.csv": "가구원수,가구수,비율\n1,1230,34.2\n2,860,23.9\n3,1510,41.9\n",
    "table1.csv": (
        "characteristic,Control (n=412),Treated (n=398),p-value\n"
        '"Age, mean (SD)",54.2 (12.1),53.8 (11.9),0.63\n'
        '"Female, n (%)",201 (48.8),190 (47.7),0.77\n'
        '"Smoking, n (%)",,,0.12\n'
        "  never,210 (51.0),205 (51.5),\n"
        "  former,120 (29.1),113 (28.4),\n"
        "  current,82 (19.9),80 (20.1),\n"
        '"BMI, median [IQR]",24.1 [21.9-26.8],24.3 [22.0-27.0],0.41\n'
    ),
    "table1b.csv": (
        "구분,대조군(n=412),치료군(n=398),p값\n"
        '"나이, 평균 ± SD",54.2 ± 12.1,53.8 ± 11.9,0.63\n'
        '"여성, n(%)",201 (48.8),190 (47.7),0.77\n'
        "당뇨병,120 (29.1),113 (28.4),0.81\n"
    ),
    "or.csv": ("variable,OR,95% CI lower,95% CI upper,p\nage,1.02,1.00,1.04,0.05\nsex,0.98,0.80,1.20,0.85\n"),
    "hr.csv": ("term,HR,lower,upper,p,n,events\nage,1.02,1.00,1.04,0.05,1200,310\nsex,0.98,0.80,1.20,0.85,1200,310\n"),
    "corr.csv": (",age,bmi,sbp\nage,1.0,0.21,0.35\nbmi,0.21,1.0,0.30\nsbp,0.35,0.30,1.0\n"),
    "describeT.csv": (
        ",count,mean,std,25%,50%,75%\nage,1200,54.2,12.1,45.0,54.0,63.0\nbmi,1180,24.1,3.2,21.9,24.0,26.5\n"
    ),
    "trend.csv": ("month,visits\n2020-01,1200\n2020-02,1111\n2020-03,890\n2020-04,950\n2020-05,1023\n"),
    "trend2.csv": (
        "year,month,n,rate\n"
        "2020,1,1200,3.4\n"
        "2020,2,1111,3.1\n"
        "2020,3,890,2.5\n"
        "2021,1,900,2.6\n"
        "2021,2,901,2.6\n"
        "2021,3,955,2.7\n"
    ),
    "icd.csv": (
        "icd10,name,n\nI10,hypertension,4021\nE11,type 2 diabetes,2210\nJ45,asthma,611\nM17,gonarthrosis,540\n"
    ),
    "imp.csv": ("feature,importance\nage,0.31\nbmi,0.22\nhba1c,0.18\nsex,0.02\n"),
    "roc.csv": ("fpr,tpr,threshold\n0.0,0.0,1.99\n0.01,0.10,0.95\n0.05,0.33,0.80\n0.2,0.6,0.6\n1.0,1.0,0.0\n"),
    "learning.json": '{"epoch": [1, 2, 3, 4], "loss": [0.9, 0.7, 0.5, 0.4], "n_train": 8000, "max_depth": 6}',
    "metrics.json": (
        '{"accuracy": 0.85, "precision": 0.8, "recall": 0.7, "support": {"0": 400, "1": 210}, '
        '"params": {"max_iter": 100, "n_estimators": 200, "min_samples_leaf": 5}}'
    ),
    "cost.csv": ("group,n,mean cost (KRW),sd\nA,412,1204500,804021\nB,398,1310200,900120\n"),
    "change.csv": ("region,n_2019,n_2020,change (%)\nSeoul,1200,1320,10.0\nBusan,900,846,-6.0\nDaegu,610,613,0.5\n"),
    "prev.csv": ("region,population,cases,prevalence (%)\nSeoul,120000,3400,2.83\nBusan,90000,2500,2.78\n"),
    "inc.csv": (
        "age group,person-years,events,incidence per 1000\n40-49,12000,34,2.8\n50-59,10100,51,5.0\n60-69,8000,77,9.6\n"
    ),
    "pyramid.csv": ("age,male,female\n0-9,1200,1150\n10-19,1300,1280\n20-29,1500,1490\n80+,210,402\n"),
    "survey.csv": ("question,strongly agree,agree,neutral,disagree\nQ1,120,340,210,44\nQ2,98,310,250,56\n"),
    "quant.csv": ("group,n,median,q1,q3\nA,412,24.1,21.9,26.8\nB,398,24.3,22.0,27.0\n"),
    "desc.csv": ("변수,N,평균,표준편차,10%,90%\n나이,1200,54.2,12.1,38,70\nBMI,1180,24.1,3.2,20.1,28.0\n"),
    "flow.md": (
        "# Flow\n"
        "\n"
        "Screened n = 5,210; excluded n = 1,200 (no consent n = 800, missing data n = 400); analysed n = 4,010.\n"
    ),
    "results.md": (
        "# 결과\n"
        "\n"
        "총 12,300명 가운데 1,204명(9.8%)이 재입원하였다. 오즈비는 1.23(95% 신뢰구간 1.10-1.38)이었다.\n"
        "\n"
        "| 지역 | 환자수 | 재입원(%) |\n"
        "|---|---|---|\n"
        "| 서울 | 4,200 | 9.5 |\n"
        "| 부산 | 3,100 | 10.2 |\n"
        "| 합계 | 7,300 | 9.8 |\n"
    ),
    "anova.txt": (
        "              sum_sq     df         F    PR(>F)\n"
        "C(group)       12.31    2.0     4.210  0.015300\n"
        "Residual     4310.20  1197.0      NaN       NaN\n"
    ),
    "ttest.txt": ("Welch t-test: t = 2.31, df = 408.2, p-value = 0.021\nmean of x mean of y\n 24.1 23.2\n"),
    "r_lm.txt": (
        "\n"
        "Call:\n"
        "lm(formula = y ~ x + z, data = d)\n"
        "\n"
        "Residuals:\n"
        "    Min      1Q  Median      3Q     Max\n"
        "-2.8111 -0.6712  0.0123  0.6931  2.9910\n"
        "\n"
        "Coefficients:\n"
        "            Estimate Std. Error t value Pr(>|t|)\n"
        "(Intercept)  0.12311    0.05102   2.413   0.0161 *\n"
        "x            0.50112    0.04911  10.204   <2e-16 ***\n"
        "\n"
        "Residual standard error: 1.012 on 1197 degrees of freedom\n"
        "Multiple R-squared:  0.0891,\tAdjusted R-squared:  0.0876\n"
        "F-statistic: 58.5 on 2 and 1197 DF,  p-value: < 2.2e-16\n"
    ),
    "stata.txt": (
        "      Source |       SS           df       MS      Number of obs   =     1,200\n"
        "-------------+----------------------------------   F(2, 1197)      =     58.50\n"
        "       Model |  120.2         2  60.1   Prob > F        =    0.0000\n"
        "    Residual |  1230.1     1,197  1.0277   R-squared       =    0.0890\n"
    ),
    "km_grouped.csv": (
        "group,time,n_risk,survival\n"
        "A,0,400,1.00\n"
        "A,12,310,0.91\n"
        "A,24,210,0.85\n"
        "B,0,420,1.00\n"
        "B,12,330,0.92\n"
        "B,24,240,0.88\n"
    ),
    "pivot.csv": ("region,2019,2020,2021\nSeoul,1200,1300,1250\nBusan,810,840,822\nDaegu,402,399,410\n"),
    "wide_pct.csv": (
        "region,male n,male %,female n,female %,total\nSeoul,510,51.0,490,49.0,1000\nBusan,300,50.0,300,50.0,600\n"
    ),
    "rounded.csv": (
        "region,n (rounded to 10)\n"
        "Seoul,1200\n"
        "Busan,810\n"
        "Daegu,400\n"
        "Incheon,340\n"
        "Gwangju,120\n"
        "Daejeon,110\n"
        "Ulsan,90\n"
        "Sejong,20\n"
    ),
    "ranks.csv": ("hospital type,n,rank\ntertiary,40211,1\ngeneral,30122,2\nclinic,90211,3\n"),
    "dose.csv": ("drug,dose (mg),n,response rate\nA,5,120,0.35\nA,10,125,0.41\nB,2,118,0.30\n"),
    "cluster.csv": ("cluster,size,silhouette\n0,412,0.31\n1,398,0.28\n2,210,0.44\n"),
    "vif.csv": ("variable,VIF\nage,1.2\nbmi,1.1\nsbp,1.5\n"),
    "auc_by_fold.csv": ("fold,n,auc\n1,240,0.81\n2,240,0.83\n3,240,0.80\n4,240,0.82\n5,240,0.79\n"),
    "missing.csv": ("variable,missing (%)\nage,0.0\nbmi,3.2\nsbp,12.1\n"),
    "missing2.csv": ("variable,n,missing n,missing (%)\nage,1200,0,0.0\nbmi,1200,38,3.2\nsbp,1200,145,12.1\n"),
    "share.csv": ("sector,firms,share of firms (%)\nmanufacturing,412,41.2\nservices,588,58.8\ntotal,1000,100.0\n"),
    "income.csv": (
        "소득분위,인원,비율(%)\n"
        "1분위,2011,20.1\n"
        "2분위,1998,20.0\n"
        "3분위,2001,20.0\n"
        "4분위,1990,19.9\n"
        "5분위,2000,20.0\n"
        "합계,10000,100.0\n"
    ),
    "stay.csv": ("ward,admissions,mean stay (days),sd\nICU,210,4.2,2.1\nsurgery,810,6.3,3.3\n"),
    "score.csv": ("item,n,mean score,sd\nQ1,412,3.9,0.8\nQ2,412,4.1,0.7\n"),
    "perm.json": '[{"feature": "age", "mean": 0.12, "std": 0.0}, {"feature": "sex", "mean": 0.0, "std": 0.0}]',
    "ts.csv": ("date,new cases,7-day average\n2020-03-01,120,98.3\n2020-03-02,131,101.2\n2020-03-03,110,104.0\n"),
    "sens.csv": ("cutoff,sensitivity (%),specificity (%),n\n0.1,98.0,32.0,500\n0.5,81.0,77.0,500\n0.9,22.0,99.0,500\n"),
    "bal.csv": ("covariate,SMD before,SMD after\nage,0.31,0.02\nsex,0.12,0.01\n"),
    "multi.csv": ("symptom,n,%\nfever,310,62.0\ncough,402,80.4\nfatigue,120,24.0\nAll patients,500,100\n"),
    "multi2.csv": ("symptom,n\nfever,310\ncough,402\nfatigue,120\ntotal,500\n"),
    "did.csv": (",coef,std err,t,P>|t|\nIntercept,1.2,0.0,20.1,0.000\npost,0.0,0.01,0.2,0.84\n"),
}

FLAWED: dict[str, tuple[str, str]] = {
    "pct_md.md": (
        "cells.percent",
        ("| group | N | Event (%) |\n|---|---|---|\n| A | 150 | 2.0% |\n| B | 300 | 15.3% |\n"),
    ),
    "pct.csv": ("cells.percent", ("hospital,patients,mortality rate (%)\nA,210,1.9\nB,430,12.1\n")),
    "pct2.csv": ("cells.percent", ("region,total,proportion\nSeoul,250,0.012\nBusan,400,0.25\n")),
    "ratio_ko.csv": ("cells.percent", ("지역,전체 인원,비율\n서울,250,1.2%\n부산,400,25.0%\n")),
    "pct_only_n.csv": ("cells.percent", ("subgroup,n,responders (%)\nlow,48,6.25\nhigh,52,50.0\n")),
    "n_pct_denominators.csv": ("cells.percent", ("subgroup,responders (%)\nlow (n=48),6.3\nhigh (n=52),50.0\n")),
    "km2.csv": (
        "model.survival",
        (
            "time,S(t),se\n"
            "1,0.9875,0.012\n"
            "2,0.9750,0.017\n"
            "4,0.9625,0.021\n"
            "5,0.9500,0.024\n"
            "7,0.9375,0.027\n"
            "9,0.9250,0.029\n"
        ),
    ),
    "km3.csv": ("model.survival", ("t,surv\n0,1\n3,0.983333\n5,0.966667\n8,0.95\n9,0.933333\n12,0.916667\n15,0.9\n")),
    "km_r.txt": (
        "model.survival",
        (
            "Call: survfit(formula = Surv(time, status) ~ 1)\n"
            "\n"
            " time n.risk n.event survival std.err\n"
            "    5    228       1    0.9956 0.00438\n"
            "   11    227       3    0.9825 0.00869\n"
            "   12    224       1    0.9781 0.00970\n"
            "   13    223       2    0.9693 0.01142\n"
        ),
    ),
    "anova.txt": ("model.freedom", "One-way ANOVA: F(2, 6) = 5.14, p = .05\n"),
    "r_lm.txt": (
        "model.freedom",
        (
            "Residual standard error: 1.012 on 4 degrees of freedom\n"
            "Multiple R-squared:  0.98,\tAdjusted R-squared:  0.97\n"
            "F-statistic: 58.5 on 2 and 4 DF\n"
        ),
    ),
    "logit.json": ("model.freedom", '{"nobs": 300, "df_model": 295, "df_resid": 4, "params": {"x": 1.2}}'),
    "conf.csv": ("model.classes", ("actual,predicted 0,predicted 1\n0,412,3\n1,25,310\n")),
    "conf.json": ("model.classes", '{"confusion_matrix": [[412, 3], [25, 310]]}'),
    "rep.md": (
        "model.classes",
        (
            "## Report\n"
            "\n"
            "| class | precision | recall | f1-score | support |\n"
            "|---|---|---|---|---|\n"
            "| A | 0.8 | 0.7 | 0.75 | 210 |\n"
            "| B | 0.6 | 0.5 | 0.55 | 4 |\n"
        ),
    ),
    "equal.csv": ("cells.equal", ("class,n,mean score,SD\n1반,28,71.2,9.1\n2반,12,80.0,0.0\n")),
    "all.csv": ("cells.equal", ("ward,n,min stay,max stay\nA,30,2,2\nB,40,1,22\n")),
    "margin.csv": ("cells.margin", ("성별,인원\n남,511\n여,478\n합계,992\n")),
    "margin2.csv": (
        "cells.margin",
        ("region,male,female,total\nSeoul,120,131,251\nBusan,90,84,181\ntotal,210,215,432\n"),
    ),
    "hist.json": ("cells.small", '{"bin_edges": [0, 10, 20, 30], "counts": [120, 44, 3]}'),
    "heat.csv": ("cells.small", ("age,Mon,Tue,Wed\n0-19,120,110,99\n20-39,150,3,131\n")),
    "round.csv": (
        "cells.rounding",
        (
            "region,n\n"
            "r0,30\n"
            "r1,40\n"
            "r2,50\n"
            "r3,60\n"
            "r4,70\n"
            "r5,80\n"
            "r6,90\n"
            "r7,100\n"
            "r8,110\n"
            "r9,120\n"
            "r10,130\n"
            "r11,140\n"
            "r12,150\n"
            "r13,160\n"
            "rx,143\n"
        ),
    ),
    "few_households.csv": ("cells.small", "가구유형,가구수\n1인,1230\n2인,860\n3인 이상,4\n"),
    "people_first.csv": ("cells.small", "인원,지역\n3명,서울\n12명,부산\n"),
    "q.csv": (
        "cells.quantile",
        ("group,n,median,1st percentile,99th percentile\nA,300,40.1,12.2,88.1\nB,250,41.1,13.0,87.2\n"),
    ),
    "desc.txt": (
        "cells.equal",
        (
            "              age\n"
            "count   40.000000\n"
            "mean    54.200000\n"
            "std      0.000000\n"
            "min     54.200000\n"
            "max     54.200000\n"
        ),
    ),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_output_passes(name: str) -> None:
    report = look(name, ORDINARY[name])
    assert report.verdict is Verdict.PASSED, flagged(report)


@pytest.mark.parametrize("name", FLAWED)
def test_an_output_that_gives_people_away_does_not_pass(name: str) -> None:
    rule, text = FLAWED[name]
    report = look(name, text)
    assert report.verdict is Verdict.FLAGGED
    assert rule in {found for found, _ in flagged(report)}
