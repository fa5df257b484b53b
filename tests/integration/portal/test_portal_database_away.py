"""While the database is away, people and notebooks are told in a sentence, and all goes on once it is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.portal.portal_world import LARGE, World


@contextmanager
def away(world: World) -> Iterator[None]:
    """Put something else where the database is, so that no connection can be made."""
    engine = world.zone.db.engine
    path = Path(str(engine.url.database))
    engine.dispose()
    path.rename(path.with_suffix(".aside"))
    path.mkdir()
    try:
        yield
    finally:
        engine.dispose()
        path.rmdir()
        path.with_suffix(".aside").rename(path)


@pytest.mark.sqlite("its file is put aside; a server that goes away is a test of its own")
def test_people_and_notebooks_are_told_and_lose_nothing(world: World) -> None:
    ref = world.submitted(table=LARGE)
    minji, junho = world.signed_in("minji"), world.signed_in("junho")
    notebook = world.workspace_client(world.workspace().ref)
    with away(world):
        for browser, path in ((minji, "/"), (minji, f"/requests/{ref}"), (junho, f"/review/{ref}")):
            answer = browser.get(path)
            assert answer.status_code == 503
            assert "The database does not answer" in answer.text
            assert "see whether what you did last is there" in answer.text
            assert "sqlite" not in answer.text.lower()
        korean = minji.get("/", headers={"accept-language": "ko"})
        assert "데이터베이스가 응답하지 않습니다" in korean.text
        refused = notebook.get("/workspace/status")
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "database"
        assert "잠시 뒤" in refused.json()["error"]["hint"]["ko"]
    assert ref in minji.page(f"/requests/{ref}")
    assert notebook.get("/workspace/status").status_code == 200
