from __future__ import annotations

import pytest

from audit.space import Space, Thresholds
from tests.integration.portal.portal_world import World

ENGLISH, KOREAN = "The disk is full: nothing new begins", "디스크가 가득 차 새 작업을 시작하지 않습니다"


def test_staff_read_on_every_page_which_disk_is_full_and_others_need_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = world.zone.log.directory
    operator, officer, researcher = (world.signed_in(handle) for handle in ("taeyang", "jiwoo", "minji"))
    assert ENGLISH not in operator.page("/")
    directory.mkdir(exist_ok=True)
    monkeypatch.setattr(world.zone.log, "space", Space(directory, Thresholds(exhausted_bytes=2**60)))
    for staff, path in ((operator, "/zone"), (officer, "/compliance")):
        page = staff.page(path)
        assert ENGLISH in page
        assert str(directory) in page
    assert ENGLISH not in researcher.page("/")
    operator.fill("/language", language="ko", next="/")
    assert KOREAN in operator.page("/zone")
    directory.rename(directory.with_name("away"))  # a disk that cannot be asked is no reason to answer nothing
    assert KOREAN not in operator.page("/projects")
    directory.with_name("away").rename(directory)
