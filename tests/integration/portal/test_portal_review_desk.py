"""The reviewer's desk: what was shown is known, a vote without it says so, and nothing on the screen runs or leaks."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from audit.event import Actor, Event, Object, Subjects
from egress_review.model import Choice
from egress_review.reading import MOST_COLLECTIONS
from egress_review.verify_package import verify_package
from registry.model import Role
from tests.integration.portal.portal_world import CLI, HERE, LARGE, SMALL, Browser, World, request_form

LONG = "group,n\n" + "".join(f"g{number},{100 + number}\n" for number in range(1200))
EVIL = "<script>alert(1)</script>"


def frame(page: str) -> str:
    found = re.search(r'<iframe[^>]* src="http://preview\.ansim\.localhost:8600(/p/[^"]+)"', page)
    assert found, page[-2000:]
    return found[1].replace("&amp;", "&")


def turn(world: World, browser: Browser, ref: str, pages: int) -> None:
    """Turn so many pages of the first file, as a person does."""
    preview, address = world.browser(host="preview"), frame(browser.page(f"/review/{ref}"))
    for _ in range(pages):
        page = preview.get(address).text
        following = re.search(r'href="(/p/[^"]+)">Next page', page)
        address = following[1] if following else ""


def ballot(ref: str, page: str, **fields: str) -> dict[str, str]:
    names = re.findall(r'name="(vote-[0-9a-f]{64})"', page)
    return {"round": "1", "confirm": ref[-4:], "comment": ""} | dict.fromkeys(names, "approve") | fields


def test_a_vote_by_direct_post_without_looking_is_refused_or_recorded_as_unseen(world: World) -> None:
    ref = world.submitted(table=LONG)
    junho = world.signed_in("junho")
    page = junho.page(f"/review/{ref}")
    assert "you were not shown page 1-3 of 3" in page
    refused = junho.fill(f"/review/{ref}/vote", 422, **ballot(ref, page))
    assert "You were not shown every page (table.csv: 1-3)" in refused.text
    junho.fill(f"/review/{ref}/vote", **ballot(ref, page, unseen="yes"))
    (voted,) = world.entries("egress.voted")
    assert list(voted.body["detail"]["unseen"].values()) == ["1-3"]
    assert "without having been shown page 1-3 of 3" in junho.page(f"/review/{ref}")


def test_only_pages_that_this_very_person_was_served_in_this_round_count(world: World) -> None:
    ref = world.submitted(table=LONG)
    junho, seoyeon = world.signed_in("junho"), world.signed_in("seoyeon")
    turn(world, junho, ref, 2)
    assert "you were not shown page 3 of 3" in junho.page(f"/review/{ref}")
    assert "you were not shown page 1-3 of 3" in seoyeon.page(f"/review/{ref}")
    turn(world, junho, ref, 3)
    page = junho.page(f"/review/{ref}")
    assert "you were shown all 3 pages" in page
    assert "unseen" not in page
    junho.fill(f"/review/{ref}/vote", **ballot(ref, page))
    assert "unseen" not in world.entries("egress.voted")[0].body["detail"]


def test_the_release_record_the_cover_and_the_crate_say_what_was_not_shown(world: World) -> None:
    ref = world.submitted(table=LONG)
    world.vote("junho", ref)
    turn(world, world.signed_in("seoyeon"), ref, 3)
    world.vote("seoyeon", ref)
    world.zone.desk.release(ref)
    directory = world.zone.desk.package_of(ref)
    votes = json.loads((directory / "release.json").read_text(encoding="utf-8"))["votes"]
    assert [[one["unseen"] for one in vote["shown"].values()] for vote in votes] == [["1-3"], [""]]
    crate = json.loads((directory / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    by_id = {entity["@id"]: entity for entity in crate["@graph"]}
    assert by_id["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert {"files/table.csv", "release.json", "cover.pdf"} <= {part["@id"] for part in by_id["./"]["hasPart"]}
    assert all(part["@id"] in by_id for part in by_id["./"]["hasPart"])
    assert (directory / "cover.pdf").read_bytes().startswith(b"%PDF-")
    trusted = world.zone.log._keys.trusted(world.zone.log.origin)
    assert verify_package(directory, trusted).ok
    for name in ("cover.pdf", "ro-crate-metadata.json"):
        spoil(directory / name)
        assert verify_package(directory, trusted).file == name
        spoil(directory / name)


def spoil(path: Path) -> None:
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_a_ticket_is_renewed_by_turning_pages_and_ends_all_the_same(world: World) -> None:
    ref = world.submitted(table=LONG)
    preview, address = world.browser(host="preview"), frame(world.signed_in("junho").page(f"/review/{ref}"))
    first = address
    for _ in range(2):
        page = preview.get(address).text
        world.clock.ahead += timedelta(minutes=4)
        address = re.search(r'href="(/p/[^"]+)">Next page', page)[1]  # type: ignore[index]
    assert preview.get(address).status_code == 200
    assert preview.get(first).status_code == 403
    for _ in range(40):
        answer = preview.get(address)
        if answer.status_code == 403:
            return
        address = re.search(r'href="(/p/[^"]+)">← Page before', answer.text)[1]  # type: ignore[index]
        address = address.rsplit("=", 1)[0] + "=3"
        world.clock.ahead += timedelta(minutes=4)
    pytest.fail("a chain of tickets has no end")


def test_a_finding_leads_to_its_cell_on_the_page_where_it_stands(world: World) -> None:
    ref = world.submitted(table=LONG.replace("g900,1000", "g900,4"))
    junho = world.signed_in("junho")
    address = r'href="[^"?]*(\?file=[0-9a-f]{64}&(?:amp;)?page=2&(?:amp;)?at=1\.902\.2#preview)"'
    link = re.search(address, junho.page(f"/review/{ref}"))
    assert link, "the finding in row 902 is not linked"
    address = frame(junho.page(f"/review/{ref}{link[1].replace('&amp;', '&')}"))
    assert address.endswith("?page=2&at=1.902.2#c1.902.2")
    shown = world.browser(host="preview").get(address).text
    cell = re.search(r'<td id="c1\.902\.2" class="found here">4(.*?)</td>', shown)
    assert cell
    assert "must be fixed" in cell[1]


def test_the_screen_shows_what_changed_since_the_last_version_and_both_looks_are_recorded(world: World) -> None:
    ref = world.submitted(table=SMALL)
    junho = world.signed_in("junho")
    junho.fill(f"/review/{ref}/decide", decision="return", reason="", preset="low_counts")
    minji = world.signed_in("minji")
    assert "There are counts below the threshold." in minji.page(f"/requests/{ref}")
    world.outbox(table=LARGE)
    minji.fill(f"/requests/{ref}/edit", **request_form())
    world.zone.desk.scan(ref)
    link = re.search(r'href="[^"?]*(\?file=[^"]+against=[^"]+)"', junho.page(f"/review/{ref}"))
    assert link
    shown = world.browser(host="preview").get(frame(junho.page(f"/review/{ref}{link[1].replace('&amp;', '&')}")))
    assert "celecoxib" in shown.text
    assert "added" in shown.text
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert len({entry.body["object"]["sha256"] for entry in world.entries("egress.viewed")}) == 2


def test_nobody_compares_with_a_file_of_another_project_or_of_a_blocked_request(world: World) -> None:
    ref = world.submitted(table=LARGE)
    desk, junho = world.zone.desk, world.zone.registry.person("junho")
    browser = world.signed_in("junho")
    sha256 = desk.view(junho, ref).request.files[0].sha256
    page = browser.page(f"/review/{ref}?file={sha256}&against=er_aaaaaaaaaaaaaaaa/1/{'a' * 64}")
    assert "What changed:" not in page


def test_the_code_behind_a_result_takes_a_reason_and_shows_the_cells_that_name_the_file_first(world: World) -> None:
    minji = world.zone.registry.person("minji")
    for code in (f"df.to_csv('/outbox/table.csv')  # {EVIL}", "1 + 1"):
        name = world.zone.cells.put(code.encode(), minji.ref)
        place, actor = Object("workspace", world.workspace().ref, "study"), Actor.person(minji.ref)
        world.zone.log.record(Event("cell.sent", actor, place, Subjects.none(), HERE, detail={"code": name}))
    ref = world.submitted(table=LARGE)
    junho = world.signed_in("junho")
    junho.fill(f"/review/{ref}/code", 400, reason="")
    junho.fill(f"/review/{ref}/code", 422, reason="hm")
    assert world.entries("egress.code_read") == []
    page = junho.fill(f"/review/{ref}/code", 200, reason="where the counts come from").text
    assert page.index("to_csv") < page.index("1 + 1")
    assert EVIL not in page
    assert len(world.entries("egress.code_read")) == 1
    for handle in ("minji", "haneul", "jiwoo", "taeyang"):
        assert world.signed_in(handle).post(
            f"/review/{ref}/code", data={"reason": "curious"}, follow_redirects=False
        ).status_code == 403  # fmt: skip


def test_the_queue_is_filtered_and_an_assignment_names_nobody_to_colleagues(world: World) -> None:
    ref = world.submitted(table=LARGE)
    junho, seoyeon = world.signed_in("junho"), world.signed_in("seoyeon")
    junho.fill(f"/review/{ref}/take", next="queue")
    junho.fill(f"/review/{ref}/take")
    assert len(world.entries("egress.taken")) == 1
    for mine, hers in (("mine", "free"), ("", ""), ("todo", "todo")):
        assert (ref in junho.page(f"/review?whose={mine}")) == (ref in seoyeon.page("/review"))
        assert (ref in seoyeon.page(f"/review?whose={hers}")) == (hers != "free")
    page = seoyeon.page("/review")
    assert "1 other" in page
    assert "junho" not in page.lower()
    assert ref not in junho.page("/review?age=7")
    assert ref not in junho.page("/review?project=other&state=in_review")
    assert ref in junho.page("/review?state=nonsense&page=x&due=y&age=z")
    world.clock.ahead += timedelta(days=30)
    assert ref in world.signed_in("junho").page("/review?age=7")
    junho = world.signed_in("junho")
    junho.fill(f"/review/{ref}/give-back")
    assert len(world.entries("egress.given_back")) == 1
    world.vote("junho", ref)
    assert "taken by" not in world.signed_in("seoyeon").page(f"/review/{ref}")


def test_the_officer_sees_how_fast_an_approval_came_and_checkers_see_no_names(world: World) -> None:
    ref = world.submitted(table=LONG)
    assert "Nothing in this time." in world.signed_in("junho").page("/review-figures")
    world.vote("junho", ref)
    assert "nothing shown" not in world.signed_in("jiwoo").page("/review-figures"), "the round is still open"
    world.vote("seoyeon", ref)
    page = world.signed_in("jiwoo").page("/review-figures")
    assert "How fast approvals came" in page
    assert "nothing shown" in page
    assert "junho" in page
    mine = world.signed_in("junho").page("/review-figures?days=90")
    assert "How fast approvals came" not in mine
    assert "junho" not in mine.partition("</header>")[2].lower()
    assert "seoyeon" not in mine.lower()
    world.signed_in("minji").page("/review-figures", 403)


def test_names_cells_and_remarks_that_look_like_markup_are_text_everywhere(world: World) -> None:
    evil = {f"t{EVIL.replace('/', '')}": LARGE.replace("celecoxib,m", f"{EVIL},m")}
    world.outbox(**evil)
    names = [f"{name}.csv" for name in evil]
    answer = world.signed_in("minji").fill("/requests/new", **request_form(files=names, title=EVIL, context=EVIL * 3))
    ref = answer.headers["location"].rsplit("/", 1)[1]
    world.zone.desk.scan(ref)
    junho = world.signed_in("junho")
    junho.fill(f"/review/{ref}/remark", remark=EVIL, visibility="all")
    sha256 = re.search(r"vote-([0-9a-f]{64})", junho.page(f"/review/{ref}"))[1]  # type: ignore[index]
    for query in ("", f'?file={sha256}&page="><script>&at="><script>', "?file=<script>", "?against=<script>"):
        page = junho.page(f"/review/{ref}{query}")
        assert "<script" not in page
        if "<iframe" in page:
            assert "<script" not in world.browser(host="preview").get(frame(page)).text
    for path in ("/review", "/review?project=<script>", "/review-figures", "/"):
        assert "<script" not in junho.page(path)
    # What was shared with the author is read when the turn has ended, beside the reason for its end.
    junho.fill(f"/review/{ref}/decide", decision="return", reason=EVIL)
    told = world.signed_in("minji").page(f"/requests/{ref}")
    assert ("<script" in told, "&lt;script&gt;alert(1)" in told) == (False, True)


def test_a_package_is_collected_so_often_and_no_more_and_the_zone_counts(world: World) -> None:
    ref = world.submitted(table=LARGE)
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk.release(ref)
    minji = world.signed_in("minji")
    for _ in range(MOST_COLLECTIONS):
        minji.fill(f"/requests/{ref}/collect", 200, count="0", downloads="0")
    minji.fill(f"/requests/{ref}/collect", 409, count="0")
    times = [entry.body["detail"]["time"] for entry in world.entries("egress.collected")]
    assert sorted(times) == list(range(1, MOST_COLLECTIONS + 1))


def test_whoever_may_not_review_reaches_none_of_the_desk(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.zone.registry.add_member(
        "study", "seoyeon", Role.RESEARCHER, world.clock(), world.clock() + timedelta(days=1), by=CLI, source=HERE
    )
    browser = world.signed_in("seoyeon")
    for step, fields in {
        "take": {},
        "give-back": {},
        "remark": {"remark": "hello"},
        "code": {"reason": "to see it"},
        "recuse": {"reason": "I am in it"},
        "vote": {"round": "1", "confirm": ref[-4:]},
        "decide": {"decision": "return", "reason": "no reason at all"},
    }.items():
        status = browser.post(f"/review/{ref}/{step}", data=fields, follow_redirects=False).status_code
        assert status == 403 or (step == "recuse" and status == 303), step
    assert browser.get(f"/review/{ref}").status_code == 403
    desk, person = world.zone.desk, world.zone.registry.person("seoyeon")
    assert desk.waiting(person) == ()
    assert Choice.APPROVE not in {
        c for view in desk.requests_of(person) for r in view.reviews for c in r.votes.values()
    }
