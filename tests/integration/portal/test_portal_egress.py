from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

from audit.note import parse_vkey
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from registry.model import Role
from tests.integration.portal.portal_world import CLI, HERE, LARGE, SMALL, World, request_form


def test_the_form_lists_what_lies_in_the_outbox_and_says_what_cannot_be_taken(world: World) -> None:
    outbox = world.outbox(table=LARGE)
    (outbox / "link.csv").symlink_to("/etc/passwd")
    # A link of the workspace may have chosen files: those that are there and can be handed in.
    page = world.signed_in("minji").page("/requests/new?project=study&file=table.csv&file=link.csv&file=gone.csv")
    assert 'value="table.csv" checked' in page
    assert 'value="link.csv"' not in page
    assert 'value="gone.csv"' not in page
    assert "not an ordinary file" in page


def test_checking_first_shows_where_and_how_to_fix_and_submits_nothing(world: World) -> None:
    world.outbox(table=SMALL)
    browser = world.signed_in("minji")
    answer = browser.fill("/requests/new", 200, **request_form(do="check"))
    assert "Something needs a fix." in answer.text
    assert "row 2, column 3" in answer.text
    assert "value 4" in answer.text
    assert 'value="table.csv" checked' in answer.text
    assert "Painkillers by sex" in answer.text
    assert len(world.entries("egress.prechecked")) == 1
    assert world.entries("egress.submitted") == []
    world.outbox(table=LARGE)
    assert "All files pass." in browser.fill("/requests/new", 200, **request_form(do="check")).text


def test_a_draft_that_nobody_could_judge_is_refused_on_the_form_which_keeps_its_entries(world: World) -> None:
    world.outbox(table=LARGE)
    browser = world.signed_in("minji")
    answer = browser.fill("/requests/new", 422, **request_form(context="short"))
    assert "at least 20 characters" in answer.text
    assert "Table 2 of a paper" in answer.text
    assert 'value="table.csv" checked' in answer.text
    browser.fill("/requests/new", 422, **request_form(title=""))
    browser.fill("/requests/new", 422, **request_form(files=["../../etc/passwd"]))
    browser.fill("/requests/new", 422, **request_form(files=[]))
    assert world.entries("egress.submitted") == []


def test_a_result_travels_from_the_outbox_to_a_package_that_verifies(world: World) -> None:
    ref = world.submitted(table=LARGE)
    assert "in review" in world.signed_in("minji").page(f"/requests/{ref}")
    world.vote("junho", ref)
    world.vote("seoyeon", ref)
    assert world.zone.desk.release(ref).state is State.RELEASED
    minji = world.signed_in("minji")
    page = minji.page(f"/requests/{ref}")
    assert "Collect the package" in page
    assert "junho" not in page.lower()
    assert "seoyeon" not in page.lower()
    package = minji.fill(f"/requests/{ref}/collect", 200)
    assert package.headers["content-type"] == "application/zip"
    assert "attachment" in package.headers["content-disposition"]
    target = world.zone.settings.home / "collected"
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        archive.extractall(target)
    folder = next(target.rglob("release.json")).parent
    assert verify_package(folder, parse_vkey((world.zone.settings.home / "keys" / "log.vkey").read_text().strip())).ok
    assert len(world.entries("egress.collected")) == 1


