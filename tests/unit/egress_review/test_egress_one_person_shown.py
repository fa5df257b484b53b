"""One person shown: explained by a model, quoted from a record, stamped into a picture; and a bar that is left out."""

from __future__ import annotations

import pytest

from egress_review.checks.listing import Listing
from egress_review.checks.stamped import check_stamped
from egress_review.checks.subject import Subject
from egress_review.claims import parse_claims
from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look

WATERFALL = "{title}\nlactate = 7.4\n+1.32\nage = 83\n+0.71\nplatelet = 41\n+0.58\ngcs = 9\n-0.44\n"


@pytest.mark.parametrize(
    "text",
    [
        WATERFALL.format(title="SHAP waterfall, test patient #2217"),
        "Force plot\nE[f(X)] = 0.21, f(x) = 1.3\n7.4 = lactate +0.9\n83 = age +0.4\n41 = platelet -0.2\n",
        "한 환자의 예측 설명 (SHAP)\n- 젖산 = 7.4 (기여도 +1.32)\n- 나이 = 83 (기여도 +0.71)\n"
        "- 혈소판 = 41 (기여도 -0.58)\n",
        "LIME, case 12\n\n| feature | value | weight |\n|---|---|---|\n"
        "| lactate | 7.4 | 0.31 |\n| age | 83 | 0.2 |\n| gcs | 9 | -0.1 |\n",
    ],
)
def test_the_values_that_explain_one_prediction_are_of_one_person(text: str) -> None:
    assert flagged(look("explained.md", text), "table.singular")


def test_a_table_of_one_explanation_is_of_one_person_and_one_of_means_is_not() -> None:
    one = "feature,value,shap_value\nlactate,7.4,1.32\nage,83,0.71\nplatelet,41,-0.58\n"
    assert flagged(look("waterfall.csv", one), "table.singular")
    means = "feature,mean_value,mean_abs_shap\nlactate,2.4,0.32\nage,63.1,0.21\nplatelet,211.4,0.18\n"
    assert not flagged(look("importance.csv", means), "table.singular")
    along = "feature,value,shap_value\nage,40,-0.3\nage,50,-0.1\nage,60,0.2\nage,70,0.4\n"
    assert not flagged(look("dependence.csv", along), "table.singular")


@pytest.mark.parametrize(
    "text",
    [
        WATERFALL.format(title="SHAP waterfall of a hypothetical patient"),
        WATERFALL.format(title="SHAP waterfall: 평균적인 가상 환자"),
        "Mean |SHAP| over 5,310 patients\nlactate = 0.42\nage = 0.31\nplatelet = 0.18\n",
        "Waterfall of exclusions\nscreened = 9120\nexcluded = 410\nincluded = 8710\n",
        "SHAP for each patient was computed with n_estimators = 500, max_depth = 4, eta = 0.05 (+0.01 AUC).\n",
        "Budget waterfall\nrent = 120 +3\nstaff = 310 +9\ncloud = 44 -2\n",
    ],
)
def test_what_a_model_makes_of_all_is_nobodys(text: str) -> None:
    assert not flagged(look("explained.md", text), "table.singular")


@pytest.mark.parametrize(
    "text",
    [
        '[예측 4 / 실제 2] 2025-07-12 03:14  52/F  "식당 운영, 남편이 던진 냄비에 맞아 두부 열상"\n',
        'Example 1: 71/M, 2025-08-02 22:51\n"village head, drank paraquat, found by his son"\n',
        "- 2025년 9월 9일 / 19세 여 / ‘기숙사에서 과호흡, 담임교사 동행하여 내원’\n".replace("2025년 ", ""),
        'pred=urgent true=immediate "stabbed by her husband at the bakery in Mokpo"\n'
        'pred=low true=urgent "teacher, overdose after the divorce, found by mother"\n',
        "예측: 경증, 정답: 중증 — “농약을 마신 이장, 아들이 발견하여 신고함”\n"
        "예측: 경증, 정답: 중증 — “남편 폭행으로 골절, 읍내 의원 경유”\n",
    ],
)
def test_a_note_that_is_quoted_is_of_one_person(text: str) -> None:
    assert flagged(look("errors.txt", f"오분류 예시\n{text}정확도 0.84\n"), "table.singular")


