"""What risks and verdicts are called, in words; light, so that pages can say them without loading what measures."""

from __future__ import annotations

from audit.text import Text

RISKS: dict[str, Text] = {
    "singling_out": Text("특정 가능성", "singling out"),
    "linkability": Text("연결 가능성", "linkability"),
    "inference": Text("추론 가능성", "inference"),
    "membership": Text("포함 여부 추정", "membership"),
    "copies": Text("원자료 행 복제", "copies of learnt rows"),
    "held_out_copies": Text("분리해 둔 행 복제", "copies of held-out rows"),
}
MEANINGS: dict[str, Text] = {
    "singling_out": Text(
        "합성 행 하나에만 맞는 조건이 실제로도 한 사람만 가리키는 비율. 배우지 않은 사람에 대한 비율을 뺀 값입니다.",
        "How often a condition that fits one synthetic row only fits one real person only, beyond how often it fits"
        " one who was not learnt from.",
    ),
    "linkability": Text(
        "한 사람의 열을 둘로 나누었을 때 두 쪽이 같은 합성 행으로 이어지는 비율.",
        "How often two halves of a person's columns lead to the same synthetic row.",
    ),
    "inference": Text(
        "다른 열을 아는 공격자가 합성자료로 비밀 값을 맞히는 비율. 배우지 않은 사람에 대한 비율을 뺀 값입니다."
        " 정책이 비밀을 정하지 않으면 공격마다 아무 열이나 비밀로 봅니다.",
        "How often somebody who knows all other columns learns the secret from the synthetic table, beyond what it"
        " tells of people it was not learnt from. Where the policy names no secret, each attack is after any column.",
    ),
    "membership": Text(
        "가장 가까운 합성 행까지의 거리로 학습에 쓰인 사람을 가려내는 정도. 0.5는 우연, 1은 항상 맞힘입니다.",
        "How well the distance to the nearest synthetic row tells who was learnt from: 0.5 is chance, 1 is always.",
    ),
    "copies": Text(
        "하나뿐인 학습 행과 같은 합성 행의 비율. 한도는 배우지 않은 실제 행이 그런 비율입니다.",
        "Share of synthetic rows that equal a learnt row of which there is one; the limit is that of real rows.",
    ),
    "held_out_copies": Text(
        "분리해 둔 행과 같은 합성 행의 비율. 높으면 엔진이 보면 안 되는 행을 본 것입니다.",
        "The same for held-out rows: more than chance means that the engine saw what it must not see.",
    ),
}
LIMIT_SOURCES: dict[str, Text] = {
    **dict.fromkeys(
        ("singling_out", "linkability"),
        Text(
            "0.09: 유럽의약품청(EMA) Policy 0070(2018년 지침)과 캐나다 보건부 PRCI(2019년 지침)가 공개하는 임상자료에"
            " 받아들이는 재식별 확률",
            "0.09: the chance to identify a person that the European Medicines Agency (Policy 0070, guidance of 2018)"
            " and Health Canada (PRCI, guidance of 2019) accept for clinical data they publish",
        ),
    ),
    "inference": Text(
        "0.2: 안심이 정한 값. 수를 정한 기관이 없습니다.", "0.2: Ansim's own; no authority names a number"
    ),
    "membership": Text(
        "0.55: 안심이 정한 값. 0.5가 우연이며, 수를 정한 기관이 없습니다.",
        "0.55: Ansim's own; 0.5 is chance, and no authority names a number",
    ),
    **dict.fromkeys(
        ("copies", "held_out_copies"),
        Text(
            "같은 자료의 실제 행에서 잰 비율의 95 % 구간 위쪽 끝",
            "the upper end of the 95 % interval of the share among real rows of the same data",
        ),
    ),
}
"""Where the limits of the gate come from, unless a policy sets others."""


def end_held(risk: str) -> int:
    """Return which end of the interval of a risk is held to its limit, 0 or 1.

    Of copies it is the lower one: only what is clearly more than among real rows is too much.
    """
    return 0 if risk in ("copies", "held_out_copies") else 1


LIMIT_FROM = Text("한도의 근거", "source of the limit")
NO_SOURCE = Text("정책이 정한 값이며, 근거를 적지 않았습니다.", "set by the policy, which names no source")
STAGES: dict[str, Text] = {
    "read": Text("원자료 읽기", "reading the source"),
    "draw": Text("배우고 합성하기", "learning and drawing rows"),
    "attack": Text("공격으로 점검", "attacking the result"),
}
VERDICT_WORDS: dict[str, Text] = {
    "below": Text("한도 이하", "below the limit"),
    "above": Text("한도 초과", "above the limit"),
    "not_measured": Text("측정 안 됨 (통과 아님)", "not measured (no pass)"),
}
