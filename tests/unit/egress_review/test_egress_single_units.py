"""What is told of one person, one household or one firm stops a file; what only looks like it does not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest

from egress_review.findings import Verdict
from tests.unit.egress_review.egress_files import flagged, look


def stopped(name: str, content: str | bytes) -> bool:
    return look(name, content).verdict is not Verdict.PASSED


NARRATIVES = {
    "an adverse event in Korean": (
        "e.txt",
        "이상사례 경과\n64세 남성이 폐렴으로 2021-03-02 입원함.\n2021-03-05: 저혈압, 승압제 시작.\n2021-03-09: 사망.\n",
    ),
    "an adverse event in English": (
        "e.md",
        "# Safety report\n\nA 48-year-old man with lymphoma started rituximab on 4 May 2019. On 11 May 2019 he was "
        "found\n"
        "hypotensive and admitted to intensive care. He died on 14 May 2019.\n",
    ),
    "dates without years": (
        "e.txt",
        "증례 보고\n71세 여자 환자. 6월 2일 항암 1차 투여.\n6월 9일 발열로 응급실 내원, 패혈증 진단.\n6월 14일 사망.\n",
    ),
    "age and sex as doctors write them": (
        "e.txt",
        "SUSAR\nPatient: 57/F, gastric cancer.\n2020-06-02 paclitaxel\n2020-06-09 febrile neutropenia, admitted\n"
        "2020-06-14 died\n",
    ),
}
PROTOCOLS = {
    "who was enrolled": (
        "p.txt",
        "연구 대상: 2020-01-01부터 2021-12-31까지 입원한 만 19세 이상 남녀.\n제외: 등록 전 사망.\n"
        "자료 추출일 2022-03-02, 분석 확정일 2022-04-11.\n",
    ),
    "a history of versions": (
        "p.md",
        "# History\n\n- 2021-03-02 first protocol\n- 2021-05-09 amended: age limit is now 80 years\n- 2022-01-14 "
        "closed\n",
    ),
    "a table shell": (
        "p.md",
        "The mean age was 57 years (SD 11). Patients were admitted between 2020-06-02 and 2020-12-31; "
        "follow-up ended on 2021-12-31 or at death.\n",
    ),
    "a vignette of a questionnaire": (
        "p.txt",
        "설문에 쓴 가상 사례: 60세 남성이 흉통으로 내원하여 수술을 받았다. 귀하의 판단은?\n",
    ),
}
QUOTES = {
    "a woman of a named place": (
        "q.md",
        "해솔면에서 약국을 하는 51세 남성 참여자:\n\n> “제가 이 면에서 하나뿐인 약사라 2014년에 아내가 조현병 진단을 "
        "받고 나서 "
        "다 알게 됐어요.”\n",
    ),
    "an English quotation": (
        "q.md",
        "A 44-year-old head teacher in Marlow:\n\n> “When I was diagnosed with HIV in 2012 my husband left and the "
        "whole "
        "village knew.”\n",
    ),
    "answers of a survey": (
        "q.csv",
        "문항,응답 원문\n문12,가람초 4학년 담임인데 교감한테 맞고 우울증으로 휴직했어요\n"
        "문12,읍내에서 약국 하는데 남편이 암이라 문을 닫았습니다\n문12,딸이 장애가 있어서 저는 일을 못 합니다\n",
    ),
    "comments in English": (
        "q.csv",
        "id,comment\n1,My son was arrested last year and I lost my job at the Harbour school\n"
        "2,I am the only midwife here and my husband has cancer\n3,Since my divorce I live with my mother in Alton\n",
    ),
    "answers in JSON": (
        "q.json",
        json.dumps(
            [
                {"q": "31", "자유응답": "저는 시장에서 국밥집 하는데 남편이 뇌졸중으로 쓰러져 혼자 삽니다"},
                {"q": "31", "자유응답": "아들이 구치소에 있어서 제가 손주를 키웁니다"},
                {"q": "31", "자유응답": "작년에 유산하고 회사를 그만뒀어요, 우울증 약을 먹습니다"},
            ],
            ensure_ascii=False,
        ),
    ),
}
WORDS = {
    "a questionnaire": (
        "w.csv",
        "문항,내용\n문1,나는 요즘 우울하다고 느낀다\n문2,나는 내 일에 만족한다\n문3,남편이나 아내와 자주 다툰다\n"
        "문4,지난 1년 동안 병원에 입원한 적이 있다\n",
    ),
    "themes with their numbers": (
        "w.csv",
        "주제,설명,응답 수\n경제,생활비와 대출이 부담된다는 응답,214\n건강,만성 질환으로 일하기 어렵다는 응답,187\n"
        "가족,자녀 돌봄이 어렵다는 응답,166\n",
    ),
    "a quotation of nobody in particular": (
        "w.md",
        "# 주제 1\n\n> “기다리는 시간이 너무 길었어요. 설명도 부족했고요.” (참여자 7)\n",
    ),
    "a word of a law": ("w.md", "제3조는 “나는 양심에 따라 숨김과 보탬이 없이”로 시작하는 선서를 둔다.\n"),
    "a codebook": (
        "w.csv",
        "variable,comment\nage,Age of the respondent in years at the interview\njob,Whether the respondent has a job\n"
        "spouse,Whether the respondent lives with a husband or wife\n",
    ),
    "words of topics": (
        "w.csv",
        "topic,words\n1,병원 의사 간호사 남편 수술\n2,학교 교사 아들 시험 우울증\n3,시장 장사 대출 빚 파산\n",
    ),
}


def quarter_hours(step: int, rows: int, day: str = "2023-08-07") -> list[str]:
    return [f"{day} {minute // 60:02d}:{minute % 60:02d}" for minute in range(0, step * rows, step)]


def readings(heading: str, name: str = "r.csv", extra: str = "") -> tuple[str, str]:
    rows = (f"{extra}{at},{0.2 + 0.1 * math.sin(n * 1.7):.3f}" for n, at in enumerate(quarter_hours(15, 96)))
    return name, "\n".join([heading, *rows, ""])


def vectors(heading: str, key: Callable[[int], str], width: int = 10) -> str:
    rows = ("\t".join([key(n), *(f"{math.sin(n * 7.1 + i * 3.3) * 1.9:.5f}" for i in range(width))]) for n in range(40))
    return "\n".join(["\t".join([heading, *(f"e{i}" for i in range(width))]), *rows, ""])


def scattered(n: int) -> int:
    return 10_000 + n * 7_919 % 89_989


STOPS = ("솔숲초교", "나루역")
TRIPS = "\n".join(
    f"2023-04-{10 + n // 2} {7 + 11 * (n % 2):02d}:{n * 17 % 60:02d}:{n * 29 % 60:02d},{STOPS[n % 2]}"
    for n in range(12)
)
UNITS = {
    "trips of a card": ("t.csv", "card_id,boarded,stop\n" + "\n".join(f"7b21ffa0,{row}" for row in TRIPS.split("\n"))),
    "trips without a card": ("t.csv", "승차시각,승차정류장\n" + TRIPS + "\n"),
    "withdrawals of one account": (
        "t.csv",
        "고객번호,거래시각,지점\n" + "\n".join(f"C884213,{row}" for row in TRIPS.split("\n")) + "\n",
    ),
    "one household by its heading": readings("계량시각,사용량_kWh(가구 B)"),
    "one meter by the name of the file": readings("ts,kwh", "single_meter_15min.csv"),
    "one meter by its number": readings("meter_id,ts,kwh", extra="M3391207,"),
    "steps of one participant": (
        "u.csv",
        "date,participant 3\n" + "\n".join(f"2023-05-{n + 1:02d},{5000 + n * 7919 % 4000}" for n in range(28)) + "\n",
    ),
    "vectors of learners": ("v.tsv", vectors("learner", lambda n: f"L{scattered(n)}")),
    "vectors under no heading": ("v.tsv", vectors("", lambda n: f"P{scattered(n)}")),
    "vectors in JSON": (
        "v.json",
        json.dumps({f"U{scattered(n)}": [math.sin(n + i) for i in range(12)] for n in range(30)}),
    ),
    "firms in the order of their sales": (
        "f.csv",
        "순위,업체(가명),소재지,종사자,매출액(백만원)\n"
        + "\n".join(
            f"{n},업체{c}1,{p} 북구,{3000 - 211 * n},{90000 - 4217 * n}"
            for n, c, p in zip(range(1, 9), "ABCDEFGH", ["울산"] * 4 + ["구미"] * 4, strict=True)
        ),
    ),
    "firms by their names": (
        "f.csv",
        "기업명,지역,매출액(억원),종사자\n가람정밀,창원,8120,2044\n누리화학,여수,7914,1807\n다온제강,포항,7221,"
        "2511\n라온전자,구미,6801,1402\n",
    ),
    "cases by age and sex": (
        "c.md",
        "| Case | Age/Sex | Primary | Outcome |\n|---|---|---|---|\n| 1 | 63/M | NSCLC | died |\n| 2 | 71/F | RCC | "
        "recovered |\n"
        "| 3 | 58/M | HCC | died |\n| 4 | 49/F | thymoma | recovered |\n",
    ),
    "cases by age and sex in Korean": (
        "c.csv",
        "증례,성별/나이,약제,결과\n1,남/63,A,회복\n2,여/71,B,사망\n3,남/58,A,사망\n4,여/49,C,회복\n",
    ),
    "cases on their side": (
        "c.csv",
        "항목,증례 가,증례 나,증례 다,증례 라\n연령/성별,63/M,71/F,58/M,49/F\n약제,A,B,A,C\n결과,회복,사망,사망,회복\n",
    ),
    "a swimmer plot": (
        "s.json",
        json.dumps(
            {
                "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
                "data": {
                    "values": [
                        {"patient": f"#{n:02d}", "weeks": 20 + n * 37 % 71, "best": ("CR", "SD", "PR", "PD")[n % 4]}
                        for n in range(1, 11)
                    ]
                },
                "mark": "bar",
            }
        ),
    ),
    "a list of subjects in JSON": (
        "s.json",
        json.dumps(
            {
                "title": "t",
                "chart": {
                    "rows": [{"subject": n, "change": -60 + n * 41 % 97, "arm": "AB"[n % 2]} for n in range(1, 13)]
                },
            }
        ),
    ),
}
GROUPS = {
    "a timetable": (
        "g.csv",
        "노선,정류장,출발,도착\n"
        + "\n".join(f"9999,정류장{n},07:{n * 3:02d},07:{n * 3 + 2:02d}" for n in range(14))
        + "\n",
    ),
    "runs of a program": (
        "g.csv",
        "step,started,ended\n"
        + "\n".join(
            f"s{n},2023-04-10 07:{n * 4 % 60:02d}:{n * 7 % 60:02d},2023-04-10 08:{n * 11 % 60:02d}:09"
            for n in range(10)
        )
        + "\n",
    ),
    "a load curve of many households": readings("time,mean_kwh(1240가구)"),
    "a load curve of a region": readings("계량시각,서울_평균부하_MW"),
    "a load curve of households of one": readings("계량시각,1인 가구 평균 사용량_kWh"),
    "readings of a station": readings("station_id,ts,pm25_mean", extra="S111123,"),
    "vectors of words": ("g.tsv", vectors("word", lambda n: "가나다라마바사아자차"[n % 10] * 2 + "거너더러"[n // 10])),
    "loadings of genes": ("g.tsv", vectors("gene", lambda n: f"ENSG{n:06d}")),
    "items in a space": ("g.tsv", vectors("item_id", lambda n: f"I{n:05d}")),
    "regions in their order": (
        "g.csv",
        "순위,시도,사업체수,매출액(십억원)\n1,경기,41204,91220\n2,서울,38112,88901\n3,경남,15210,40112\n4,경북,11802,"
        "31021\n",
    ),
    "sizes of firms": (
        "g.csv",
        "기업,사업체수,평균 매출액(억원)\n대기업,412,8120\n중견기업,1204,914\n중소기업,38112,22\n",
    ),
    "countries in their order": (
        "g.csv",
        "rank,country,gdp_per_head\n1,Luxembourg,125006\n2,Norway,106177\n3,Ireland,103983\n4,Switzerland,92434\n",
    ),
    "rates by age and sex": (
        "g.csv",
        "Age/Sex,N,rate\n40s/M,1204,12.1\n40s/F,1311,10.4\n50s/M,1902,17.7\n50s/F,1877,14.0\n",
    ),
    "life table by age and sex": (
        "g.csv",
        "나이/성별,기대여명\n"
        + "\n".join(f"{age}/{sex},{90 - age - 4 * (sex == 'M'):.1f}" for age in (20, 40, 60, 80) for sex in "MF")
        + "\n",
    ),
    "scenarios that are called cases": (
        "g.csv",
        "case,discount,icer\n1,0.03,21400\n2,0.05,23110\n3,0.00,18870\n4,0.045,22500\n",
    ),
    "a figure of regions": (
        "g.json",
        json.dumps(
            {
                "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
                "data": {
                    "values": [
                        {"region": r, "rate": 10 + n * 3.7 % 5}
                        for n, r in enumerate(("서울", "부산", "대구", "인천", "광주", "대전"))
                    ]
                },
                "mark": "bar",
            },
            ensure_ascii=False,
        ),
    ),
    "patients by month": (
        "g.csv",
        "월,환자\n" + "\n".join(f"2022-{n:02d},{1200 + n * 37}" for n in range(1, 13)) + "\n",
    ),
}


@pytest.mark.parametrize("kind", [*NARRATIVES])
def test_the_story_of_one_patient_with_its_days_stops_a_file(kind: str) -> None:
    assert stopped(*NARRATIVES[kind])


@pytest.mark.parametrize("kind", [*PROTOCOLS])
def test_days_and_ages_of_a_study_tell_of_nobody(kind: str) -> None:
    assert flagged(look(*PROTOCOLS[kind]), "table.") == []


@pytest.mark.parametrize("kind", [*QUOTES])
def test_what_participants_said_of_their_own_lives_stops_a_file(kind: str) -> None:
    assert stopped(*QUOTES[kind])


@pytest.mark.parametrize("kind", [*WORDS])
def test_questions_themes_and_words_are_no_answers_of_anybody(kind: str) -> None:
    assert not stopped(*WORDS[kind])


@pytest.mark.parametrize("kind", [*UNITS])
def test_what_one_person_household_or_firm_did_stops_a_file(kind: str) -> None:
    assert stopped(*UNITS[kind])


@pytest.mark.parametrize("kind", [*GROUPS])
def test_what_regions_programs_and_groups_did_leaves(kind: str) -> None:
    assert not stopped(*GROUPS[kind])
