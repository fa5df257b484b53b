"""The charts of the dashboard: an overview of the record in, drawings and their tables out; pure but for names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from audit.catalogue import CATALOGUE
from audit.review.overview import STEPS, Overview
from audit.review.working_hours import WorkingHours
from portal import charts
from portal.charts import Bar, Series
from portal.formats import number
from portal.i18n import Language
from registry.text import Text

GROUPS: Sequence[tuple[Text, str, frozenset[str]]] = (
    (Text("분석 작업", "Work"), "c1", frozenset({"workspace", "cell", "contents", "gate"})),
    (Text("반출", "Egress"), "c2", frozenset({"egress"})),
    (Text("로그인", "Sign-in"), "c3", frozenset({"session"})),
    (
        Text("사람과 권한", "People and rights"),
        "c4",
        frozenset({"person", "membership", "grant", "project", "dataset", "privacy", "hold"}),
    ),
    (Text("기록의 열람과 점검", "Reading and review"), "c5", frozenset({"log", "review"})),
)
REST = (Text("구역 운영", "Running the zone"), "c6")
WEEKDAYS = (
    Text("월", "Mon"),
    Text("화", "Tue"),
    Text("수", "Wed"),
    Text("목", "Thu"),
    Text("금", "Fri"),
    Text("토", "Sat"),
    Text("일", "Sun"),
)
STEP_NAMES: Mapping[str, Text] = {
    "egress.submitted": Text("제출", "Submitted"),
    "egress.returned": Text("보완 요청", "Returned for changes"),
    "egress.rejected": Text("반려", "Rejected"),
    "egress.approved": Text("승인", "Approved"),
    "egress.released": Text("반출", "Released"),
}
STEP_COLOURS = {"egress.submitted": "c3", "egress.returned": "c5", "egress.rejected": "c2"}
WAITS: Sequence[tuple[Text, timedelta]] = (
    (Text("10분 안", "within 10 minutes"), timedelta(minutes=10)),
    (Text("1시간 안", "within an hour"), timedelta(hours=1)),
    (Text("4시간 안", "within 4 hours"), timedelta(hours=4)),
    (Text("하루 안", "within a day"), timedelta(days=1)),
    (Text("이틀 안", "within two days"), timedelta(days=2)),
    (Text("그보다 오래", "longer"), timedelta.max),
)
FEW = 8

REASONS: Mapping[str, Text] = {
    "route.download": Text("분석환경에서 내려받기", "Download from a workspace"),
    "response.attachment": Text("첨부 파일로 내려받기", "Download as an attachment"),
    "route.convert": Text("노트북을 다른 형식으로 내보내기", "Conversion of a notebook"),
    "route.terminal": Text("터미널 열기", "Opening a terminal"),
    "route.proxy": Text("다른 주소로의 우회 접속", "A way around to other addresses"),
    "route.extension": Text("확장 기능 설치", "Installing an extension"),
    "route.unlisted": Text("허용 목록에 없는 요청", "A request that no list allows"),
    "session.not_owner": Text("다른 사람의 분석환경", "Another person's workspace"),
    "budget.spent": Text("전송량 한도 초과", "More bytes than a session may carry"),
    "response.too_large": Text("너무 큰 응답", "An answer that is too large"),
    "body.too_large": Text("너무 큰 파일 저장", "Writing a file that is too large"),
    "upload.long": Text("너무 큰 글 파일 저장", "Writing a text file that is too large"),
    "site.cross": Text("다른 사이트에서 온 요청", "A request from another site"),
    "wrong_password": Text("틀린 비밀번호", "Wrong password"),
    "wrong_code": Text("틀린 인증번호", "Wrong code"),
    "code_reused": Text("이미 쓴 인증번호", "A code that was used before"),
    "unknown_handle": Text("없는 아이디로 로그인", "Sign-in with an unknown user name"),
    "not_active": Text("정지되거나 폐쇄된 계정의 로그인", "Sign-in to a closed account"),
    "throttled_by_handle": Text("로그인 시도 제한 (계정)", "Sign-in throttled (account)"),
    "throttled_by_source": Text("로그인 시도 제한 (주소)", "Sign-in throttled (address)"),
}
"""What the codes of refusals mean; one that is not here is shown as it is, with the action."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what is said of it, and the same numbers as a table."""

    id: str
    title: Text
    about: Text
    drawing: Markup
    heads: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[Text, str, str], ...] = ()
    """Name, colour and number of each series."""
    empty: bool = False


