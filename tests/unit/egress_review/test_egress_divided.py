"""A small group that no cell names and one division gives stops a file; what only looks as if it could does not."""

from __future__ import annotations

import pytest

from egress_review.findings import Verdict
from tests.benchmarks.egress_slides import Slide, pptx
from tests.unit.egress_review.egress_files import flagged, look


def stopped(name: str, content: str | bytes) -> bool:
    return look(name, content).verdict is not Verdict.PASSED


ACCURACY = {
    "rows of a text": (
        "a.md",
        "균 배양 양성 32명, 음성 2,410명\n\n| 지표 | 값 |\n|---|---|\n| 민감도 | 93.8% |\n| 특이도 | 97.0% |\n",
    ),
    "one sentence": (
        "a.txt",
        "There were 40 culture-positive patients and 1,200 controls. Sensitivity was 85.0%, specificity 94.0%.\n",
    ),
    "columns": ("a.csv", "assay,n_pos,sensitivity (%),specificity (%)\nA,20,85.0,96.1\nB,420,91.2,95.4\n"),
    "specificity of few controls": (
        "a.txt",
        "Cases (n=812), controls (n=50). Sensitivity 91.3%, specificity 92.0%.\n",
    ),
    "rows of a table": ("a.csv", "metric,value\nDiseased (n),24\nHealthy (n),1310\nSensitivity (%),87.5\n"),
    "JSON": ("a.json", '{"n_diseased": 24, "n_healthy": 1310, "sensitivity": 0.875, "specificity": 0.96}'),
    "those who tested positive": ("a.txt", "검사 양성 24명에서 양성예측도는 87.5%였다.\n"),
    "fractions": ("a.csv", "검사,양성자 수,민감도\n가,48,0.958\n나,1204,0.912\n"),
}
ACCURATE = {
    "of many": ("a.md", "배양 양성 1,240명\n\n| 지표 | 값 |\n|---|---|\n| 민감도 | 87.5% |\n| 특이도 | 96.0% |\n"),
    "no share of that number": ("a.txt", "질환 환자 37명. 민감도 91.3%.\n"),
    "planned": ("a.txt", "Assumed sensitivity 90.0% with 40 diseased patients; the number was planned.\n"),
    "columns of many": ("a.csv", "assay,n_pos,sensitivity (%)\nA,2204,85.0\nB,3420,91.2\n"),
}
SHARES = {
    "a remark before the rows": ("s.csv", "# 설문 응답자 80명\n증상,비율(%)\n두통,36.3\n발진,5.0\n"),
    "an n before the rows": (
        "s.csv",
        "# Adverse events (N = 160)\nevent,percent\nheadache,20.0\nsyncope,2.5\nrash,15.6\n",
    ),
    "rates of years": ("s.csv", "drug,py,rate per 1000 PY\nA,21040,8.4\nB,1500,2.0\nC,18020,7.1\n"),
    "rates of years in Korean": ("s.csv", "군,인년,발생률(1000인년당)\nA,21040,8.4\nB,2400,2.5\nC,18020,7.1\n"),
    "a rate in a sentence": ("s.txt", "The rate was 1.6 per 1,000 person-years over 2,500 person-years.\n"),
    "a rate in a Korean sentence": ("s.txt", "총 2,500인년 동안 발생률은 1,000인년당 1.6이었다.\n"),
    "a note below": (
        "s.md",
        "| 증상 | 비율(%) |\n|---|---|\n| 두통 | 36.3 |\n| 발진 | 5.0 |\n\n주: 응답자 80명(N=80)\n",
    ),
    "rates of few among many": ("s.csv", "site,person_years,IR_per_1000PY\nA,41040,8.4\nB,12500,0.4\nC,38020,7.1\n"),
}
LARGE = {
    "of many": ("s.csv", "# 설문 응답자 18,204명\n증상,비율(%)\n두통,36.3\n발진,5.1\n"),
    "not of that number": ("s.csv", "# Events (N = 160)\nevent,percent\nheadache,20.3\nsyncope,2.8\nrash,15.1\n"),
    "rates of many events": ("s.csv", "drug,py,rate per 1000 PY\nA,21040,8.4\nB,15000,6.0\nC,18020,7.1\n"),
    "a rate of many in a sentence": ("s.txt", "The rate was 16.0 per 1,000 person-years over 25,000 person-years.\n"),
    "a note on many": (
        "s.md",
        "| 증상 | 비율(%) |\n|---|---|\n| 두통 | 36.3 |\n| 발진 | 5.1 |\n\n주: 응답자 8,120명 기준\n",
    ),
    "growth": ("s.csv", "# 표본 120개 시군구\n항목,증가율(%)\n인구,2.5\n가구,4.2\n"),
}
DIVIDED = {
    "a mean per shop": (
        "d.csv",
        "업종,총 매출건수,점포당 평균 매출건수\n제과,41800,110.0\n서점,1530,510.0\n문구,20470,89.0\n",
    ),
    "a mean per household in one row": ("d.csv", "region,total kwh,kwh per household\nIsland,1840,368\n"),
    "a mean per hospital": (
        "d.md",
        "| group | total beds | mean beds per hospital |\n|---|---|---|\n| A | 4,120 | 206.0 |\n| B | 1,236 | 412.0 |\n"
        "| C | 7,000 | 125.0 |\n",
    ),
    "a sentence": ("d.txt", "A total of 2,450 vials were used, on average 350 vials per patient.\n"),
    "a sentence in Korean": ("d.txt", "희귀 약제는 총 1,800바이알이 쓰였고 환자당 평균 450바이알이었다.\n"),
    "the mean size of firms": ("d.csv", "sector,total_employment,avg_firm_size\nA,41284,10321.0\nB,18240,608.0\n"),
    "on its side": ("d.csv", "지표,A군,B군\n총 사용 바이알,48240,1260\n환자당 평균 바이알,134.0,210.0\n"),
    "weights": (
        "d.csv",
        "stratum,weighted households,mean sampling weight\nA,612000,300.0\nB,2100,700.0\nC,88000,220.0\n",
    ),
    "weights in Korean": ("d.csv", "층,추정 인구,평균 가중치\n도시,1204000,402.1\n도서,1860,620.0\n"),
}
MANY = {
    "many shops": (
        "d.csv",
        "업종,총 매출건수,점포당 평균 매출건수\n제과,41800,110.0\n서점,15300,51.0\n문구,20470,89.0\n",
    ),
    "not of the same": ("d.csv", "업종,총 매출액,점포당 평균 직원수\n제과,4180,3.3\n서점,1533,4.1\n문구,2071,2.7\n"),
    "other units": ("d.txt", "총 1,800만 원을 썼고 환자당 평균 450바이알이 쓰였다.\n"),
    "a sentence of many": ("d.txt", "A total of 24,500 vials were used, on average 35 vials per patient.\n"),
    "a mean per day": ("d.txt", "A total of 2,450 vials were used, on average 350 vials per day.\n"),
    "weights of many": ("d.csv", "stratum,weighted households,mean sampling weight\nA,612000,300.0\nB,21000,70.0\n"),
    "means of many firms": ("d.csv", "산업,종사자 합계,업체당 평균 종사자\n제조,41284,10.0\n건설,18240,8.6\n"),
    "weights of bodies": ("d.csv", "group,estimated people,mean weight kg\nA,412,66.1\nB,508,71.2\n"),
}
ALONE = {
    "dots": ("l.csv", "지역,점수 평균,표준편차\n동부,52.1,10.2\n서부,48.8,11.0\n남부,61.0,.\n"),
    "a score without the word": ("l.csv", "group,math score,SD\nA,52.1,10.2\nB,48.8,11.0\nC,61.0,NaN\n"),
    "in one cell": ("l.csv", "school,math mean (SD)\nA,52.1 (21.4)\nB,38.8 (18.0)\nC,46.0 (NA)\n"),
    "two measures": (
        "l.csv",
        "반,국어 평균,SD,영어 평균,SD\n1,52.1,9.9,50.2,8.8\n2,48.8,11.0,41.1,9.0\n3,61.0,-,70.0,-\n",
    ),
}
TOGETHER = {
    "all are missing": ("l.csv", "지역,점수 평균,표준편차\n동부,52.1,.\n서부,48.8,.\n남부,61.0,.\n"),
    "the total": ("l.csv", "지역,점수 평균,표준편차\n동부,52.1,10.2\n서부,48.8,11.0\n전체,50.7,.\n"),
    "many by the table itself": (
        "l.csv",
        "지역,N,점수 평균,표준편차\n동부,410,52.1,10.2\n서부,388,48.8,11.0\n남부,240,61.0,.\n",
    ),
    "a share among means": ("l.csv", "구분,평균,표준편차\n연령(세),61.2,10.1\n여성(%),48.0,-\nBMI,24.1,3.2\n"),
    "variables": ("l.csv", "변수,평균,표준편차\n연령,52.1,10.2\n여성 비율,48.8,-\n점수,61.0,4.4\n"),
}
OUTCOMES = {
    "those who passed": ("o.csv", "지역,응시자,합격자\n동부,1204,880\n서부,941,410\n도서,38,33\n"),
    "those who were employed": ("o.csv", "course,graduates,employed\nA,1840,1402\nB,412,408\nC,922,610\n"),
    "those who finished": ("o.csv", "과정,훈련생 수,수료자 수\n가,640,512\n나,215,212\n다,388,301\n"),
}
MISSED = {
    "many did not": ("o.csv", "지역,응시자,합격자\n동부,1204,880\n서부,941,410\n도서,380,330\n"),
    "what was offered": ("o.csv", "학과,지원자,모집인원\n가,104,100\n나,922,610\n"),
    "no part of them": ("o.csv", "기관,졸업자,채용 공고\n가,640,912\n나,215,212\n다,388,1301\n"),
}
CURVES = {
    "of firms by quarter": (
        "k.csv",
        "분기,위험집단,폐업,생존율\n1,140,20,0.857\n2,120,22,0.700\n3,98,30,0.486\n4,68,24,0.314\n5,6,2,0.209\n",
    ),
    "under any name": (
        "k.csv",
        "tenure,n.risk,exits,survival\n6,140,20,0.857\n12,120,22,0.700\n18,98,30,0.486\n24,68,64,0.029\n30,4,2,0.014\n",
    ),
}
CUT = {
    "cut early": (
        "k.csv",
        "분기,위험집단,폐업,생존율\n1,1400,200,0.857\n2,1200,220,0.700\n3,980,300,0.486\n4,680,240,0.314\n",
    ),
    "coefficients": (
        "k.csv",
        "term,estimate,std.error\na,0.82,0.02\nb,0.41,0.03\nc,0.11,0.01\nd,0.05,0.01\ne,0.02,0.01\n",
    ),
    "risk of something": ("k.csv", "quarter,risk,score\n1,3,0.2\n2,4,0.3\n3,4,0.2\n"),
}
DUMMIES = {
    "of one firm": (
        "m.log",
        "Coef. of d_big = 2.11 (se .08)\nnote: d_big is a dummy for a single firm (outlier control)\n",
    ),
    "in Korean": ("m.txt", "주: D1은 이상치인 1개 기업의 더미이며 계수는 3.2이다.\n"),
    "of a named firm": ("m.txt", "더미 변수 d7 = ㈜가람정밀, 계수 1.204\n"),
}
INDICATORS = {
    "of households of one": ("m.txt", "주: d1은 1인 가구 더미, d2는 단일 사업체 더미이다. N = 4,120\n"),
    "of sizes": ("m.log", "d_large is a dummy (1 = large firm, 0 = small firm); n = 4,120\n"),
    "of years": ("m.log", "Year dummies and firm fixed effects are included. Indicator = 1 if exporting.\n"),
}
UNNAMED = {
    "V1 to V4": (
        "u.csv",
        ",V1,V2,V3,V4\n"
        + "".join(f"{n},{n * 37 % 91},{n * 53 % 97 + 9},{n * 7 + 40},{n * 71 % 89}\n" for n in range(1, 9)),
    ),
    "no heading at all": ("u.csv", "".join(f"{n * 37},{n * 53},{n * 7 + 40},{n * 71}\n" for n in range(3, 12))),
    "X without numbers of rows": (
        "u.csv",
        "X1,X2,X3,X4\n" + "".join(f"{n * 37},{n * 53},{n * 7 + 40},{n * 71}\n" for n in range(1, 9)),
    ),
}
NAMED = {
    "decimals of a matrix": ("u.csv", ",V1,V2,V3\nV1,1.00,0.41,0.32\nV2,0.41,1.00,0.27\nV3,0.32,0.27,1.00\n"),
    "rows with names": ("u.csv", "지역,V1,V2,V3\n서울,412,388,290\n부산,204,190,188\n대구,150,141,122\n"),
    "columns with names": ("u.csv", ",서울,부산,대구\n1,412,388,290\n2,204,190,188\n3,150,141,122\n"),
}


