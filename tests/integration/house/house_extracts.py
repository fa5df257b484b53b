"""Every use case of the desk of extracts, and its forms, commands and duty, done once."""

from __future__ import annotations

from datetime import timedelta

from audit.event import Source
from deid.records.desk import Acting
from deid.records.model import Extract, Verdict
from deid.records.order import load_order
from deid.records.rules import CHECKLIST
from hub_config.zone import Zone
from portal.extract_desk import desk_of
from registry.desk import CLI, as_actor
from registry.model import Role
from tests.integration.extracts.extract_world import ORDER, POLICY, RAW, World
from tests.integration.extracts.synthetic_world import POLICY as SYNTHETIC
from tests.integration.extracts.synthetic_world import draft as synthetic_draft
from tests.integration.extracts.synthetic_world import source, synthetic
from tests.integration.house import house_commands, house_duties, house_portal
from tests.integration.house.house_commands import Shell
from tests.integration.house.house_duties import Office
from tests.integration.house.house_people import HERE, join, project
from tests.integration.house.house_uses import Act, Uses
from tests.integration.portal.portal_extracts import portal_extract
from tests.integration.portal.portal_synthetic import asked_job, synthetic_form
from tests.integration.portal.portal_world import World as Portal

USES: Uses[World] = Uses()
MADE = "each table of an extract is announced and reported by the engine; the run is the last entry"
ADMITTED = "the extract becomes mountable and the version is registered in one transaction"
ENDING = (
    "extract.destroyed?",
    "deid.key_use_ended",
    "deid.key_destroyed?",
    "deid.key_destroyed",
    "extract.destroyed",
)
DESTROYED = "files and keys are outside the database: the destruction is announced, the key's own end is an entry"
REASON = "기준을 모두 지켰습니다."


@USES.exercise("ExtractDesk.draft", "extract.drafted")
def draft(world: World) -> Act:
    order = world.order()
    return lambda: world.desk.draft(order.draft, by=world.by("nari"))


@USES.exercise("ExtractDesk.process", "deid.extract?", "deid.extract", "extract.processed", why=MADE)
def process(world: World) -> Act:
    order = world.order()
    ref = world.desk.draft(order.draft, by=world.by("nari")).ref
    return lambda: world.desk.process(ref, order, by=world.by("nari"))


@USES.exercise("ExtractDesk.submit", "extract.submitted")
def submit(world: World) -> Act:
    ref = world.processed().ref
    return lambda: world.desk.submit(ref, by=world.by("nari"))


@USES.exercise("ExtractDesk.review", "extract.reviewed")
def review(world: World) -> Act:
    extract = world.in_review()
    return lambda: world.review(extract)


@USES.exercise("ExtractDesk.register", "extract.admitted", "dataset.registered", why=ADMITTED)
def register(world: World) -> Act:
    ref = world.adequate().ref
    return lambda: world.desk.register(ref, by=world.by("sunhee"))


@USES.exercise("ExtractDesk.expire", "extract.expired")
def expire(world: World) -> Act:
    world.now[0] = world.mountable().draft.ends_at
    return world.desk.expire


@USES.exercise("ExtractDesk.destroy", *ENDING, why=DESTROYED)
def destroy(world: World) -> Act:
    ref = world.mountable().ref
    return lambda: world.desk.destroy(ref, "연구가 끝났습니다.", by=world.by("sunhee"))


@USES.exercise("ExtractDesk.forget", "extract.record_removed")
def forget(world: World) -> Act:
    ref = world.mountable().ref
    world.desk.destroy(ref, "연구가 끝났습니다.", by=world.by("sunhee"))
    world.now[0] = world.now[0].replace(year=world.now[0].year + 3)
    return lambda: world.desk.forget(3)


@USES.exercise("ExtractDesk.ask_synthetic", "extract.synthetic_asked")
def ask_synthetic(world: World) -> Act:
    ref = world.desk.draft(synthetic_draft(world), by=world.by("nari")).ref
    return lambda: world.desk.ask_synthetic(ref, SYNTHETIC, {"people": source(world)}, by=world.by("nari"))


