"""Plays the first release from sign-in to verified receipt, as `make up` shows it."""

from __future__ import annotations

import asyncio
import io
import shutil
import time
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from audit.cli_context import language_of
from audit.keys import LogKeys
from audit.note import Verifier
from audit.text import Text
from audit.verify import verify
from egress_review.verify_package import verify_package
from hub_config.demo.people import CHECKER_IN_PROJECT, CHECKERS, COMPLIANCE_OFFICER, RESEARCHER
from hub_config.demo.world import DemoAccount
from hub_config.story import steps
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.zone import Zone

PROJECT = "gibleed-study"


@dataclass(slots=True)
class Telling:
    """What is known while the story goes on."""

    zone: Zone
    accounts: dict[str, DemoAccount]
    request: str = ""
    package: Path = Path()
    people: dict[str, Visitor] = field(default_factory=dict)

    async def visitor(self, handle: str) -> Visitor:
        """Return a signed-in person's browser, signing in on first use."""
        if handle not in self.people:
            account = self.accounts[handle]
            self.people[handle] = Visitor(self.zone.settings)
            await self.people[handle].sign_in(handle, account.password, account.totp_secret)
        return self.people[handle]

    async def close(self) -> None:
        """Close every browser."""
        for visitor in self.people.values():
            await visitor.close()


async def sign_in(t: Telling) -> Text:
    """The researcher signs in with password and second factor."""
    await t.visitor(RESEARCHER)
    return Text("{who}: 일회용 코드로 로그인", "{who} signed in with a one-time code").format(who=RESEARCHER)


async def analyse(t: Telling) -> Text:
    """The workspace opens, the tutorial runs, its first table is found wanting, the fixed one is submitted."""
    workspace = await steps.start_workspace(await t.visitor(RESEARCHER), RESEARCHER, PROJECT)
    t.request, _ = await steps.run_tutorial(workspace)
    return Text(
        "네트워크 없는 분석환경에서 안내 노트북을 실행하고 {request} 신청",
        "the tutorial ran in a workspace without a network and submitted {request}",
    ).format(request=t.request)


async def refuse(t: Telling) -> Text:
    """The checker who is a member of the project is refused."""
    visitor = await t.visitor(CHECKER_IN_PROJECT)
    page = await visitor.open(f"/review/{t.request}")
    if page.status != 403 or steps.has_vote_form(page):
        raise StoryFailed(f"{CHECKER_IN_PROJECT} is a member of the project and was not refused ({page.status}).")
    return Text("{who}: 과제 참여자이므로 심사 거부", "{who}, a member of the project, was refused").format(
        who=CHECKER_IN_PROJECT
    )


async def approve(t: Telling) -> Text:
    """Two others approve, neither knowing the other's vote."""
    for handle in CHECKERS:
        await steps.vote(await t.visitor(handle), t.request, "approve", "기준을 지켰습니다. Within the rules.")
    return Text("{who}: 서로 모르게 승인", "{who} approved independently").format(who=", ".join(CHECKERS))


async def collect(t: Telling) -> Text:
    """The researcher collects the package, and it is verified without asking the zone."""
    content = await steps.collect(await t.visitor(RESEARCHER), t.request)
    t.package = t.zone.home / "first-release"
    shutil.rmtree(t.package, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(t.package)
    t.package = next(p.parent for p in t.package.rglob("release.json"))
    result = verify_package(t.package, trusted_key(t.zone))
    if not result.ok:
        raise StoryFailed(f"The package does not verify: {result}")
    return Text("반출, 수령, 오프라인 검증: {package}", "released, collected and verified offline: {package}").format(
        package=t.package
    )


async def inspect(t: Telling) -> Text:
    """The compliance officer finds the whole story in one timeline."""
    page = await (await t.visitor(COMPLIANCE_OFFICER)).open(f"/compliance/timeline/request/{t.request}")
    missing = [a for a in ("egress.submitted", "egress.voted", "egress.released") if a not in page.body.decode()]
    if page.status != 200 or missing:
        raise StoryFailed(f"The timeline of {t.request} lacks {missing} ({page.status}).")
    return Text("{who}: 모든 단계를 한 시간순 기록에서 확인", "{who} sees every step in one timeline").format(
        who=COMPLIANCE_OFFICER
    )


async def prove(t: Telling) -> Text:
    """The log is recomputed from its bodies."""
    t.zone.log.checkpoint()
    found = verify(t.zone.db, trusted_key(t.zone), t.zone.home / "log")
    if not found.ok:
        raise StoryFailed(f"The log does not verify: {found}")
    return Text(
        "기록 {size}건을 다시 계산해 서명된 뿌리와 일치함", "the log of {size} entries recomputes to its signed root"
    ).format(size=found.size)


def trusted_key(zone: Zone) -> Verifier:
    """Return the log's public key as this machine keeps it, not as a package brings it along."""
    return LogKeys.load_or_create(zone.home / "keys").verifier(zone.log.origin)


STEPS: Sequence[tuple[Text, Callable[[Telling], Awaitable[Text]]]] = (
    (Text("연구자 로그인", "The researcher signs in"), sign_in),
    (Text("안내 노트북 실행과 신청", "The tutorial runs and asks for its table"), analyse),
    (Text("과제 참여자의 심사 거부", "The checker who is a member is refused"), refuse),
    (Text("두 사람의 승인", "Two others approve"), approve),
    (Text("수령과 오프라인 검증", "The package is collected and verified"), collect),
    (Text("준법감시 담당자의 확인", "The officer finds the whole story"), inspect),
    (Text("감사 기록 다시 계산", "The log is recomputed"), prove),
)


SHOWN_CHARACTERS = 72


def in_short(line: str) -> str:
    """Return the beginning of a line that no person reads to its end: signatures have thousands of characters."""
    left = len(line) - SHOWN_CHARACTERS
    return line if left <= 0 else f"{line[:SHOWN_CHARACTERS]}… (+{left:,})"


def play(zone: Zone, accounts: list[DemoAccount], console: Console) -> None:
    """Play the story with progress and print the verified receipt.

    Raises: StoryFailed — naming the step at which the zone did not keep its promise.
    """
    asyncio.run(_play(Telling(zone, {a.handle: a for a in accounts}), console))


async def _play(telling: Telling, console: Console) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console.print("\n[bold]첫 반출 · The first release[/]")
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("", total=len(STEPS))
            for title, step in STEPS:
                began = time.monotonic()
                progress.update(bar, description=title.say(language_of()))
                told = await step(telling)
                progress.advance(bar)
                console.print(f"[green]✓[/] {told.say(language_of())} [dim]{time.monotonic() - began:.1f} s[/]")
    finally:
        await telling.close()
    receipt = telling.package / "receipt.tlog-proof"
    console.print("\n[bold]영수증 · The verified receipt[/] (c2sp.org/tlog-proof)")
    for line in receipt.read_text(encoding="utf-8").splitlines():
        console.print(in_short(line), markup=False, style="dim")
    console.print(str(receipt), markup=False)
