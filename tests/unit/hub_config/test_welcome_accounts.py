"""The accounts that `make up` prints can be read and copied on narrow terminals, beside Korean text."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from hub_config.demo.people import PEOPLE
from hub_config.demo.world import DemoAccount
from hub_config.welcome import print_accounts

ACCOUNTS = [
    DemoAccount(
        handle=p.handle,
        name=p.name,
        role=p.role.value,
        part_ko=p.part_ko,
        part_en=p.part_en,
        password=f"abcd-efgh-ijkl-{n:04}",
        totp_secret="ABCDEFGH" * 4,
    )
    for n, p in enumerate(PEOPLE)
]


def printed(width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, highlight=False)
    print_accounts(ACCOUNTS, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits_and_no_secret_is_broken(width: int) -> None:
    lines = printed(width)
    assert max(map(cell_len, lines)) <= width
    for account in ACCOUNTS:
        for value in (account.handle, account.password, account.totp_secret):
            assert any(value in line.split() for line in lines), value
        assert account.part_ko.split()[0] in "\n".join(lines)


def test_at_eighty_columns_an_account_is_two_lines() -> None:
    lines = printed(80)
    row = next(line for line in lines if ACCOUNTS[0].password in line)
    assert row.split() == [ACCOUNTS[0].handle, ACCOUNTS[0].password, ACCOUNTS[0].totp_secret]
