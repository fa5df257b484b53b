"""`ansim audit review make|list|show|note|sign` and `ansim audit anomalies`.

Making a report takes nobody's rights: it follows from the log. A finding and a signature are an officer's, who
proves with password and code to be there. Exit 1: something stands out, or a review is overdue; 2: refused; 10: a
kept report is not the one that the log names.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import date
from getpass import getpass
from pathlib import Path
from typing import Any, get_args

from audit.body import timestamp
from audit.cli_context import Context, language_of
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import utc_now
from audit.review.errors import ReviewAltered, ReviewError, ReviewRefused
from audit.review.findings import Finding
from audit.review.items import ITEMS
from audit.review.pdf_out import report_pdf
from audit.review.policy import ReviewPolicy, load_review_policy
from audit.review.report import findings_of
from audit.review.service import Opened, ReviewDesk
from audit.review.store import VERDICTS, Review, Verdict
from audit.review.tables_out import Reader, report_csv
from audit.review.workflow import NAMES
from audit.review.working_hours import DAY, Month, Span
from audit.searching.asking import check_reason
from audit.text import Text

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

EXIT_OK, EXIT_FINDING, EXIT_USAGE, EXIT_TAMPERED = 0, 1, 2, 10
HERE = Source(None)  # typed on the zone's own machine: no network address
CLI = Actor.service("cli")
ANOMALY_DAYS = 30

_MADE = Text("{month} 점검 보고서 (제{version}판): {state}", "Report of {month} (version {version}): {state}")
_SIGN_BY = Text("서명 기한: {day}", "To be signed by {day}.")
_NO_REVIEWS = Text(
    "월별 점검표가 아직 없습니다. 한 달이 지나면 저절로 만들어집니다.",
    "There is no monthly review yet; one is prepared after each month.",
)
_OVERDUE = Text("기한이 지난 점검: {months}", "Overdue: {months}")
_SIGNED = Text(
    "{month} 점검에 서명했습니다. 보고서 SHA-256 {sha256}", "{month} is signed; SHA-256 of the report {sha256}"
)
_NOTHING = Text("눈에 띄는 것이 없습니다.", "Nothing stands out.")
_TYPE = Text("서명하려면 {month}을(를) 그대로 입력하십시오: ", "Type {month} to sign it: ")


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add the commands; `guard` explains the errors of this package."""
    group = commands.add_parser("review", help=_say("월 1회 점검", "the monthly review")).add_subparsers(required=True)
    made = _add(group, "make", make, guard, ("점검 보고서 작성", "make the report of a month"))
    made.add_argument("--month", type=_month, help=_say("2026-10, 없으면 지난달", "2026-10; the last month without it"))
    _add(group, "list", list_reviews, guard, ("달마다의 상태", "where each month stands"))
    shown = _add(group, "show", show, guard, ("점검 보고서 보기", "show a report with its findings"))
    shown.add_argument("month", type=_month)
    shown.add_argument("--version", type=int)
    shown.add_argument("--csv", action="store_true", help=_say("CSV 출력", "as CSV"))
    shown.add_argument("--pdf", type=Path, metavar="FILE", help=_say("PDF 파일로 저장", "write it to a PDF file"))
    shown.add_argument("--reason", default="", help=_say("사본이 필요한 사유", "why a copy is taken (--csv, --pdf)"))
    noted = _add(group, "note", note, guard, ("항목에 의견 기록", "record a finding for an item"))
    noted.add_argument("month", type=_month)
    noted.add_argument("item", help=_say("항목 이름 (show에 나옴)", "name of the item, as `show` prints it"))
    noted.add_argument("verdict", choices=get_args(Verdict))
    noted.add_argument("--note", default="", help=_say("의견 (봉인됨)", "what was found, which is sealed"))
    _add_officer(noted)
    signed = _add(group, "sign", sign, guard, ("점검에 서명", "sign a review"))
    signed.add_argument("month", type=_month)
    _add_officer(signed)
    stood = _add(commands, "anomalies", anomalies, guard, ("이상 징후 찾기", "find what stands out"))
    stood.add_argument("--since", type=date.fromisoformat, help=_say("2026-10-01, 없으면 30일 전", "2026-10-01"))
    stood.add_argument("--until", type=date.fromisoformat, help=_say("마지막 날", "the last day"))


def make(arguments: argparse.Namespace, context: Context) -> int:
    """Make the report of a month, of the last whole one without it."""
    desk = _desk(context)
    review = desk.make(arguments.month, by=CLI, source=HERE)
    opened = desk.open(review.month, review.version)
    if context.json:
        context.print(json.dumps(opened_json(opened), ensure_ascii=False))
    else:
        _print_review(context, opened, desk.policy)
    return EXIT_OK


