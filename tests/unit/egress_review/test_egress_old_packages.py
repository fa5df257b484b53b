"""Packages of earlier versions verify for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.note import parse_vkey
from egress_review.verify_package import verify_package

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "egress").glob("v*"))


@pytest.mark.parametrize("kept", GOLDEN, ids=lambda path: path.name)
def test_a_package_that_was_made_before_still_verifies(kept: Path) -> None:
    (directory,) = (path for path in kept.iterdir() if path.is_dir())
    result = verify_package(directory, parse_vkey((kept / "log.vkey").read_text(encoding="utf-8")))
    assert result.ok, result.reason.en
    assert result.ref == directory.name