@USES.exercise("ExtractDesk.cancel_synthetic", "extract.synthetic_cancelled")
def cancel_synthetic(world: World) -> Act:
    ref = world.desk.draft(synthetic_draft(world), by=world.by("nari")).ref
    job = world.desk.ask_synthetic(ref, SYNTHETIC, {"people": source(world)}, by=world.by("nari")).ref
    return lambda: world.desk.cancel_synthetic(job, by=world.by("nari"))


@USES.exercise("ExtractDesk.make_synthetic_job", "deid.synthetic?", "deid.synthetic", "extract.processed", why=MADE)
def make_synthetic_job(world: World) -> Act:
    ref = world.desk.draft(synthetic_draft(world), by=world.by("nari")).ref
    job = world.desk.ask_synthetic(ref, SYNTHETIC, {"people": source(world)}, by=world.by("nari")).ref
    return lambda: world.desk.make_synthetic_job(job, by=world.by("nari"), progress=lambda *_: None)


MODEL = "engine: marginals\nsave_model: true\n"


@USES.exercise("ExtractDesk.draw_again", "deid.synthetic?", "deid.synthetic", why=MADE)
def draw_again(world: World) -> Act:
    kept = SYNTHETIC.replace("engine: marginals\n", MODEL).replace("  who: {kind: name}\n", "")
    ref = world.review(world.desk.submit(synthetic(world, kept).ref, by=world.by("nari"))).ref
    return lambda: world.desk.draw_again(ref, world.home / "more.parquet", 100, by=world.by("nari"))


PROGRESS = "how far work has come that was recorded when it was asked for, and is recorded when it ends"
USES.silent |= dict.fromkeys(
    ("ExtractDesk.begin_synthetic", "ExtractDesk.tell_synthetic", "ExtractDesk.end_synthetic"), PROGRESS
)
USES.silent["ExtractDesk.why_not"] = "says whether somebody may review; the transaction only holds others off"


def in_zone(shell: Shell) -> None:
    """A project, the two people of an extract, and an order that lies ready."""
    project(shell.zone, days=60)
    for handle, role in (("nari", Role.DEID_OPERATOR), ("dohyun", Role.ADEQUACY_REVIEWER)):
        join(shell.zone, handle, role)
    place = shell.scratch / "orders"
    place.mkdir()
    ends = shell.zone.registry.project("study").ends_at + timedelta(days=1)
    for name, text in (("people.yaml", POLICY), ("people.csv", RAW), ("extract.yaml", ORDER)):
        mine = text.replace("project: cardio", "project: study").replace("ends: 2026-12-31", f"ends: {ends:%Y-%m-%d}")
        (place / name).write_text(mine, encoding="utf-8")


def made(shell: Shell, *, reviewed: bool = False) -> Extract:
    """An extract in the zone, in review or found adequate."""
    in_zone(shell)
    desk, nari = shell.zone.extracts, acting(shell, "nari")
    order = load_order(shell.scratch / "orders" / "extract.yaml")
    extract = desk.process(desk.draft(order.draft, by=nari).ref, order, by=nari)
    return judged(desk.submit(extract.ref, by=nari), shell) if reviewed else extract


def judged(extract: Extract, shell: Shell) -> Extract:
    assert extract.run is not None
    binding, by = extract.run.binding, acting(shell, "dohyun")
    return shell.zone.extracts.review(
        extract.ref, Verdict.ADEQUATE, binding=binding, reason=REASON, checked=CHECKLIST, by=by
    )


def acting(shell: Shell | Office, handle: str) -> Acting:
    actor = as_actor(shell.zone.registry.person(handle))
    return Acting(actor, actor.ref, HERE)


COMMANDS = house_commands.USES
COMMANDS.silent.update(
    {
        "extract list": house_commands.LOOKS,
        "extract show": house_commands.LOOKS,
        "extract notice": "the text for a privacy policy, for whoever is root on the machine; no value of the data",
        "extract record": "the forms of an extract, for whoever is root on the machine; no value of the data",
    }
)
COMMANDS.elsewhere["extract draw"] = ("integration/extracts/test_synthetic_models.py", '"deid.synthetic", "ok"')
COMMANDS.elsewhere["extract review"] = ("integration/extracts/test_extract_cli.py", '"extract.reviewed"')


