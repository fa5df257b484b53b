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
    """One technique: its code, its official name, its family, where else it is, or why it is not provided."""

    code: str
    name: Text
    family: Family
    missing: Text | None = None
    """Why it is not provided."""
    elsewhere: Text | None = None
    """Where it is, if no action of a policy does it."""


_NO_LIBRARY = Text(
    "제공하지 않음: NIST가 FF3를 폐기하였고(SP 800-38G Rev. 1 2차 초안, 2025-02), 남은 FF1에는 꾸준히 유지 관리되는"
    " 라이브러리가 없습니다. 양방향 암호화 가명이나 토큰화를 쓰십시오.",
    "Not provided: NIST has removed FF3 (SP 800-38G Rev. 1, second draft, 2025-02), and for FF1, which remains, there"
    " is no kept library. Use a reversible pseudonym or tokens.",
)
_HOMOMORPHIC = Text(
    "제공하지 않음: 저장된 자료를 바꾸는 것이 아니라 암호문으로 계산하는 기법입니다. OpenFHE나 Microsoft SEAL 같은 전용"
    " 도구가 필요합니다.",
    "Not provided: it computes on ciphertexts instead of changing stored data; that takes a tool of its own, such as"
    " OpenFHE or Microsoft SEAL.",
)
_SHARING = Text(
    "제공하지 않음: 여러 기관이 나누어 계산하는 기법입니다. MP-SPDZ 같은 전용 도구가 필요합니다.",
    "Not provided: several institutions compute together on shares; that takes a tool of its own, such as MP-SPDZ.",
)
_RELEASE = Text("정책의 `release`", "`release` in the policy")
_SAMPLE = Text("`ansim deid sample`", "`ansim deid sample`")
_ANATOMY = Text("`ansim deid anatomise`", "`ansim deid anatomise`")
_SYNTHETIC = Text(
    "`ansim deid synth`: 행을 고치지 않고, 원자료의 개수에서 새 행을 만들어 공격으로 점검합니다.",
    "`ansim deid synth`: rows are not changed but drawn anew from counts of the source, and attacked.",
)
_QUERY = Text(
    "`ansim deid query`: 행을 보이지 않고 개수와 합만 잡음을 더해 답합니다.",
    "`ansim deid query`: no rows are shown; counts and sums are answered with noise.",
)

_TECHNIQUES = (
    Technique("suppress_column", Text("삭제", "Column suppression"), "deletion"),
    Technique("partial_suppress", Text("부분삭제", "Partial suppression"), "deletion"),
    Technique("suppress_record", Text("행 항목 삭제", "Record suppression"), "deletion", elsewhere=_RELEASE),
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
    Technique("encrypt_homomorphic", Text("동형 암호화", "Homomorphic encryption"), "encryption", _HOMOMORPHIC),
    Technique("pseudonym_per_domain", Text("다형성 암호화", "Polymorphic encryption"), "encryption"),
    Technique("noise", Text("잡음 추가", "Noise addition"), "randomisation"),
    Technique("permute", Text("순열(치환)", "Permutation"), "randomisation"),
    Technique("tokenize", Text("토큰화", "Tokenisation"), "randomisation"),
    Technique("random_replace", Text("(의사)난수생성기", "Pseudo-random number generator"), "randomisation"),
    Technique("sample", Text("표본추출", "Sampling"), "other", elsewhere=_SAMPLE),
    Technique("anatomize", Text("해부화", "Anatomisation"), "other", elsewhere=_ANATOMY),
    Technique("synthesize", Text("재현데이터", "Synthetic data"), "other", elsewhere=_SYNTHETIC),
    Technique("secret_share", Text("동형비밀분산", "Homomorphic secret sharing"), "other", _SHARING),
    Technique("dp_query", Text("차분 프라이버시", "Differential privacy"), "other", elsewhere=_QUERY),
)

TECHNIQUES: Mapping[str, Technique] = MappingProxyType({technique.code: technique for technique in _TECHNIQUES})
