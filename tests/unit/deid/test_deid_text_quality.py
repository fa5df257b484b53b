"""What is found in the half of the made-up documents that the rules were not developed on, and at what cost."""

from __future__ import annotations

import time

import pytest

from audit.text import Language
from deid.identifiers import detect
from tests.unit.deid.corpus.documents import administrative, longer, nobody
from tests.unit.deid.corpus.report import EXPLANATION, PAGES, page
from tests.unit.deid.corpus.scoring import Scores, score
from tests.unit.deid.corpus.vocabulary import DEVELOPED, HELD_OUT, Vocabulary

DOCUMENTS = 200


@pytest.fixture(scope="module")
def administrative_scores() -> Scores:
    return score(administrative(HELD_OUT, DOCUMENTS, seed=5), detect)


@pytest.fixture(scope="module")
def longer_scores() -> Scores:
    return score(longer(HELD_OUT, DOCUMENTS, seed=6), detect)


def test_the_two_halves_share_no_template_and_no_vocabulary() -> None:
    for part in ("administrative", "long", "fillers", "sentences", "given", "foreign", "roads", "neighbourhoods"):
        assert not set(getattr(DEVELOPED, part)) & set(getattr(HELD_OUT, part)), part


def test_administrative_documents_reach_the_bars(administrative_scores: Scores) -> None:
    assert administrative_scores.f2 >= 0.95
    assert administrative_scores.precision >= 0.97


def test_longer_documents_reach_the_bars(longer_scores: Scores) -> None:
    assert longer_scores.f2 >= 0.96
    assert longer_scores.precision >= 0.97


def test_each_label_is_covered(administrative_scores: Scores, longer_scores: Scores) -> None:
    total = administrative_scores.total + longer_scores.total
    covered = administrative_scores.covered + longer_scores.covered
    least = {"PERSON": 0.85, "ADDRESS": 0.95}
    for label, number in total.items():
        assert covered[label] / number >= least.get(label, 0.98), label


@pytest.mark.parametrize("half", [DEVELOPED, HELD_OUT], ids=["developed", "held out"])
def test_paragraphs_about_nobody_hold_nothing(half: Vocabulary) -> None:
    assert score(nobody(half), detect).found == 0


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "9",
            "a@",
            "1.",
            "010-",
            "가가",
            "(" * 3,
            "생일",
            "::",
            "서울 ",
            "ab.",
            "-",
            "9 ",
            "김 ",
            "이름:",
            "공",
            "공 ",
        ),
        *(
            "서울시 강남구 ",
            "로 1",
            "동1 ",
            "김철수 ",
            "김철수, ",
            "1-",
            "0-\n",
            "성명|",
            "1\u0301",
            "\u1100",
            "a:",
            "M1",
            "응우옌 ",
        ),
        *(
            "이름,성명,전화\n",
            "A1",
            "880101-1*",
            "www.",
            "http://",
            "국민은행 1",
            "1990년 1월 ",
            "\u200b",
            "０",
            "국민 ",
            "공 일",
            "하나 ",
            "O1",
            "M다시",
            "다시1",
            "1 뒤 ",
            "&#48;",
            "<b>1",
            "1,\n",
            "(1)",
            "a.b@",
            "a dot ",
            "골뱅이a",
            "Kim Min ",
            "金敏 ",
            "이 병헌 ",
            "차1가",
        ),
    ],
)
def test_hostile_text_costs_processor_time_in_proportion(piece: str) -> None:
    """Ten times the text may cost ten times the time and a little more: quadratic would cost a hundred."""
    small, large = 1_000, 10_000

    def cost(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            detect(text)
            best = min(best, time.process_time() - began)
            if best < 0.01:
                break
        return best

    cost(small)
    assert cost(large) <= 40 * cost(small) + 0.05


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_says_what_is_measured(language: Language) -> None:
    """Run `python -m tests.unit.deid.corpus.report` after a change of the rules."""
    assert (EXPLANATION / PAGES[language]).read_text(encoding="utf-8") == page(language)