@pytest.mark.parametrize("kind", [*ACCURACY])
def test_an_accuracy_and_its_few_people_stop_a_file(kind: str) -> None:
    assert flagged(look(*ACCURACY[kind]), "cells.percent")


def test_the_people_of_an_accuracy_may_stand_on_another_slide() -> None:
    table = [["지표", "값", "95% CI"], ["민감도", "90.0%", "73.5–97.9"], ["특이도", "95.2%", "93.1–96.8"]]
    deck = [Slide(["진단 성능", "PCR 양성 30명, 음성 1,220명"]), Slide(["결과"], [table])]
    assert flagged(look("a.pptx", pptx(*deck)), "cells.percent")


@pytest.mark.parametrize("kind", [*SHARES])
def test_a_share_of_people_who_are_told_elsewhere_stops_a_file(kind: str) -> None:
    assert flagged(look(*SHARES[kind]), "cells.percent")


@pytest.mark.parametrize("kind", [*DIVIDED])
def test_a_total_by_a_mean_or_a_weight_that_gives_few_stops_a_file(kind: str) -> None:
    assert flagged(look(*DIVIDED[kind]), "cells.implied")


@pytest.mark.parametrize("kind", [*ALONE])
def test_a_missing_deviation_beside_a_mean_is_one_person(kind: str) -> None:
    assert flagged(look(*ALONE[kind]), "cells.implied")


