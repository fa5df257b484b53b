"""What a person sees when the zone is up: addresses, accounts, and what to click first."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from hub_config.demo.people import RESEARCHER
from hub_config.demo.world import DemoAccount, load
from hub_config.zone import Zone
from registry.errors import Conflict

ACCOUNTS_FILE = "demo-accounts.json"


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
        table = Table(title="Demo accounts · 데모 계정 (shown once)")
        for heading in ("who", "account", "password", "TOTP secret"):
            table.add_column(heading, no_wrap=heading != "who")
        for a in accounts:
            table.add_row(f"{a.part_ko}\n[dim]{a.part_en}[/]", a.handle, a.password, a.totp_secret)
        console.print(table)
    console.print(f"Accounts and TOTP secrets: {zone.home / ACCOUNTS_FILE} (readable by root only)")
    console.print(f"A code for an account: .venv/bin/ansim demo code {RESEARCHER}")
    console.print(f"First: open {url}, sign in as {RESEARCHER}, open the workspace, run the tutorial notebook.")


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
