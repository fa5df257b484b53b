"""One person by several particulars in a sentence, and sentences of groups, rules, examples and of nobody known."""

from __future__ import annotations

import pytest

from tests.unit.egress_review.egress_files import flagged, look

PEOPLE = [
    '표본의 주관식 응답을 검토한 결과, 울릉군에서 한우 1,200두를 혼자 키우는 63세 여성 경영주는 "남편이 2019년 사고로 '
    '떠난 뒤 축협 대출 14억을 혼자 갚고 있다"고 적었다.',
    '백령도에서 혼자 어선을 모는 71세 여성 선장은 "아들이 떠난 뒤로 다 팔고 싶다"고 말했다.',
    "신안군의 58세 남성 의사는 2021년 뇌졸중으로 쓰러져 진료를 접었다고 적었다.",
    '정선군에서 양봉 400통을 치는 60대 여성 농장주는 "보험이 없다"고 답했다.',
    "면담에 응한 45세 남성 수의사는 군 전체에서 유일한 대동물 진료의로, 이혼 뒤 홀로 산다.",
    "영양군 석보면의 39세 여성 이장은 쌍둥이를 낳은 뒤 직장을 그만두었다.",
    '국내 첫 여성 도선사인 47세 여성 선장은 "이혼했다"고 밝혔다.',
    '한 66세 여성 목장주(인제군, 젖소 90두)는 "축사를 판다"고 적었다.',
    '응답자 가운데 흑산도에서 전복 양식장을 운영하는 55세 남성 어민은 "2020년 태풍으로 빚이 7억이 됐다"고 썼다.',
    'a 63-year-old female farmer on Ulleung island wrote that "my husband died and I am repaying the loan alone".',
    "The 63-year-old woman who alone keeps 1,200 cattle in Ulleung County told us about her debts.",
    'A widow aged 63, who keeps 1,200 cattle on Ulleung Island, said "I repay the loan by myself".',
    'One farmer in her 60s, the only breeder in Yeongyang-gun with 1,200 pigs, wrote: "I lost my husband in 2019."',
    'The sole 58-year-old veterinarian in Cheongsong-gun recalled, "after my divorce I stayed alone".',
    'An 81-year-old diver from Udo Island said "my husband drowned in 1994".',
    "울릉군에서 한우 1,200두를\n혼자 키우는 63세 여성 경영주는 남편이 2019년\n사고로 떠났다고 적었다.",
]
GROUPS = [
    "63세 이상 여성 경영주 412명의 평균 사육 두수는 41두였다.",
    "울릉군의 63세 이상 여성 경영주는 412명이었다.",
    "평균 연령은 63세였고 여성 경영주가 31%였다.",
    '63세 여성 참여자는 "비용이 부담스럽다"고 말했다.',
    '경기도에 사는 45세 남성 응답자는 "정보가 부족하다"고 답했다.',
    '서울시의 63세 여성 참여자는 "혼자 살아서 불안하다"고 말했다.',
    "65세 여성의 기대여명은 22.4년이다.",
    "군 지역 60대 여성 농업인의 소득은 도시보다 낮았다.",
    "울릉군의 60대 여성 경영주는 소득이 전체 평균보다 12% 낮았다.",
    '60대 여성 경영주들은 "판로가 없다"고 답했다.',
    "예를 들어 울릉군에서 혼자 농사를 짓는 63세 여성 농민을 가정하자.",
    "2019년부터 만 60세 여성 근로자는 처음으로 조기 수급을 신청할 수 있다.",
    "30세 남성 근로자가 월 300만 원을 벌 때 처음으로 세율 구간이 바뀐다.",
    "고위험군의 60대 남성 환자는 복약 순응도가 가장 낮았다.",
    "A 65-year-old woman with hypertension should receive a thiazide first, according to the guideline.",
    "Farmers aged 63 to 70 on islands reported lower incomes.",
    'One participant (female, 63) said "the cost was too high for us".',
    "The reference person is a 40-year-old man in the largest income group.",
    "In 2019, a 40-year-old worker paid the largest share.",
    "The typical 63-year-old man in our sample owned 12 head of cattle.",
]


@pytest.mark.parametrize("said", PEOPLE)
def test_a_sentence_that_singles_one_person_out_stops_a_text(said: str) -> None:
    assert flagged(look("discussion.md", f"# 논의\n\n{said}\n"), "table.singular")


@pytest.mark.parametrize("said", GROUPS)
def test_a_sentence_of_a_group_a_rule_or_an_unknown_participant_leaves(said: str) -> None:
    assert not flagged(look("discussion.md", f"# 논의\n\n{said}\n"), "table.singular")