def list_reviews(_arguments: argparse.Namespace, context: Context) -> int:
    """Print where each month stands; 1 if one is overdue."""
    desk = _desk(context)
    reviews, standing = desk.reviews(), desk.standing()
    overdue = [str(month) for month in standing.overdue]
    if context.json:
        sign_by = None if standing.sign_by is None else standing.sign_by.isoformat()
        rows = [review_json(review) for review in reviews]
        context.print(json.dumps({"reviews": rows, "overdue": overdue, "sign_by": sign_by}))
        return EXIT_FINDING if overdue else EXIT_OK
    language = language_of()
    for review in reviews:
        context.print(_line(review))
    if not reviews:
        context.print(_NO_REVIEWS.say(language))
    if overdue:
        context.print(_OVERDUE.format(months=", ".join(overdue)).say(language))
    elif standing.sign_by is not None:
        context.print(_SIGN_BY.format(day=standing.sign_by).say(language))
    return EXIT_FINDING if overdue else EXIT_OK


def show(arguments: argparse.Namespace, context: Context) -> int:
    """Print a report, or take a copy of it for a reason, and record which."""
    desk = _desk(context)
    opened = desk.open(arguments.month, arguments.version)
    detail = {"kind": "review", "review": opened.review.ref}
    if arguments.csv or arguments.pdf:
        _record(context, "log.downloaded", detail, reason=check_reason(arguments.reason))
    else:
        _record(context, "log.viewed", detail)
    if context.json:
        context.print(json.dumps(opened_json(opened), ensure_ascii=False))
    elif arguments.csv:
        context.print(report_csv(opened, _reader(desk.policy)).rstrip("\r\n"))
    elif arguments.pdf:
        arguments.pdf.write_bytes(report_pdf(opened, _reader(desk.policy), fonts=[context.home / "fonts"]))
    else:
        _print_review(context, opened, desk.policy)
    return EXIT_OK


def note(arguments: argparse.Namespace, context: Context) -> int:
    """Record what an officer found about an item."""
    desk = _desk(context)
    review = desk.open(arguments.month).review
    judged = desk.note(
        review, arguments.item, arguments.verdict, arguments.note, officer=_officer(arguments, context), source=HERE
    )
    document = {"review": review.ref, "item": judged.item, "verdict": judged.verdict, "at": judged.at}
    text = f"{judged.item}: {VERDICTS[judged.verdict].say(language_of())}"
    context.print(json.dumps(document) if context.json else text)
    return EXIT_OK


def sign(arguments: argparse.Namespace, context: Context) -> int:
    """Sign a review; the month is typed once more, since a signature is final."""
    desk = _desk(context)
    review = desk.open(arguments.month).review
    typed = getpass(_TYPE.format(month=review.month).say(language_of()))
    signed = desk.sign(review, typed, officer=_officer(arguments, context), source=HERE)
    if context.json:
        context.print(json.dumps(review_json(signed)))
    else:
        context.print(_SIGNED.format(month=signed.month, sha256=signed.sha256).say(language_of()))
    return EXIT_OK


def anomalies(arguments: argparse.Namespace, context: Context) -> int:
    """Print what stands out from one day to another and record the reading; 1 if something does."""
    zone, policy = context.zone(), load_review_policy(context.home)
    last = arguments.until or policy.hours.local(utc_now()).date()
    span = policy.hours.span(arguments.since or last - (ANOMALY_DAYS - 1) * DAY, last)
    if span.since >= span.until:
        raise ReviewRefused(Text("기간이 거꾸로입니다.", "The first day lies behind the last."))
    zone.log.settle()
    with zone.db.read() as tx:
        size = zone.log.size(tx)
        found, blind = findings_of(tx, span, size, policy)
    _record(context, "log.viewed", {"kind": "anomalies", "found": len(found)})
    if context.json:
        rows = [{**one.document(), "level": policy.rules[one.rule].level} for one in found]
        context.print(json.dumps({**_span_json(span), "size": size, "findings": rows, "not_checked": list(blind)}))
    else:
        _print_findings(context, found, policy)
    return EXIT_FINDING if found else EXIT_OK


def review_json(review: Review) -> dict[str, Any]:
    """Return a review as `--json` prints it."""
    return {
        "month": str(review.month),
        "version": review.version,
        "state": review.state.value,
        "sha256": review.sha256,
        "size": review.size,
        "policy": review.policy,
        "made_at": review.made_at,
        "made_by": review.made_by,
        "signed_at": review.signed_at,
        "signed_by": review.signed_by,
    }


