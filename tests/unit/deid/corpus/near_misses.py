"""Numbers and words in the shapes of identifiers that identify nobody: what must be left standing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from random import Random
from types import MappingProxyType

# ruff: noqa: E501 - a row of the table is one line

Maker = Callable[[Random], str]


def _amount(random: Random) -> str:
    return f"{random.randrange(1, 10 ** random.randrange(5, 12)):,}"


def _date(random: Random) -> str:
    mark = random.choice((".", "-", "/", ". "))
    return mark.join(
        (str(random.randrange(2001, 2027)), f"{random.randrange(1, 13):02}", f"{random.randrange(1, 29):02}")
    )


def _decimal(random: Random) -> str:
    return f"{random.uniform(0, 200):.{random.randrange(1, 5)}f}"


def _rows(cell: Maker, mark: str) -> Maker:
    def rows(random: Random) -> str:
        return "\n".join(mark.join(cell(random) for _ in range(5)) for _ in range(4))

    return rows


def _count(random: Random) -> str:
    return str(random.randrange(10 ** random.randrange(1, 6)))


def _small(random: Random) -> str:
    return str(random.randrange(1, 100))


def _of(*texts: str) -> Maker:
    return lambda random: random.choice(texts)


NEAR_MISSES: Mapping[str, Maker] = MappingProxyType(
    {
        "amounts": lambda r: f"총 {_amount(r)}원 중 {_amount(r)}원을 카드로, {_amount(r)}원을 계좌로 지급",
        "list of amounts": lambda r: ", ".join(_amount(r) for _ in range(6)),
        "dates": lambda r: f"기간 {_date(r)} ~ {_date(r)}",
        "dates beside a word": lambda r: (
            f"계좌 개설일 {_date(r)} ~ {_date(r)}, 카드 발급일 {_date(r)}, 면허 갱신 {_date(r)}"
        ),
        "date and time": lambda r: f"{_date(r)} {r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}",
        "measurements": lambda r: (
            f"키 {_decimal(r)} cm, 체중 {_decimal(r)} kg, 혈압 {r.randrange(90, 180)}/{r.randrange(50, 110)} mmHg"
        ),
        "laboratory values": lambda r: (
            f"WBC {_decimal(r)} Hb {_decimal(r)} Plt {r.randrange(100, 450)},000 AST/ALT {_small(r)}/{_small(r)} Na-K-Cl {r.randrange(130, 150)}-{_decimal(r)}-{r.randrange(95, 110)}"
        ),
        "order numbers": lambda r: (
            f"주문 {r.randrange(2019, 2027)}-{r.randrange(10**5):05}, 문서번호 제{r.randrange(2019, 2027)}-{r.randrange(10**4)}호"
        ),
        "versions": lambda r: (
            f"버전 {_small(r)}.{_small(r)}.{_small(r)} 에서 {_small(r)}.{_small(r)}.{_small(r)}-rc{r.randrange(9)}"
        ),
        "coordinates": lambda r: f"위도 {r.uniform(33, 39):.6f}, 경도 {r.uniform(124, 132):.6f}",
        "confidence intervals": lambda r: f"OR {_decimal(r)} (95% CI {_decimal(r)}-{_decimal(r)}), p={r.random():.4f}",
        "table of counts": _rows(_count, "\t"),
        "table of decimals": _rows(_decimal, ","),
        "table with borders": _rows(_count, " | "),
        "table of amounts": _rows(_amount, " | "),
        "table of dates and counts": _rows(
            lambda r: f"{r.randrange(10, 26)}{r.randrange(1, 13):02}{r.randrange(1, 29):02},{r.randrange(10**7):07}",
            "\t",
        ),
        "column of numbers": lambda r: "\n".join(str(r.randrange(10**6, 10**7)) for _ in range(12)),
        "row of small numbers": lambda r: " ".join(_small(r) for _ in range(16)),
        "list of numbers": lambda r: ", ".join(_count(r) for _ in range(12)),
        "lists behind a word": lambda r: (
            r.choice(
                (
                    "계좌 수는",
                    "카드 이용 건수",
                    "주민 수:",
                    "사업자 수는",
                    "면허 보유자",
                    "전화 상담 건수는",
                    "여권 발급",
                )
            )
            + " "
            + r.choice((", ", " | ", "\t", " + ")).join(_count(r) for _ in range(8))
        ),
        "matrix": lambda r: "[" + ", ".join(f"[{_small(r)}, {_small(r)}, {_small(r)}]" for _ in range(4)) + "]",
        "hashes": lambda r: f"{r.getrandbits(160):040x}",
        "identifiers of programs": lambda r: str(uuid.UUID(int=r.getrandbits(128))),
        "codes with letters": lambda r: (
            f"모델 SB{r.randrange(10**3)}-O{r.randrange(10**4)}-l{r.randrange(10**2)}, 부품 IO-{r.randrange(10**4)}"
        ),
        "page numbers": lambda r: f"제{_small(r)}조 제{_small(r)}항, {r.randrange(100, 999)}-{r.randrange(100, 999)}쪽",
        "books": lambda r: f"ISBN 979-11-{r.randrange(10**4):04}-{r.randrange(10**3):03}-{r.randrange(10)}",
        "sums": lambda r: f"{_count(r)} + {_count(r)} + {_count(r)} = {_count(r)}",
        "scores": lambda r: (
            f"{_small(r)} 대 {_small(r)}, 세트 {_small(r)}-{_small(r)} {_small(r)}-{_small(r)} {_small(r)}-{_small(r)}"
        ),
        "times": lambda r: " ".join(f"{r.randrange(24):02}:{r.randrange(60):02}" for _ in range(5)),
        "words that count": _of(
            "삼일절과 육이오 전쟁, 사일구 혁명은 1950, 1960년에 있었다.",
            "일이 많아 이사 2명과 구공탄 300장을 옮겼다.",
            "사사오입하면 12,345가 되고 이사회는 2020년 5월 3일에 열린다.",
            "3일 5시 20분에 2회 반복하고 7일 9시에 다시 10회 시행한다.",
            "공사 기간은 2024년 3월 1일부터 오이 100상자, 육포 200상자.",
            "1차 시험 120명 다시 2차 시험 340명, 3차 560명",
            "뒤 1234번 좌석, 앞 5678번 좌석, 뒷자리 3개가 남았다.",
            "850명이 도착한 뒤 1200명이 더 왔고 뒤이어 3400명이 왔다.",
            "2019에 345국 12곳과 678의 90을 비교",
        ),
        "marks that are no mail": _of(
            "회의 @ 3층 대회의실. 시작은 10시.",
            "단가 100 @ 20 = 2000",
            "meet at noon dot every day",
            "골뱅이 무침 2인분과 골뱅이 소면 주문",
            "1점 차이로 이겼고 9점 만점에 8점이다.",
        ),
        "arrows between values": lambda r: r.choice(("→", " → ", "⇒", "~>")).join(
            f"{r.randrange(10, 99)}%" for _ in range(6)
        ),
        "arrows between years": lambda r: "→".join(str(r.randrange(1990, 2030)) for _ in range(4)),
        "places in degrees": lambda r: (
            f"북위 {r.randrange(33, 39)}°{_small(r)}′{_small(r)}″ 동경 {r.randrange(124, 132)}°{_small(r)}′{_small(r)}″"
        ),
        "codes with rare letters": lambda r: (
            f"부품 {r.randrange(10, 99)}A-{r.randrange(10**4)}E-{r.randrange(100)}, 색인 {_small(r)}D{_small(r)}-{_small(r)}G"
        ),
        "cells of a web page": lambda r: "".join(f"<td>{_count(r)}</td>" for _ in range(6)),
        "escapes that are none": lambda r: (
            f"a={r.randrange(20, 30)} b={_count(r)} {_small(r)}%20 C:\\temp\\{_count(r)}"
        ),
        "leaders of a list": lambda r: (
            f"제{_small(r)}장 {r.choice('가나다')}........ {_small(r)}\n{r.randrange(10**5, 10**6)}........ {_small(r)}"
        ),
        "stars": lambda r: f"평점 {'★' * r.randrange(1, 6)} {_small(r)}명, 별표 {r.randrange(100)}★★★",
        "spaced dots": lambda r: (
            f"목차 {_small(r)} . {_small(r)} . {_small(r)}, 절 {r.randrange(9)} . {r.randrange(9)}"
        ),
        "numerals in English": _of(
            "one two three four five six seven eight nine ten",
            "zero or one, two or three, four to six",
            "세트는 one, two, three 순서로 한다.",
            "the eight of them met at seven, three left at nine",
        ),
        "dates with a word behind": _of(
            "2024년 1월 1일 뒤 1234567원을 지급",
            "1985년 1월 1일 뒤로 3000000명이 늘었다.",
            "24.3.1 뒷면 2345678 참조",
        ),
        "signs that are no mail": _of(
            "lunch @ noon . we all go",
            "3 @ 4 . 5 . 6",
            "a t & t @ b . e",
            "단가 @ 1 . 5 kr",
        ),
        "words in Latin letters": _of(
            "MRI CT 검사 결과 정상",
            "검사: MRI Brain Contrast 시행",
            "환자: COVID PCR 양성",
            "담당: IT Support Team",
            "Type B 환자와 Stage IV 환자",
            "CEO님과 VIP 고객",
            "주요 변수: Age Sex BMI",
        ),
        "words in Hanja": _of(
            "高血壓 患者의 申請書", "金融機關 및 金融業", "全國 平均과 安全性", "韓國人 文化財", "朝鮮 時代, 高麗 時代"
        ),
        "syllables that look like names": _of(
            "신한 계좌로 이체",
            "신한 카드와 하나 카드",
            "이 환자 분은 귀가",
            "이 고객 님은 대기",
            "이 주민 씨족 사회",
            "전 국민 님비 현상",
            "한 시간 뒤",
        ),
    }
)


def near_misses(kind: str, count: int, seed: int) -> Iterator[str]:
    """Yield texts of one kind."""
    random = Random(f"{kind} {seed}")
    for _ in range(count):
        yield NEAR_MISSES[kind](random)