@pytest.mark.parametrize("kind", [*OUTCOMES])
def test_few_without_the_outcome_that_nearly_all_have_stop_a_file(kind: str) -> None:
    assert flagged(look(*OUTCOMES[kind]), "cells.implied")


@pytest.mark.parametrize("kind", [*CURVES])
def test_the_end_of_a_curve_stops_a_file_whatever_its_rows_are_called(kind: str) -> None:
    assert flagged(look(*CURVES[kind]), "model.survival")


@pytest.mark.parametrize("kind", [*DUMMIES])
def test_a_dummy_of_one_unit_stops_a_model(kind: str) -> None:
    assert flagged(look(*DUMMIES[kind]), "model.saturated")


@pytest.mark.parametrize("kind", [*UNNAMED])
def test_whole_numbers_that_nothing_names_do_not_pass(kind: str) -> None:
    assert look(*UNNAMED[kind]).verdict is Verdict.NOT_CHECKED


SAFE = {"accuracy": ACCURATE, "shares": LARGE, "means": MANY, "deviations": TOGETHER, "outcomes": MISSED}
SAFE |= {"curves": CUT, "indicators": INDICATORS, "names": NAMED}


@pytest.mark.parametrize(("sort", "kind"), [(sort, kind) for sort, files in SAFE.items() for kind in files])
def test_what_only_looks_like_it_passes(sort: str, kind: str) -> None:
    assert not stopped(*SAFE[sort][kind]), flagged(look(*SAFE[sort][kind]))
