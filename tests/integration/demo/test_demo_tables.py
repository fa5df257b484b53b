"""The tutorial's first table is stopped by the zone's own policy, and its second one passes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from egress_review.claims import parse_claims
from egress_review.engine import InputFile, Request, check
from egress_review.findings import FileReport, Flagged, Verdict
from hub_config.demo.seed import seed_directory
from tests.integration.demo.demo_zone import World

TABLE = "gi_bleed_by_age.csv"


def cells(project: str) -> list[dict[str, Any]]:
    directory = seed_directory(project)
    assert directory is not None
    [notebook] = directory.glob("*.ipynb")
    content: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return content


def declared(project: str) -> dict[str, Any]:
    """The controls that the notebook itself declares."""
    names: dict[str, Any] = {}
    for cell in cells(project):
        source = "".join(cell["source"])
        if source.startswith("CONTROLS = "):
            exec(source.split("\n\n")[0], names)
    controls: dict[str, Any] = names["CONTROLS"]
    return controls


def judged(world: World, file: Path, controls: dict[str, Any] | None) -> FileReport:
    request = Request(claims=parse_claims(controls), context=None)
    report = check([InputFile.of(file.name, file.read_bytes())], world.zone.policy, request)
    return report.files[0]


def test_the_first_table_is_flagged_exactly_at_its_small_cells(world: World, run_cells: Callable[..., Path]) -> None:
    file = run_cells("gibleed-study", cells("gibleed-study"), until="years=5") / TABLE
    with file.open(encoding="utf-8", newline="") as lines:
        table = list(csv.reader(lines))
    small = {
        (row, column)
        for row, line in enumerate(table, start=1)
        for column, cell in enumerate(line, start=1)
        if cell.isdigit() and 0 < int(cell) < world.zone.policy.min_cell
    }
    report = judged(world, file, None)
    found = [f for f in report.findings if isinstance(f, Flagged) and f.rule == "cells.small"]
    assert report.verdict is Verdict.FLAGGED
    assert small
    assert {(f.where.row, f.where.column) for f in found} == small


def test_the_fixed_table_passes_with_the_controls_that_the_notebook_declares(
    world: World, run_cells: Callable[..., Path]
) -> None:
    file = run_cells("gibleed-study", cells("gibleed-study")) / TABLE
    assert judged(world, file, declared("gibleed-study")).verdict is Verdict.PASSED
    assert judged(world, file, None).verdict is Verdict.PASSED


def test_the_hourly_table_of_the_floating_population_passes(world: World, run_cells: Callable[..., Path]) -> None:
    file = run_cells("floating-pop", cells("floating-pop")) / "hourly_population.csv"
    controls = {"counts": ["인원"], "rounded_to": 100}
    assert judged(world, file, controls).verdict is Verdict.PASSED