def test_nobody_but_the_author_collects(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.vote("junho", ref)
    world.vote("seoyeon", ref)
    world.zone.desk.release(ref)
    for handle in ("junho", "haneul", "jiwoo", "nobody"):
        assert world.signed_in(handle).fill(f"/requests/{ref}/collect", 403)
    assert world.entries("egress.collected") == []


def test_a_member_of_the_project_is_refused_with_the_reason_on_the_page(world: World) -> None:
    ref = world.submitted(table=LARGE)
    haneul = world.signed_in("haneul")
    page = haneul.page(f"/review/{ref}", 403)
    assert "members of a project do not review" in page
    assert "/vote" not in page
    assert ref not in haneul.page("/review")
    haneul.fill(f"/review/{ref}/vote", 403, round="1", confirm=ref[-4:])


def test_the_author_cannot_open_the_review_of_an_own_request(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.zone.registry.remove_member("study", "minji", by=CLI, source=HERE)
    world.zone.registry.grant_role("minji", Role.CHECKER, by=CLI, source=HERE)
    assert "Nobody reviews a request of their own" in world.signed_in("minji").page(f"/review/{ref}", 403)


def test_a_checker_sees_no_trace_of_another_vote_before_voting(world: World) -> None:
    ref = world.submitted(table=LARGE)
    before = without_tickets(world.signed_in("seoyeon").page(f"/review/{ref}"))
    world.vote("junho", ref, comment="I looked at every cell of it.")
    after = without_tickets(world.signed_in("seoyeon").page(f"/review/{ref}"))
    assert before == after
    assert "You decide on your own" in after
    assert "I looked at every cell" in world.signed_in("junho").page(f"/review/{ref}")
    assert "I looked at every cell" not in world.signed_in("minji").page(f"/requests/{ref}")


def without_tickets(page: str) -> str:
    page = re.sub(r"/p/[^\"]+", "", page)
    return re.sub(r"submitted .{1,20} ago", "", page)


def test_an_approval_is_typed_and_complete_or_it_is_none(world: World) -> None:
    ref = world.submitted(table=LARGE)
    junho = world.signed_in("junho")
    names = set(re.findall(r'name="(vote-[0-9a-f]{64})"', junho.page(f"/review/{ref}")))
    votes = dict.fromkeys(names, "approve") | {"unseen": "yes"}
    assert junho.fill(f"/review/{ref}/vote", 422, round="1", confirm="", **votes)
    assert junho.fill(f"/review/{ref}/vote", 422, round="1", confirm=ref[-4:])
    assert junho.fill(f"/review/{ref}/vote", 409, round="7", confirm=ref[-4:], **votes)
    assert junho.fill(f"/review/{ref}/vote", 400, round="x", confirm=ref[-4:], **votes)
    assert junho.fill(f"/review/{ref}/vote", 400, round="1", confirm=ref[-4:], **dict.fromkeys(names, "yes"))
    assert world.entries("egress.voted") == []


def test_a_returned_request_says_why_and_is_handed_in_again_as_a_new_round(world: World) -> None:
    ref = world.submitted(table=SMALL)
    world.signed_in("junho").fill(f"/review/{ref}/decide", decision="return", reason="Merge the age groups please.")
    minji = world.signed_in("minji")
    page = minji.page(f"/requests/{ref}")
    assert "Merge the age groups please." in page
    assert "junho" not in page.lower()
    world.outbox(table=LARGE)
    assert 'value="table.csv" checked' in minji.page(f"/requests/{ref}/edit")
    minji.fill(f"/requests/{ref}/edit", **request_form())
    world.zone.desk.scan(ref)
    assert "round 2" in world.signed_in("junho").page(f"/review/{ref}")
    assert len(world.entries("egress.resubmitted")) == 1


def test_a_decision_takes_a_reason_and_exists(world: World) -> None:
    ref = world.submitted(table=LARGE)
    junho = world.signed_in("junho")
    junho.fill(f"/review/{ref}/decide", 400, decision="return", reason="")
    junho.fill(f"/review/{ref}/decide", 400, decision="burn", reason="Because of this.")
    junho.fill(f"/review/{ref}/decide", 403, decision="reject", reason="I have not voted on it.")


def test_a_request_can_be_withdrawn_by_its_author_alone(world: World) -> None:
    ref = world.submitted(table=LARGE)
    world.signed_in("haneul").fill(f"/requests/{ref}/withdraw", 403)
    world.signed_in("minji").fill(f"/requests/{ref}/withdraw")
    assert "withdrawn" in world.signed_in("minji").page(f"/requests/{ref}")
    assert ref not in world.signed_in("junho").page("/review")


def test_a_request_of_somebody_else_is_nobodys_to_read(world: World) -> None:
    ref = world.submitted(table=LARGE)
    for handle in ("nobody", "taeyang", "sunhee", "haneul"):
        world.signed_in(handle).page(f"/requests/{ref}", 403)
    world.signed_in("minji").page("/requests/er_aaaaaaaaaaaaaaaa", 404)
    world.signed_in("minji").page("/requests/../../etc", 404)


def preview_path(page: str) -> str:
    found = re.search(r'<iframe[^>]* src="http://preview\.ansim\.localhost:8600(/p/[^"]+)"', page)
    assert found, page[-2000:]
    return found[1]


def test_a_preview_shows_data_as_text_on_an_origin_that_can_do_nothing(world: World) -> None:
    ref = world.submitted(table=LARGE.replace("celecoxib,m", "<script>alert(1)</script>,m"))
    path = preview_path(world.signed_in("junho").page(f"/review/{ref}"))
    answer = world.browser(host="preview").get(path, headers={"Sec-Fetch-Site": "same-site"})
    assert answer.status_code == 200
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "x-frame-options" not in answer.headers
    assert [entry.body["actor"]["ref"] for entry in world.entries("egress.viewed")] == [
        world.zone.registry.person("junho").ref
    ]


def test_a_long_table_is_shown_in_full_page_by_page(world: World) -> None:
    rows = "".join(f"g{number},{100 + number}\n" for number in range(4500))
    ref = world.submitted(table="group,n\n" + rows)
    path = preview_path(world.signed_in("junho").page(f"/review/{ref}"))
    preview = world.browser(host="preview")
    shown, address = [], path
    for _ in range(10):
        page = preview.get(address).text
        shown += re.findall(r"<td>(g\d+)</td>", page)
        following = re.search(r'href="(/p/[^"]+)">Next page', page)
        address = following[1] if following else ""
    assert shown == [f"g{number}" for number in range(4500)]
    assert address == ""
    for wrong in ("?page=99999", "?page=x", "?page=-1", "?page=" + "9" * 40, "?at=%3Cscript%3E"):
        assert preview.get(path + wrong).status_code == 200
    assert len(world.entries("egress.viewed")) == 15


def test_a_preview_address_ends_and_bears_no_change_and_is_not_on_the_portals_origin(world: World) -> None:
    ref = world.submitted(table=LARGE)
    path = preview_path(world.signed_in("junho").page(f"/review/{ref}"))
    preview = world.browser(host="preview")
    assert preview.get(path[:-2]).status_code == 403
    assert preview.get("/p/x").status_code == 403
    assert preview.get("/").status_code == 404
    assert preview.get("/requests").status_code == 404
    assert world.browser().get(path).status_code == 404
    world.clock.ahead += timedelta(minutes=5, seconds=1)
    assert preview.get(path).status_code == 403
    assert world.entries("egress.viewed") == []


def test_what_the_viewer_may_see_is_asked_anew_at_each_preview(world: World) -> None:
    ref = world.submitted(table=LARGE)
    path = preview_path(world.signed_in("junho").page(f"/review/{ref}"))
    world.zone.registry.suspend("junho", by=CLI, source=HERE)
    assert world.browser(host="preview").get(path).status_code == 403
    assert world.entries("egress.viewed") == []


def test_titles_and_names_that_look_like_markup_are_shown_as_text(world: World) -> None:
    world.outbox(table=LARGE)
    minji = world.signed_in("minji")
    evil = '"><script>alert(1)</script>{{ 7*7 }}%(num)d'
    ref = minji.fill("/requests/new", **request_form(title=evil)).headers["location"].rsplit("/", 1)[1]
    world.zone.desk.scan(ref)
    for page in (minji.page(f"/requests/{ref}"), minji.page("/requests"), world.signed_in("junho").page("/review")):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "49" not in re.sub(r"[0-9a-f]{12,}|\d+:\d+|er_\w+", "", page).split("alert(1)")[1][:40]
