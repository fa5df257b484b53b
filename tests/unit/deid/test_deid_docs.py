"""What the documents show can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deid.policy import parse_policy
from deid.records.order import parse_order

POLICIES = ("docs/how-to/write-a-deid-policy.md", "docs/how-to/write-a-deid-policy.ko.md")
ORDERS = ("docs/how-to/bring-in-a-dataset.md", "docs/how-to/bring-in-a-dataset.ko.md")


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