@pytest.mark.parametrize(
    "text",
    [
        '가상의 사례로 설명한다.\n[예측 4 / 실제 2] 2025-07-12 03:14  52/F  "식당 운영, 냄비에 맞아 두부 열상"\n',
        'Made-up examples. pred=low true=high "stabbed by her husband in Mokpo"\n',
        "예측 4 / 실제 2: 311건, 예측 3 / 실제 1: 42건\n",
        'Of 5,310 notes, "abdominal pain, onset unclear" had most errors (true: urgent, predicted: low).\n',
        '2025-07-12 03:14 INFO memory 52M "worker started without errors"\n',
        '2025-07-12 회의: "중증도 분류 기준을 다시 정한다"고 결정함.\n',
        'Accessed 2025-07-12: "Korean Triage and Acuity Scale manual", version 2.\n',
    ],
)
def test_an_example_that_nobody_wrote_down_and_other_quotations_pass(text: str) -> None:
    assert not flagged(look("errors.txt", text), "table.singular")


@pytest.mark.parametrize(
    "text",
    [
        "4566-2273 (1959M)\n3162-2288 (1993F)\n3698-8423 (1979M)\n",
        "A10293 F/67, A22917 M/45, A98102 F/71\n",
        "P0291 (남 52) P1182 (여 38) P7710 (여 61)\n",
    ],
)
def test_keys_beside_a_birth_and_a_sex_are_of_people(text: str) -> None:
    assert flagged(look("figure.md", text), "table.records")


@pytest.mark.parametrize(
    "text",
    [
        "2015-2019 (1959M)\n",
        "Nature 1998, 391-402 (1998); Lancet 2001, 357-362 (2001); BMJ 2004, 328-331 (2004)\n",
        "NCT01234567 (2019), NCT01234999 (2020), NCT01236001 (2021)\n",
        "C34.1 M 4120, C18.7 F 3120\n",
        "region sex n\n11010 남 52\n11020 여 61\n11030 남 44\n11040 여 71\n",
        "Q101 M 45\nQ102 F 51\nQ103 M 39\nQ104 F 61\n",
    ],
)
def test_papers_trials_and_codes_are_not(text: str) -> None:
    assert not flagged(look("figure.md", text), "table.records")


def stamped(text: str) -> list[str]:
    listing = Listing(DEFAULT)
    subject = Subject("a.txt", "", text.encode(), DEFAULT, parse_claims(None).of("a.txt"), "txt", len(text))
    check_stamped(subject, listing)
    return [f.rule for f in listing.close(()) if isinstance(f, Flagged)]


@pytest.mark.parametrize(
    "text",
    [
        "한서윤『/67 ID 28104957\n2025-04-18 09:41 CHEST\n",
        "KIM MINJI  F/45\n18-Apr-2025 09:41\nTE: 30 TR: 2000\n",
        "Patient ID: 30918274\n045Y\n",
        "등록번호 30918274\n생년월일 1958-11-23\nBRAIN MR\n",
    ],
)
def test_what_a_device_stamps_into_a_picture_is_of_one_person(text: str) -> None:
    assert stamped(text) == ["identifier.other_id"]


@pytest.mark.parametrize(
    "text",
    [
        "PHANTOM QA\nID 28104957\n2025-04-18 09:41\n",
        "Run ID 20250418\n2025-04-18 09:41\nvalidation loss\n",
        "Kaplan-Meier\nM/F 1.2\n2025-04-18\n",
        "F/M ratio by year\n2019 2020 2021\n",
        "Saliency over 812 images\nL R\nCHEST PA\n",
    ],
)
def test_figures_and_test_objects_are_not(text: str) -> None:
    assert stamped(text) == []


BARS = "Arrival mode (n = {n})\n55.0%\nAmbulance\n27.5%\nWalk-in\n{last}\nPrivate ambulance\n{note}\n"
NOTE = "Remaining patients: police transfer (bar not shown because of small number)"


@pytest.mark.parametrize(
    "note",
    [NOTE, "Others omitted (few cases).", "나머지 항목은 인원이 적어 표시하지 않음", "기타(10명 미만)는 생략하였다."],
)
def test_a_bar_that_is_left_out_is_what_the_others_leave(note: str) -> None:
    text = BARS.format(n=240, last="15.0%", note=note)
    assert flagged(look("bars.md", text), "cells.percent")


@pytest.mark.parametrize(
    ("n", "last", "note"),
    [
        (240, "15.0%", "Percentages of all arrivals."),
        (240, "7.5%", NOTE),
        (240, "17.5%", NOTE),
        (240, "42.5%", NOTE),
        (240, "15.0% (n = 36)", NOTE),
        (31_200, "15.0%", NOTE),
    ],
)
def test_a_rest_that_is_large_or_nothing_passes(n: int, last: str, note: str) -> None:
    assert not flagged(look("bars.md", BARS.format(n=n, last=last, note=note)), "cells.percent")
