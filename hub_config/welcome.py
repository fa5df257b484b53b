"""What a person sees when the zone is up: addresses, accounts, and what to click first."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from audit.cli_context import language_of
from audit.text import Text
from hub_config.demo.people import RESEARCHER
from hub_config.demo.world import DemoAccount, load
from hub_config.zone import Zone
from registry.errors import Conflict

ACCOUNTS_FILE = "demo-accounts.json"
HEADINGS = ("account", "password", "TOTP secret")
INDENT, GAP = 2, 2
NEXT_STEPS = (
    Text(
        "계정과 TOTP 비밀키: {file} (root만 읽음)",
        "Accounts and TOTP secrets: {file} (readable by root only)",
    ),
    Text(
        "계정의 일회용 코드: .venv/bin/ansim demo code {who}", "A code for an account: .venv/bin/ansim demo code {who}"
    ),
    Text(
        "먼저 할 일: {url} 을 열어 {who} 계정으로 로그인하고, 분석환경을 열어 안내 노트북을 실행하십시오.",
        "First: open {url}, sign in as {who}, open the workspace, run the tutorial notebook.",
    ),
)


def load_demo(zone: Zone) -> tuple[list[DemoAccount], bool]:
    """Load the demo world once; returns its accounts and whether this call made them.

    The accounts are written before a person of the demo is made, so that no password is ever lost to a crash.
    """
    path = zone.home / ACCOUNTS_FILE
    known = read_accounts(path)
    accounts = load(zone, known, keep=lambda made: write_accounts(path, made))
    return accounts, accounts != known


def read_accounts(path: Path) -> list[DemoAccount]:
    """Read the accounts file; an empty list before the first start."""
    try:
        return [DemoAccount(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []


def write_accounts(path: Path, accounts: list[DemoAccount]) -> None:
    """Write the accounts where only root can read them."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([asdict(a) for a in accounts], file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def print_demo(zone: Zone, accounts: list[DemoAccount], console: Console, *, fresh: bool) -> None:
    """Show where to go and, the first time, with which account."""
    url = zone.settings.origin("zone")
    console.print(
        Panel(
            f"[bold]{url}[/]\n{zone.settings.zone.name} · 데모 데이터안심구역",
            title="Ansim 안심",
            expand=False,
        )
    )
    if fresh:
        print_accounts(accounts, console)
    for text in NEXT_STEPS:
        said = text.format(file=zone.home / ACCOUNTS_FILE, who=RESEARCHER, url=url).say(language_of())
        console.print(said, soft_wrap=True)


def print_accounts(accounts: list[DemoAccount], console: Console) -> None:
    """Show who has which account: a line for the person, below it what is typed, which is never broken."""
    console.print("\n[bold]Demo accounts · 데모 계정[/] (shown once · 한 번만 표시)\n")
    columns = [max(map(len, column)) for column in zip(HEADINGS, *map(typed, accounts), strict=True)]
    one_line = INDENT + sum(columns) + GAP * (len(columns) - 1) <= console.width
    last = " " * GAP if one_line else "\n" + " " * INDENT  # the secret, which is the longest, has a line of its own

    def line(values: tuple[str, ...]) -> str:
        *short, secret = (value.ljust(width) for value, width in zip(values, columns, strict=True))
        return " " * INDENT + (" " * GAP).join(short) + last + secret.rstrip()

    console.print(f"[dim]{line(HEADINGS)}[/]", soft_wrap=True)
    for account in accounts:
        console.print(f"{account.part_ko} · {account.part_en}")
        console.print(line(typed(account)), markup=False, soft_wrap=True)
    console.print()


def typed(account: DemoAccount) -> tuple[str, str, str]:
    """Return what a person types or scans, in the order of the headings."""
    return account.handle, account.password, account.totp_secret


def print_empty(zone: Zone, link: str | None, console: Console) -> None:
    """Show where to go and, before anybody has an account, the first operator's one-time link."""
    console.print(Panel(f"[bold]{zone.settings.origin('zone')}[/]\n{zone.settings.zone.name}", expand=False))
    if link is not None:
        console.print("The first operator opens this link once, within 24 hours · 첫 운영자가 한 번 여는 링크:")
        console.print(f"[bold]{link}[/]", soft_wrap=True)


def first_operator_link(zone: Zone) -> str | None:
    """Return the one-time link for the first operator, anew at each start until somebody has joined by it."""
    try:
        token = zone.registry.one_time_link_for_first_operator()
    except Conflict:
        return None
    return f"{zone.settings.origin('zone')}/invitation/{token}"
