"""The policies that the documents show can be used as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deid.policy import parse_policy

PAGES = ("docs/how-to/write-a-deid-policy.md", "docs/how-to/write-a-deid-policy.ko.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_on_the_page_is_one(page: str) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", Path(page).read_text(encoding="utf-8"), re.DOTALL)
    policy = parse_policy(text)
    assert policy.release.k == 5
    assert len(policy.columns) == 6