def opened_json(opened: Opened) -> dict[str, Any]:
    """Return a review with its report and its findings as `--json` prints them."""
    judged = {one.item: {"verdict": one.verdict, "at": one.at, "by": one.by} for one in opened.judgements.values()}
    return {
        **review_json(opened.review),
        "report": opened.report.content,
        "findings": judged,
        "missing": list(opened.missing),
    }


def _print_review(context: Context, opened: Opened, policy: ReviewPolicy) -> None:
    language, review = language_of(), opened.review
    state = NAMES[review.state].say(language)
    context.print(_MADE.format(month=review.month, version=review.version, state=state).say(language))
    context.print(f"SHA-256 {review.sha256}")
    wanted = set(opened.report.to_be_judged)
    for item in opened.report.content["items"]:
        judged = opened.judgements.get(item["id"])
        verdict = VERDICTS[judged.verdict].say(language) if judged else ("…" if item["id"] in wanted else "–")
        context.print(f"  {item['id']:<16} {item['count']:>6}  {ITEMS[item['id']].title.say(language)}  [{verdict}]")
    for rule in sorted({found["rule"] for found in opened.report.content["anomalies"]}):
        judged = opened.judgements.get(f"rule.{rule}")
        count = sum(found["rule"] == rule for found in opened.report.content["anomalies"])
        verdict = VERDICTS[judged.verdict].say(language) if judged else "…"
        context.print(f"  rule.{rule:<24} {count:>3}  {policy.rules[rule].title.say(language)}  [{verdict}]")


def _print_findings(context: Context, found: list[Finding], policy: ReviewPolicy) -> None:
    language = language_of()
    for one in found:
        rule = policy.rules[one.rule]
        about = " ".join((*one.who, *filter(None, (one.what,))))
        entries = ", ".join(map(str, one.entries[:5])) + (" …" if one.count > len(one.entries[:5]) else "")
        context.print(f"{rule.title.say(language)}: {one.measured} (≥ {one.threshold})  {about}  #{entries}")
    if not found:
        context.print(_NOTHING.say(language))


def _line(review: Review) -> str:
    state = NAMES[review.state].say(language_of())
    return f"{review.month}  v{review.version}  {state}  {review.sha256[:16]}…  {review.signed_at or review.made_at}"


def _record(context: Context, action: str, detail: dict[str, Any], **sealed: str) -> None:
    event = Event(action, CLI, Object("log", "audit"), Subjects.none(), HERE, detail=detail, sealed=sealed)
    context.zone().log.record(event, wait="durable")


def _officer(arguments: argparse.Namespace, context: Context) -> Actor:
    """Return the officer, who has shown password and code."""
    password = getpass(f"{_say('비밀번호', 'Password')} ({arguments.officer}): ")
    code = getpass(f"{_say('인증 코드', 'Code')} ({arguments.officer}): ")
    person = context.zone().registry.sign_in(arguments.officer, password, code, source=HERE)
    return Actor.person(person.ref, sorted(str(role) for role in person.roles))


def _reader(policy: ReviewPolicy) -> Reader:
    return Reader(language_of(), {rule.id: rule.title for rule in policy.rules.values()})


def _desk(context: Context) -> ReviewDesk:
    zone = context.zone()
    return ReviewDesk(zone.db, zone.log, load_review_policy(context.home))


def _add(group: Any, name: str, handler: Handler, guard: Guard, about: tuple[str, str]) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = group.add_parser(name, help=_say(*about))
    command.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    command.set_defaults(func=guard(_answered(handler)))
    return command


def _answered(handler: Handler) -> Handler:
    """Return a handler that says why a review is refused, with an exit code of its own."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        try:
            return handler(arguments, context)
        except ReviewError as error:
            reason = error.text(language_of())
            document = {"error": type(error).__name__, "reason": reason, "hint": error.hint.say(language_of())}
            context.print(
                json.dumps(document, ensure_ascii=False)
                if context.json
                else f"{reason}\n{error.hint.say(language_of())}"
            )
            return EXIT_TAMPERED if isinstance(error, ReviewAltered) else EXIT_USAGE

    return run


def _add_officer(command: argparse.ArgumentParser) -> None:
    command.add_argument("--officer", required=True, help=_say("준법감시 담당자 아이디", "user name of the officer"))


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_say("달은 2026-10처럼 씁니다", "write months as 2026-10")) from None


def _span_json(span: Span) -> dict[str, str]:
    return {"since": timestamp(span.since), "until": timestamp(span.until)}


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