def activity(overview: Overview, language: Language) -> Figure:
    """Return actions over time: a column for each day, by kind."""
    groups = [(name, colour, _group(overview, families)) for name, colour, families in GROUPS]
    named = frozenset[str]().union(*(families for _, _, families in GROUPS))
    others = frozenset(overview.families()) - named
    groups.append((REST[0], REST[1], _group(overview, others)))
    series = [Series(_say(name, language), colour, values) for name, colour, values in groups if any(values)]
    title = Text("날마다의 작업", "Actions by day")
    about = Text("막대 하나가 하루이고, 색은 작업의 종류입니다.", "Each column is a day; colours are kinds of action.")
    days = [day.day for day in overview.days]
    drawing = charts.columns(
        _say(title, language), _say(about, language), [_short(d) for d in days], series, _number(language)
    )
    heads = (Text("날짜", "Day"), *(name for name, _, values in groups if any(values)))
    rows = [(day.isoformat(), *(number(one.values[n], language) for one in series)) for n, day in enumerate(days)]
    legend = [(name, colour, number(sum(values), language)) for name, colour, values in groups if any(values)]
    return Figure("activity", title, about, drawing, heads, tuple(rows), tuple(legend), not series)


def refusals(overview: Overview, language: Language) -> Figure:
    """Return what was refused, by the rule that refused."""
    found = overview.refusals()
    title = Text("규칙별 거부", "Refusals by rule")
    about = Text("무엇이 왜 거부되었는지, 많은 것부터.", "What was refused and why, most first.")
    order = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(action, reason, refusal_name(action, reason, language), n) for (action, reason), n in order]
    shown = [Bar(name, ((n, "c2"),), number(n, language)) for _, _, name, n in rows[:FEW]]
    drawing = charts.bars(_say(title, language), _say(about, language), shown)
    heads = (Text("거부된 것", "What was refused"), Text("이유 코드", "Code of the reason"), Text("건수", "Count"))
    table = tuple((name, reason or "–", number(n, language)) for _, reason, name, n in rows)
    return Figure("refusals", title, about, drawing, heads, table, empty=not rows)


def hours(overview: Overview, language: Language, working: WorkingHours) -> Figure:
    """Return when people use the zone: weekday by hour, with the working hours framed."""
    heat = overview.heat()
    opens, closes = working.opens.hour, working.closes.hour + (working.closes.minute > 0)

    def usual(row: int, hour: int) -> bool:
        return row in working.weekdays and opens <= hour < closes

    def told(row: int, hour: int, count: int) -> str:
        return f"{_say(WEEKDAYS[row], language)} {hour:02d}:00 – {number(count, language)}"

    title = Text("이용 시간대", "When the zone is used")
    about = Text(
        "요일과 시각별 이용량. 점선 안이 업무시간이고, 그 밖은 주황색입니다.",
        "Use by weekday and hour. The dashed frame holds the working hours; what lies outside is orange.",
    )
    names = [_say(name, language) for name in WEEKDAYS]
    drawing = charts.heat(_say(title, language), _say(about, language), names, heat, usual, told)
    heads = (Text("시각", "Hour"), *WEEKDAYS)
    rows = tuple((f"{hour:02d}", *(number(heat[day, hour], language) for day in range(7))) for hour in range(24))
    inside = sum(n for (day, hour), n in heat.items() if usual(day, hour))
    legend = (
        (Text("업무시간", "Working hours"), "h4", number(inside, language)),
        (Text("그 밖", "Other hours"), "o", number(sum(heat.values()) - inside, language)),
    )
    return Figure("hours", title, about, drawing, heads, rows, legend, not heat)