@COMMANDS.exercise("extract make", "extract.drafted", "deid.extract?", "deid.extract", "extract.processed", why=MADE)
def make_typed(shell: Shell) -> Act:
    in_zone(shell)
    order = str(shell.scratch / "orders" / "extract.yaml")
    return lambda: shell.run("extract make", order, "--by", "nari")


@COMMANDS.exercise("extract submit", "extract.submitted")
def submit_typed(shell: Shell) -> Act:
    ref = made(shell).ref
    return lambda: shell.run(f"extract submit {ref} --by nari")


@COMMANDS.exercise("extract register", "extract.admitted", "dataset.registered", why=ADMITTED)
def register_typed(shell: Shell) -> Act:
    ref = made(shell, reviewed=True).ref
    return lambda: shell.run(f"extract register {ref}")


@COMMANDS.exercise("extract destroy", *ENDING, why=DESTROYED)
def destroy_typed(shell: Shell) -> Act:
    ref = made(shell).ref
    return lambda: shell.run(f"extract destroy {ref} --confirm {ref} --reason", "연구가 끝났습니다.")


DUTIES = house_duties.USES


@DUTIES.exercise("extracts", "extract.expired")
def expire_by_worker(office: Office) -> Act:
    shell = Shell(office.zone, office.zone.home, office.patch)
    extract = made(shell, reviewed=True)
    desk = desk_of(office.zone)
    desk.register(extract.ref, by=Acting(CLI, CLI.ref, Source(None)))
    later = property(lambda zone: desk_of(zone, lambda: extract.draft.ends_at))
    office.patch.setattr(Zone, "extracts", later)
    return office.duty("extracts")


FORMS = house_portal.USES


@FORMS.exercise("/extracts/{ref}/submit", "extract.submitted")
def submit_form(world: Portal) -> Act:
    ref = portal_extract(world, until="processed").ref
    browser = world.signed_in("nari")
    return lambda: browser.fill(f"/extracts/{ref}/submit")


@FORMS.exercise("/extracts/{ref}/review", "extract.reviewed")
def review_form(world: Portal) -> Act:
    extract = portal_extract(world, until="in_review")
    browser = world.signed_in("dohyun")
    assert extract.run is not None
    form = {
        "binding": extract.run.binding,
        "verdict": "adequate",
        "reason": REASON,
        "checked": list(CHECKLIST),
        "confirm": extract.ref[-4:],
    }
    return lambda: browser.fill(f"/extracts/{extract.ref}/review", **form)


@FORMS.exercise("/extracts/{ref}/register", "extract.admitted", "dataset.registered", why=ADMITTED)
def register_form(world: Portal) -> Act:
    ref = portal_extract(world, until="adequate").ref
    browser = world.signed_in("sunhee")
    return lambda: browser.fill(f"/extracts/{ref}/register")


@FORMS.exercise("/synthetic/new", "extract.drafted", "extract.synthetic_asked", why="the order, and the work on it")
def ask_form(world: Portal) -> Act:
    browser, form = world.signed_in("nari"), synthetic_form(world)
    return lambda: browser.fill("/synthetic/new", **form)


@FORMS.exercise("/synthetic/{ref}/again", "extract.synthetic_asked")
def ask_again_form(world: Portal) -> Act:
    browser, job = asked_job(world)
    browser.fill(f"/synthetic/{job}/cancel")
    form = {name: synthetic_form(world)[name] for name in ("name", "terms", "engine")}
    return lambda: browser.fill(f"/synthetic/{job}/again", **form)


@FORMS.exercise("/synthetic/{ref}/cancel", "extract.synthetic_cancelled")
def cancel_form(world: Portal) -> Act:
    browser, job = asked_job(world)
    return lambda: browser.fill(f"/synthetic/{job}/cancel")


DUTIES.elsewhere["synthetic"] = ("integration/hub_config/test_synthetic_making.py", '"extract.processed"')
