"""The few pages that the gate itself shows: refusals, the frame around a workspace, and the bar above it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from audit.text import Language, Text
from hub_config.gate.refusal import NextStep
from hub_config.gate.refusals import REFUSALS

STYLE = """
body{font:16px/1.6 system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif;color:#1d2b33;background:#f6f8f9;margin:0}
main{max-width:38rem;margin:12vh auto 0;padding:2rem 2.25rem;background:#fff;border:1px solid #d9e1e5;border-radius:8px}
h1{font-size:1.3rem;margin:0 0 .5rem}p{margin:.5rem 0}a{color:#0b5d7a}
section+section{margin-top:1.5rem;padding-top:1.25rem;border-top:1px solid #e6ecef}
small{color:#5b6b74}.demo{background:#f5c46b;margin:0;padding:.2rem 1rem;font-weight:600}
"""
FRAME_STYLE = """
html,body{height:100%;margin:0}body{display:flex;flex-direction:column;background:#f6f8f9}
.bar{border:0;width:100%;height:30px;flex:none}.work{border:0;width:100%;flex:auto}
.mark{border:0;position:fixed;inset:30px 0 0 0;width:100%;height:calc(100% - 30px);pointer-events:none}
"""
# Faint enough to work through, and there in a photograph of any part of the screen.
MARK_STYLE = """
html,body{margin:0;height:100%;overflow:hidden;background:transparent}
body{display:flex;flex-wrap:wrap;align-content:space-around;justify-content:space-around;gap:3rem 5rem;
font:14px/1.2 system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif;color:#000;opacity:.09}
span{transform:rotate(-20deg);white-space:nowrap}
@media (prefers-color-scheme:dark){body{color:#888}}
"""
BAR_STYLE = """
body{font:13px/30px system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif;color:#1d2b33;background:#eef3f5;margin:0;
padding:0 .9rem;display:flex;gap:1rem;white-space:nowrap;overflow:hidden}
.dot{color:#b3261e}.demo{background:#f5c46b;padding:0 .6rem;font-weight:600}
.end{background:#fff3cd;padding:0 .6rem;font-weight:600}a{color:#0b5d7a;margin-left:auto}a.end{margin-left:0}
"""

STEPS: dict[NextStep, Text | None] = {
    "portal": Text("포털로 가기", "Go to the portal"),
    "egress": Text("포털에서 반출 신청하기", "Request egress in the portal"),
    "reload": Text("포털로 가기", "Go to the portal"),
    "none": None,
}
RECORDING = Text(
    "기록 중: 실행한 코드와 저장한 파일이 기록됩니다",
    "Recording: the code you run and the files you save are recorded",
)
EGRESS = Text("점검·반출", "Check and submit")
BACK = Text("포털", "Portal")
DEMO = Text("시범 구역: 실제 데이터를 넣지 마십시오", "Demo zone: no real data")
ENDS = Text("이 분석환경은 {when}에 닫힙니다 ({left} 남음)", "This workspace closes at {when} ({left} left)")
CLOSED = Text("이 분석환경은 닫혔습니다", "This workspace is closed")
RELOADS = Text("이 페이지는 저절로 새로 고쳐집니다.", "This page reloads itself.")
STALE = Text(
    "연결이 새로 시작되었습니다. 이 페이지를 새로 고치십시오",
    "The connection was restarted: please reload this page",
)
HOURS = Text("{n}시간", "{n} h")
MINUTES = Text("{n}분", "{n} min")
FRAME_TITLE = Text("분석환경", "workspace")
WARN_WITHIN = timedelta(hours=24)
URGENT_WITHIN = timedelta(hours=1)
BAR_REFRESH_SECONDS = 30
MARK_REFRESH_SECONDS = 60
MARKS = 60
RELOAD = Text("이 페이지를 새로 고치십시오", "Reload this page")
MARK_TITLE = Text("워터마크", "watermark")
HELD = Text(
    "보이지 않은 출력 {n}개: /outbox에 저장해 반출을 신청하십시오",
    "{n} outputs not shown: save them to /outbox and request egress",
)
KEPT = Text("파일로 둔 출력 {n}개: 반출 신청", "{n} outputs saved as files: request egress")
NEARLY = Text("볼 수 있는 양을 {percent}% 썼습니다", "{percent}% of the viewing budget is used")
SPENT = Text(
    "볼 수 있는 양을 다 썼습니다: 결과는 반출을 신청하고, 계속 보려면 분석환경을 다시 시작하십시오",
    "The viewing budget is used up: request egress for results; restart the workspace to go on looking",
)
NEARLY_SHARE = 0.8


def refusal_page(
    code: str,
    *,
    portal: str | None,
    first: Language = "ko",
    demo: bool = False,
    reloads: bool = False,
    notice: Text | None = None,
) -> str:
    """Return the page of a refusal in both languages, the person's own first; it reloads itself where waiting helps.

    `notice` is what the zone announces meanwhile, and explains the refusal. Without `portal` it has no link: inside the
    frame of a workspace none works, and the bar above has one.
    """
    refusal = REFUSALS[code]
    order: tuple[Language, Language] = ("ko", "en") if first == "ko" else ("en", "ko")
    step = STEPS[refusal.next_step]
    seconds = refusal.retry_seconds if reloads else None
    body = refusal.body if notice is None else Text(f"{notice.ko} {refusal.body.ko}", f"{notice.en} {refusal.body.en}")
    sections = [
        _section(language, refusal.title, body, step, portal, None if seconds is None else RELOADS)
        for language in order
    ]
    title = html.escape(refusal.title.say(first))
    note = f'<p class="demo">{html.escape(DEMO.say(first))}</p>' if demo else ""
    refresh = "" if seconds is None else f'<meta http-equiv="refresh" content="{seconds}">'
    shown = f"{note}<main>{''.join(sections)}<small>{html.escape(code)}</small></main>"
    return _document(first, title, STYLE, shown, extra=refresh)


def _section(
    language: Language, title: Text, body: Text, step: Text | None, portal: str | None, also: Text | None
) -> str:
    link = ""
    if step is not None and portal is not None:
        label = html.escape(step.say(language))
        link = f'<p><a href="{html.escape(portal)}/">{label}</a></p>'
    return (
        f'<section lang="{language}"><h1>{html.escape(title.say(language))}</h1>'
        f"<p>{html.escape(body.say(language))}{' ' + also.say(language) if also else ''}</p>{link}</section>"
    )


def frame_page(
    *, workspace_url: str, bar_url: str, project: str, language: Language, mark_url: str | None = None
) -> str:
    """Return the page that holds a workspace: a page of another origin, so that a script in the workspace
    cannot navigate the tab away and take data along in the address (`frame-src` and the sandbox forbid it).

    The watermark lies above it in a frame of its own that takes no clicks: nothing in the workspace can reach it. It
    has no sandbox: in one without scripts a page does not renew itself (HTML, "shared declarative refresh steps"), and
    its time would stand still. It is the gate's own page, and its policy allows no script.
    """
    title = f"{html.escape(project)} · {FRAME_TITLE.say(language)}"
    recording = html.escape(RECORDING.say(language))
    body = (
        f'<iframe class="bar" src="{html.escape(bar_url)}" title="{recording}"></iframe>'
        f'<iframe class="work" src="{html.escape(workspace_url)}" title="{title}" '
        'sandbox="allow-scripts allow-same-origin allow-forms allow-modals"></iframe>'
    )
    if mark_url is not None:
        source = html.escape(mark_url)
        body += f'<iframe class="mark" src="{source}" title="{MARK_TITLE.say(language)}" aria-hidden="true"'
        body += ' tabindex="-1"></iframe>'
    return _document(language, title, FRAME_STYLE, body)


def mark_page(*, person: str | None, zone: str, language: Language, now: datetime) -> str:
    """Return the watermark: who looks, when, in which zone, all over the page; it renews itself.

    `now` is in the zone's time zone, and the offset is written with it: a photograph says which moment it shows.
    Without a person, at an address whose time is over or that the gate did not make, it says to reload the page, as
    faintly: it lies over what somebody works on.
    """
    words = (RELOAD.ko + " · " + RELOAD.en if person is None else person, now.isoformat(" ", "minutes"), zone)
    said = f"<span>{html.escape(' · '.join(words))}</span>"
    refresh = f'<meta http-equiv="refresh" content="{MARK_REFRESH_SECONDS}">'
    return _document(language, MARK_TITLE.say(language), MARK_STYLE, said * MARKS, extra=refresh)


def bar_page(
    *,
    ends_at: datetime | None,
    closed: bool,
    language: Language,
    portal: str,
    now: datetime,
    demo: bool = False,
    project: str | None = None,
    held: int = 0,
    share: float = 0.0,
    notice: Text | None = None,
    kept: Sequence[str] = (),
    stopped: str | None = None,
) -> str:
    """Return the bar above a workspace: that recording is on, that a demo zone is one, and when it closes soon.

    `now` is in the zone's time zone, by whose clocks the end is told.
    `project` is where its link to checking and submitting leads, in a page of the portal beside the workspace. `held`
    is how many outputs were not shown, `share` how much of the budget is spent, `notice` what the zone announces,
    `kept` the names of files in the outbox that the last of those outputs became: a link leads to the form that has
    chosen them. `stopped` is why the last message to a kernel was not sent on, a code of `REFUSALS`.
    """
    recording = html.escape(RECORDING.say(language))
    notices = [f'<span><span class="dot" aria-hidden="true">●</span> {recording}</span>']
    if closed:
        notices = [f'<span class="end" role="status">{html.escape(CLOSED.say(language))}</span>']
    elif ends_at is not None and (end := ending(ends_at, now)) is not None:
        role = "alert" if ends_at - now <= URGENT_WITHIN else "status"
        notices.append(f'<span class="end" role="{role}">{html.escape(end.say(language))}</span>')
    if notice is not None:
        notices.append(f'<span class="end" role="status">{html.escape(notice.say(language))}</span>')
    if stopped is not None and not closed:
        why = REFUSALS[stopped]
        said, also = html.escape(why.title.say(language)), html.escape(why.body.say(language))
        notices.append(f'<span class="end" role="alert" title="{also}">{said}. {also}</span>')
    if not closed:
        notices += [
            f'<span class="end" role="status">{html.escape(one)}</span>'
            for one in _told(0 if kept else held, share, language)
        ]
    if demo:
        notices.insert(0, f'<span class="demo">{html.escape(DEMO.say(language))}</span>')
    link = f'<a href="{html.escape(portal)}/" target="_top">{BACK.say(language)}</a>'
    if project is not None:
        address = html.escape(f"{portal}/projects/{quote(project, safe='')}/egress")
        link = f'<a href="{address}" target="_blank" rel="noopener">{EGRESS.say(language)}</a>{link}'
        if kept and not closed:
            chosen = urlencode([("project", project), *(("file", name) for name in kept)])
            address = html.escape(f"{portal}/requests/new?{chosen}")
            words = html.escape(KEPT.say(language).format(n=len(kept)))
            notices.append(f'<a class="end" href="{address}" target="_blank" rel="noopener">{words}</a>')
    refresh = f'<meta http-equiv="refresh" content="{BAR_REFRESH_SECONDS}">'
    return _document(language, recording, BAR_STYLE, "".join(notices) + link, extra=refresh)


def _told(held: int, share: float, language: Language) -> list[str]:
    """Return what the bar says about outputs and the budget."""
    told = []
    if share >= 1.0:
        told.append(SPENT.say(language))
    elif share >= NEARLY_SHARE:
        told.append(NEARLY.say(language).format(percent=int(share * 100)))
    if held:
        told.append(HELD.say(language).format(n=held))
    return told


def stale_bar_page(*, portal: str, demo: bool = False) -> str:
    """Return the bar above a workspace whose frame the gate no longer knows: what is recorded stays recorded."""
    both = html.escape(f"{STALE.ko} · {STALE.en}")
    notices = f'<span class="end" role="status">{both}</span>'
    if demo:
        notices = f'<span class="demo">{html.escape(DEMO.ko)} · {html.escape(DEMO.en)}</span>{notices}'
    link = f'<a href="{html.escape(portal)}/" target="_top">{BACK.ko} · {BACK.en}</a>'
    return _document("ko", html.escape(STALE.ko), BAR_STYLE, notices + link)


def ending(ends_at: datetime, now: datetime) -> Text | None:
    """Return the warning of an end that is near, with the time by the clock that `now` is of, or None."""
    left = ends_at - now
    if left > WARN_WITHIN:
        return None
    minutes = max(0, int(left.total_seconds() // 60))
    unit, n = (HOURS, minutes // 60) if minutes >= 60 else (MINUTES, minutes)
    when = ends_at.astimezone(now.tzinfo).strftime("%H:%M")
    spans = unit.format(n=n)
    return Text(ENDS.ko.format(when=when, left=spans.ko), ENDS.en.format(when=when, left=spans.en))


def return_page(target: str) -> str:
    """Return the page that ends a sign-in: a new navigation of our own, so that the strict cookie is sent."""
    refresh = f'<meta http-equiv="refresh" content="0; url={html.escape(target)}">'
    text = Text("분석환경을 여는 중입니다.", "Opening the workspace.")
    words = f'{text.ko} <span lang="en">{text.en}</span>'
    link = f'<main><p><a href="{html.escape(target)}">{words}</a></p></main>'
    return _document("ko", text.ko, STYLE, link, extra=refresh)


def _document(language: Language, title: str, style: str, body: str, *, extra: str = "") -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{extra}'
        f"<title>{title}</title><style>{style}</style></head><body>{body}</body></html>"
    )