def people(overview: Overview, language: Language, naming: Callable[[str], str | None]) -> Figure:
    """Return how much each person did, and how much of it outside working hours."""
    found = sorted(overview.people().items(), key=lambda pair: (-pair[1][0], pair[0]))
    title = Text("사람별 이용량", "Volumes by person")
    about = Text("많이 이용한 사람부터. 주황색은 업무시간 외입니다.", "Most first; orange is outside working hours.")
    shown = [
        Bar(
            naming(ref) or ref,
            ((whole - late, "c1"), (late, "c2")),
            number(whole, language),
            f"/compliance/timeline/person/{ref}",
        )
        for ref, (whole, late) in found[:FEW]
    ]
    drawing = charts.bars(_say(title, language), _say(about, language), shown)
    heads = (Text("사람", "Person"), Text("전체", "All"), Text("업무시간 외", "Outside working hours"))
    rows = tuple((naming(ref) or ref, number(whole, language), number(late, language)) for ref, (whole, late) in found)
    late_all = sum(late for _, (_, late) in found)
    legend = (
        (Text("업무시간", "Working hours"), "c1", number(sum(n for _, (n, _) in found) - late_all, language)),
        (Text("업무시간 외", "Outside working hours"), "c2", number(late_all, language)),
    )
    return Figure("people", title, about, drawing, heads, rows, legend, not rows)


def funnel(overview: Overview, language: Language) -> Figure:
    """Return how many egress requests came to each step."""
    counts = overview.funnel()
    whole = counts["egress.submitted"]
    order = ("egress.submitted", "egress.returned", "egress.rejected", "egress.approved", "egress.released")
    assert set(order) == set(STEPS)
    title = Text("반출의 흐름", "The way of egress requests")
    about = Text("이 기간에 각 단계에 이른 반출신청의 수.", "How many requests came to each step in this time.")
    shown = []
    for step in order:
        share = f" ({100 * counts[step] // whole}%)" if whole and step != "egress.submitted" else ""
        bar = ((counts[step], STEP_COLOURS.get(step, "c1")),)
        shown.append(Bar(_say(STEP_NAMES[step], language), bar, number(counts[step], language) + share))
    drawing = charts.bars(_say(title, language), _say(about, language), shown)
    rows = tuple((_say(STEP_NAMES[step], language), number(counts[step], language)) for step in order)
    heads = (Text("단계", "Step"), Text("신청", "Requests"))
    return Figure("funnel", title, about, drawing, heads, rows, empty=not any(counts.values()))


def waits(overview: Overview, language: Language) -> Figure:
    """Return how long decisions took since the request was handed in."""
    times = overview.decision_times()
    counts: Counter[int] = Counter(next(n for n, (_, most) in enumerate(WAITS) if time <= most) for time in times)
    title = Text("결정까지 걸린 시간", "Time to a decision")
    about = Text("제출에서 승인·반려·보완 요청까지.", "From handing in to approval, rejection or return for changes.")
    late = len(WAITS) - 2
    shown = [
        Bar(_say(name, language), ((counts[n], "c2" if n >= late else "c1"),), number(counts[n], language))
        for n, (name, _) in enumerate(WAITS)
    ]
    drawing = charts.bars(_say(title, language), _say(about, language), shown)
    rows = tuple((_say(name, language), number(counts[n], language)) for n, (name, _) in enumerate(WAITS))
    heads = (Text("걸린 시간", "Time"), Text("결정", "Decisions"))
    return Figure("waits", title, about, drawing, heads, rows, empty=not times)


def _group(overview: Overview, families: frozenset[str]) -> tuple[int, ...]:
    return tuple(
        sum(n for action, n in day.actions.items() if action.partition(".")[0] in families) for day in overview.days
    )


def refusal_name(action: str, reason: str, language: Language) -> str:
    """Return what was refused, in words where the code of the reason is known."""
    if reason in REASONS:
        return _say(REASONS[reason], language)
    spec = CATALOGUE.get(action)
    said = spec.say(language) if spec else action
    return f"{said} · {reason}" if reason else said


def _short(day: date) -> str:
    return f"{day.month}.{day.day}"


def _number(language: Language) -> Callable[[float], str]:
    return lambda value: number(value, language)


def _say(text: Text, language: Language) -> str:
    return text.ko if language == "ko" else text.en
