"""The techniques of the Korean guideline on pseudonymisation, by the names that its forms use.

Source: 개인정보보호위원회, 가명정보 처리 가이드라인, the table of techniques. What is not provided says why: a form
that lists a technique must not suggest that it was applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from audit.text import Text

Family = Literal["deletion", "statistics", "generalisation", "encryption", "randomisation", "other"]


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique: its code, its official name, its family, and why it is not provided, if so."""

    code: str
    name: Text
    family: Family
    missing: Text | None = None


_NO_LIBRARY = Text(
    "유지 관리되는 형태보존 암호 라이브러리가 없어 제공하지 않습니다. 양방향 암호화 가명을 쓰십시오.",
    "Not provided: no kept library for format-preserving encryption exists. Use a reversible pseudonym.",
)
_COMPUTING = Text(
    "계산 결과가 아니라 저장 자료를 바꾸는 기법만 제공합니다. 암호문 상태의 계산은 전용 도구가 필요합니다.",
    "Not provided: Ansim changes stored data; computing on ciphertexts needs a dedicated tool.",
)
_QUERY = Text(
    "질의 결과에 적용하는 기법입니다. 합성데이터의 차분 프라이버시 설정을 쓰십시오.",
    "Not provided for stored data: it protects answers to queries. Synthetic extracts offer it.",
)

_TECHNIQUES = (
    Technique("suppress_column", Text("삭제", "Column suppression"), "deletion"),
    Technique("partial_suppress", Text("부분삭제", "Partial suppression"), "deletion"),
    Technique("suppress_record", Text("행 항목 삭제", "Record suppression"), "deletion"),
    Technique("suppress_local", Text("로컬 삭제", "Local suppression"), "deletion"),
    Technique("mask", Text("마스킹", "Masking"), "deletion"),
    Technique("aggregate", Text("총계처리", "Aggregation"), "statistics"),
    Technique("microaggregate", Text("부분총계", "Micro-aggregation"), "statistics"),
    Technique("round", Text("일반 라운딩", "Rounding"), "generalisation"),
    Technique("round_random", Text("랜덤 라운딩", "Random rounding"), "generalisation"),
    Technique("round_controlled", Text("제어 라운딩", "Controlled rounding"), "generalisation"),
    Technique("top_bottom_code", Text("상하단코딩", "Top and bottom coding"), "generalisation"),
    Technique("generalize_local", Text("로컬 일반화", "Local generalisation"), "generalisation"),
    Technique("range", Text("범위 방법", "Range method"), "generalisation"),
    Technique("categorize", Text("문자데이터 범주화", "Categorisation of text"), "generalisation"),
    Technique("encrypt_two_way", Text("양방향 암호화", "Two-way encryption"), "encryption"),
    Technique("hash_keyed", Text("일방향 암호화", "One-way encryption"), "encryption"),
    Technique("encrypt_order_preserving", Text("순서보존 암호화", "Order-preserving encryption"), "encryption"),
    Technique(
        "encrypt_format_preserving", Text("형태보존 암호화", "Format-preserving encryption"), "encryption", _NO_LIBRARY
    ),
    Technique("encrypt_homomorphic", Text("동형 암호화", "Homomorphic encryption"), "encryption", _COMPUTING),
    Technique("pseudonym_per_domain", Text("다형성 암호화", "Polymorphic encryption"), "encryption"),
    Technique("noise", Text("잡음 추가", "Noise addition"), "randomisation"),
    Technique("permute", Text("순열(치환)", "Permutation"), "randomisation"),
    Technique("tokenize", Text("토큰화", "Tokenisation"), "randomisation"),
    Technique("random_replace", Text("(의사)난수생성기", "Pseudo-random number generator"), "randomisation"),
    Technique("sample", Text("표본추출", "Sampling"), "other"),
    Technique("anatomize", Text("해부화", "Anatomisation"), "other"),
    Technique("synthesize", Text("재현데이터", "Synthetic data"), "other"),
    Technique("secret_share", Text("동형비밀분산", "Homomorphic secret sharing"), "other", _COMPUTING),
    Technique("dp_query", Text("차분 프라이버시", "Differential privacy"), "other", _QUERY),
)

TECHNIQUES: Mapping[str, Technique] = MappingProxyType({technique.code: technique for technique in _TECHNIQUES})
