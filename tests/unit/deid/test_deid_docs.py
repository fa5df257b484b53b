"""What the documents show can be used as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from deid.policy import parse_policy
from deid.records.order import parse_order
from hub_config.cli import GROUPS, parser

POLICIES = ("docs/how-to/write-a-deid-policy.md", "docs/how-to/write-a-deid-policy.ko.md")
ORDERS = ("docs/how-to/bring-in-a-dataset.md", "docs/how-to/bring-in-a-dataset.ko.md")

TYPED = (
    *("write-a-deid-policy", "read-a-risk-report", "add-a-recogniser", "destroy-the-additional-information"),
    *("link-two-projects", "reidentify-lawfully", "use-a-cluster", "bring-in-a-dataset"),
)
"""The pages whose commands are typed at the zone's machine."""


def commands(page: str) -> Iterator[str]:
    """Yield every command of `ansim` that a page shows, whole: in a block, in a sentence or behind a pipe."""
    text = Path(page).read_text(encoding="utf-8").replace("\\\n", " ")
    for block in re.findall(r"```sh\n(.*?)```|((?:^    .*\n)+)", text, re.DOTALL | re.MULTILINE):
        for line in "".join(block).splitlines():
            command = re.search(r"(?:^|\| |\s)(?:\.venv/bin/)?(ansim .*)", line)
            if command:
                yield command[1].strip()
    yield from re.findall(r"`((?:\.venv/bin/)?ansim [^`]*--[^`]*)`", text)


def yaml_of(page: str) -> str:
    (text,) = re.findall(r"```yaml\n(.*?)```", Path(page).read_text(encoding="utf-8"), re.DOTALL)
    return str(text)


@pytest.mark.parametrize("page", POLICIES)
def test_the_policy_on_the_page_is_one(page: str) -> None:
    policy = parse_policy(yaml_of(page))
    assert policy.release.k == 5
    assert len(policy.columns) == 6
    # A date to the day, even a shifted one, leaves nearly everybody alone: as a quasi-identifier it never meets k.
    assert not [c.name for c in policy.columns if c.role == "quasi" and c.action_name == "date_shift"]


@pytest.mark.parametrize("page", ORDERS)
def test_the_order_on_the_page_is_one(page: str) -> None:
    order = parse_order(yaml_of(page), Path())
    assert order.draft.dataset == "visits"
    assert list(order.items) == ["visits"]


@pytest.mark.parametrize("language", ["md", "ko.md"])
@pytest.mark.parametrize("page", TYPED)
def test_every_command_on_the_page_is_one_that_the_program_takes(page: str, language: str) -> None:
    program = parser(GROUPS)
    typed = list(commands(f"docs/how-to/{page}.{language}"))
    assert typed
    for command in typed:
        _, *words = shlex.split(command)
        assert callable(program.parse_args(words).func), command


@pytest.mark.parametrize("page", TYPED)
def test_both_languages_of_a_page_show_the_same_commands(page: str) -> None:
    """The reasons that people give are in their language; everything else is typed the same."""
    english, korean = (
        [re.sub(r'"[^"]*"', '""', command) for command in commands(f"docs/how-to/{page}.{language}")]
        for language in ("md", "ko.md")
    )
    assert english == korean
