"""The charts of egress review: figures in, drawings and their tables out; pure but for names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from egress_review.figures import CastBallot, ReviewFigures
from egress_review.rules import RULE
from portal import charts, formats
from portal.charts import Bar
from portal.dashboard_charts import FEW, WAITS, Figure
from portal.formats import number
from portal.i18n import Language
from registry.text import Text

FAST = 20_000
"""Bytes a second above which an approval is called out: a page of 500 short rows in half a second."""
APPROVED, REFUSED = Text("승인", "approved"), Text("돌려보냄·반려", "returned or rejected")
LATE = len(WAITS) - 2


def turnaround(found: ReviewFigures, language: Language) -> Figure:
    """Return how long decisions took since the round was handed in."""
    title = Text("결정까지 걸린 시간", "Time to a decision")
    about = Text("제출에서 승인, 또는 돌려보내거나 반려할 때까지.", "From handing in to approval, return or rejection.")
    counts = [(_buckets(found.approved)[n], _buckets(found.refused)[n]) for n in range(len(WAITS))]
    shown = [
        Bar(name.say(language), ((yes, "c1"), (no, "c2")), number(yes + no, language))
        for (name, _), (yes, no) in zip(WAITS, counts, strict=True)
    ]
    rows = tuple(
        (name.say(language), number(yes, language), number(no, language))
        for (name, _), (yes, no) in zip(WAITS, counts, strict=True)
    )
    legend = (
        (APPROVED, "c1", number(len(found.approved), language)),
        (REFUSED, "c2", number(len(found.refused), language)),
    )
    heads = (Text("걸린 시간", "Time"), APPROVED, REFUSED)
    drawing = charts.bars(title.say(language), about.say(language), shown)
    return Figure("turnaround", title, about, drawing, heads, rows, legend, not found.approved and not found.refused)


def refusals(found: ReviewFigures, language: Language) -> Figure:
    """Return which rules stood behind rounds that did not get through."""
    title = Text("돌려보낸 신청에 걸린 규칙", "Rules behind refusals")
    about = Text(
        "사람이 돌려보내거나 반려한, 또는 자동 점검이 막은 차수에서 걸린 규칙입니다.",
        "Rules flagged in rounds that people returned or rejected, or that the machine check stopped.",
    )
    order = sorted(found.rules.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [(RULE[rule].title.say(language) if rule in RULE else rule, rule, n) for rule, n in order]
    shown = [Bar(name, ((n, "c2"),), number(n, language)) for name, _, n in named[:FEW]]
    drawing = charts.bars(title.say(language), about.say(language), shown)
    heads = (Text("규칙", "Rule"), Text("코드", "Code"), Text("차수", "Rounds"))
    rows = tuple((name, rule, number(n, language)) for name, rule, n in named)
    return Figure("rules", title, about, drawing, heads, rows, empty=not named)


def agreement(found: ReviewFigures, language: Language) -> Figure:
    """Return how often two checkers, each blind to the other, judged a file alike."""
    one = found.agreement
    kappa = "–" if one.kappa is None else f"{one.kappa:.2f}"
    title = Text("심사자 사이의 일치", "Agreement between checkers")
    about = Text(
        f"서로의 의견을 모르고 같은 파일을 본 두 사람의 판단. 카파 {kappa} (1은 완전한 일치, 0은 우연).",
        f"Two people on one file, neither knowing the other's vote. Kappa {kappa} (1 is full agreement, 0 chance).",
    )
    alike, differ = Text("같은 판단", "judged alike"), Text("다른 판단", "judged differently")
    counts = ((alike, one.alike, "c1"), (differ, one.pairs - one.alike, "c2"))
    drawing = charts.bars(
        title.say(language),
        about.say(language),
        [Bar(name.say(language), ((n, colour),), number(n, language)) for name, n, colour in counts],
    )
    rows = (*((name.say(language), number(n, language)) for name, n, _ in counts), ("kappa", kappa))
    return Figure("agreement", title, about, drawing, (Text("판단", "Judgement"), Text("쌍", "Pairs")), rows,
                  empty=not one.pairs)  # fmt: skip


def speed(found: ReviewFigures, language: Language, naming: Callable[[str], str | None]) -> Figure:
    """Return the approvals by how fast they came; for compliance officers alone."""
    title = Text("승인의 속도", "How fast approvals came")
    about = Text(
        "첫 쪽부터 의견까지, 또는 가운데 쪽을 넘긴 빠르기로 모든 쪽을 본 시간 가운데 짧은 것. "
        "주황색은 읽을 수 없을 만큼 빠르거나 보지 않은 쪽이 있는 승인입니다.",
        "From the first page served to the vote, or all pages at the pace of the middle one, whichever is shorter. "
        "Orange: too fast to have been read, or with pages never shown.",
    )
    cast = sorted((one for one in found.ballots if one.approves), key=_rate, reverse=True)
    shown = [
        Bar(
            f"{naming(one.checker_ref) or one.checker_ref} · {one.ref}",
            ((1 if one.seconds is None else max(1, one.seconds), "c2" if is_odd(one) else "c1"),),
            said(one).say(language),
            f"/compliance/timeline/request/{one.ref}",
        )
        for one in cast[:FEW]
    ]
    drawing = charts.bars(title.say(language), about.say(language), shown)
    heads = (
        *(Text("심사자", "Checker"), Text("신청", "Request"), Text("크기", "Size"), Text("시간", "Time")),
        Text("보지 않은 쪽", "Pages not shown"),
    )
    rows = tuple(
        (
            naming(one.checker_ref) or one.checker_ref,
            one.ref,
            formats.size(one.size),
            "–" if one.seconds is None else f"{one.seconds} s",
            "; ".join(one.unseen) or "–",
        )
        for one in cast
    )
    return Figure("speed", title, about, drawing, heads, rows, empty=not cast)


def workload(
    found: ReviewFigures, taken: Mapping[str, int], language: Language, naming: Callable[[str], str | None]
) -> Figure:
    """Return what each checker has on the desk and has voted on; for compliance officers alone."""
    title = Text("심사자별 업무량", "Workload by checker")
    about = Text("지금 맡은 신청과, 이 기간에 낸 의견.", "Requests taken now, and votes cast in this time.")
    votes = Counter(one.checker_ref for one in found.ballots)
    sizes: dict[str, int] = defaultdict(int)
    for one in found.ballots:
        sizes[one.checker_ref] += one.size
    people = sorted({*taken, *votes}, key=lambda ref: (-taken.get(ref, 0), -votes[ref], ref))
    now, cast = Text("맡은 신청", "taken now"), Text("낸 의견", "votes cast")
    shown = [
        Bar(
            naming(ref) or ref,
            ((taken.get(ref, 0), "c1"), (votes[ref], "c3")),
            f"{taken.get(ref, 0)} + {votes[ref]}",
            f"/compliance/timeline/person/{ref}",
        )
        for ref in people[:FEW]
    ]
    drawing = charts.bars(title.say(language), about.say(language), shown)
    rows = tuple(
        (
            naming(ref) or ref,
            number(taken.get(ref, 0), language),
            number(votes[ref], language),
            formats.size(sizes[ref]),
        )
        for ref in people
    )
    heads = (Text("심사자", "Checker"), now, cast, Text("본 크기", "Bytes voted on"))
    legend = ((now, "c1", number(sum(taken.values()), language)), (cast, "c3", number(votes.total(), language)))
    return Figure("workload", title, about, drawing, heads, rows, legend, not people)


def is_odd(one: CastBallot) -> bool:
    """Whether an approval came without pages having been shown, or faster than anybody reads."""
    return bool(one.unseen) or one.seconds is None or _rate(one) > FAST


def said(one: CastBallot) -> Text:
    """Write an approval as a sentence: 4 MB in 6 seconds."""
    size = formats.size(one.size)
    if one.seconds is None:
        return Text(f"{size}, 보지 않고", f"{size}, nothing shown")
    return Text(f"{size}를 {one.seconds}초 만에", f"{size} in {one.seconds} s")


def _rate(one: CastBallot) -> float:
    return float("inf") if one.seconds is None else one.size / max(1, one.seconds)


def _buckets(times: Iterable[timedelta]) -> Counter[int]:
    return Counter(next(n for n, (_, most) in enumerate(WAITS) if time <= most) for time in times)
