"""What pip shows of a refusal names the page of the portal and the call, in letters that pip can show."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from hub_config.gate.config import parse_config
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.packages import Packages
from tests.unit.gate.test_gate_values import REF


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/ask/polars/x.whl", ["http://zone.d.example:8600/packages", "ansim_client.ask_for_package('polars'"]),
        ("/wait/polars/x.whl", ["polars is not in the zone yet"]),
    ],
)
async def test_the_reason_beside_a_refusal_says_what_to_do(path: str, words: list[str]) -> None:
    config = parse_config('{"domain": "d.example"}')
    neighbours = Neighbours(config)
    try:
        answer: Any = await Packages(config, neighbours)._pass(REF, make_mocked_request("GET", path))
    finally:
        await neighbours.close()
    assert answer.status == 403
    assert all(word in answer.reason for word in words)
    assert answer.reason.isascii()
