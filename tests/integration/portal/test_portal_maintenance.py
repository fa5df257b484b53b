"""Maintenance in the portal: everybody reads why and until when, and nothing new is asked for."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from audit.event import Source
from registry.desk import CLI
from registry.errors import Denied
from registry.model import Role
from tests.integration.portal.portal_world import PEOPLE, World

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
