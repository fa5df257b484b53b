"""Maintenance in the portal: everybody reads why and until when, and nothing new is asked for."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from audit.event import Source
from registry.desk import CLI
from registry.errors import Denied
from registry.model import Role
from tests.integration.portal.portal_world import LARGE, PEOPLE, World, request_form

NOTE = "the rack in room 2 <b>moves</b>"


def test_every_page_says_so_in_the_readers_language_and_no_workspace_starts(world: World) -> None:
    operator = next(handle for handle, roles in sorted(PEOPLE.items()) if Role.OPERATOR in roles)
    until = world.clock() + timedelta(hours=2)
    world.zone.registry.begin_maintenance("hardware", until, NOTE, by=CLI, source=Source(None))
    for browser, path in ((world.signed_in("minji"), "/"), (world.signed_in(operator), "/zone")):
        page = browser.page(path)
        assert "The zone is under maintenance: work on the machines" in page
        assert "the rack in room 2 &lt;b&gt;moves&lt;/b&gt;" in page
        assert until.astimezone(ZoneInfo("Asia/Seoul")).strftime("%Y-%m-%d %H:%M KST") in page
    minji = world.signed_in("minji")
    assert minji.get("/health").text == "ok\nmaintenance\n"
    with pytest.raises(Denied):
        world.zone.registry.may_work("minji", "study")
    assert "No workspace can be started" in minji.page("/projects/study/workspace")
    minji.fill("/language", language="ko", next="/")
    assert "안심구역 점검 중입니다: 장비 작업" in minji.page("/")
    world.zone.registry.end_maintenance(by=CLI, source=Source(None))
    assert "점검 중입니다" not in minji.page("/")
    assert minji.get("/health").text == "ok\n"


def test_what_begins_nothing_goes_on(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.outbox(table=LARGE, later=LARGE)
    workspace = world.workspace_client(world.workspace().ref)
    minji = world.signed_in("minji")
    until = world.clock() + timedelta(hours=2)
    world.zone.registry.begin_maintenance("upgrade", until, by=CLI, source=Source(None))
    assert "table.csv" in minji.page("/projects/study/egress")
    assert "table.csv" in minji.page("/requests/new?project=study")
    assert "Memory" in minji.page("/projects/study/workspace")
    assert "/projects/study/workspace/start" not in minji.page("/projects/study/workspace") + minji.page("/")
    assert minji.fill("/requests/new", 200, **request_form(do="check")).text.count("table.csv") > 1
    kept = minji.fill("/requests/new", 303, **request_form(do="save")).headers["location"]
    refused = minji.fill("/requests/new", 422, **request_form(do="submit", purpose="why it leaves"))
    assert "nothing can be requested now" in refused.text
    assert "why it leaves" in refused.text
    draft = kept.partition("?")[0]
    assert "nothing can be requested now" in minji.fill(f"{draft}/edit", 422, **request_form(do="submit")).text
    assert workspace.get("/workspace/status").status_code == 200
    assert workspace.post("/workspace/precheck", json={"files": ["table.csv"]}).status_code == 200
    words = {"title": "a", "purpose": "p" * 40, "context": "c" * 40, "files": ["later.csv"]}
    assert workspace.post("/workspace/submit", json=words).json()["error"]["code"] == "zone_in_maintenance"
    asked = workspace.post("/workspace/packages", json={"package": "lifelines", "reason": "to model survival"})
    assert asked.json()["error"]["code"] == "zone_in_maintenance"
    minji.fill(f"/requests/{ref}/withdraw", 303)
