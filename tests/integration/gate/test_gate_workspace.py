"""Through the gate as a browser would: sign in, open Lab, run cells."""

from __future__ import annotations

from tests.integration.gate.harness import Browser, ZoneUnderTest, run_cell


async def test_the_owner_signs_in_opens_lab_and_runs_a_cell(zone: ZoneUnderTest) -> None:
    prefix = zone.start_workspace("alice", "gibleed")
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        status, session = await browser.call(
            "POST",
            prefix,
            "api/sessions",
            {"name": "x", "path": "x.ipynb", "type": "notebook", "kernel": {"name": "python3"}},
        )
        assert status == 201, session
        async with browser.socket(prefix, f"api/kernels/{session['kernel']['id']}/channels") as socket:
            assert await run_cell(socket, "print(6*7)") == "42\n"
