"""Every use case of packages that changes something, done once: at the desk, in the browser, on the command line."""

from __future__ import annotations

from pathlib import Path

from portal.package_desk import packages_of
from registry.desk import CLI
from registry.packages.desk import PackageDesk
from registry.packages.model import State
from tests.integration.house import house_audit_commands, house_officer_forms
from tests.integration.house.house_commands import LOOKS, Shell
from tests.integration.house.house_people import at_work
from tests.integration.house.house_uses import Act, Uses
from tests.integration.packages.wheel_maker import lock_of, make_wheel, put_on_shelf
from tests.integration.portal.portal_world import HERE, World

WHY = "Survival curves"
DESK: Uses[World] = Uses()
FORMS = house_officer_forms.USES
COMMANDS = house_audit_commands.USES
COMMANDS.silent.update(
    {
        "packages list": LOOKS,
        "packages requests": LOOKS,
        "packages fetch": "fills a folder with public files, without a zone",
    }
)


def asked(world: World) -> tuple[PackageDesk, str]:
    desk = packages_of(world.zone)
    return desk, desk.ask(world.zone.registry.person("minji"), "study", "lifelines", WHY, source=HERE).ref


def shelf(world: World) -> PackageDesk:
    desk, folder = packages_of(world.zone), world.zone.settings.home
    put_on_shelf(desk.shelf, [make_wheel(folder, "lifelines")])
    return desk


@DESK.exercise("PackageDesk.ask", "package.asked")
def ask(world: World) -> Act:
    return lambda: asked(world)


@DESK.exercise("PackageDesk.decide", "package.approved")
def decide(world: World) -> Act:
    desk, ref = asked(world)
    return lambda: desk.decide(ref, State.APPROVED, by=CLI, source=HERE)


@DESK.exercise("PackageDesk.allow", "package.approved")
def allow(world: World) -> Act:
    return lambda: packages_of(world.zone).allow("study", "lifelines", by=CLI, source=HERE)


@DESK.exercise("PackageDesk.revoke", "package.revoked")
def revoke(world: World) -> Act:
    desk, ref = asked(world)
    desk.decide(ref, State.APPROVED, by=CLI, source=HERE)
    return lambda: desk.revoke(ref, by=CLI, source=HERE)


@DESK.exercise("PackageDesk.record_taken", "package.taken")
def record_taken(world: World) -> Act:
    desk, person = shelf(world), world.zone.registry.person("minji")
    (wheel,), workspace = desk.shelf.wheels(), world.workspace()
    return lambda: desk.record_taken(person, workspace, wheel, "0" * 64, source=HERE)


@DESK.exercise("PackageDesk.record_missed", "package.missed")
def record_missed(world: World) -> Act:
    person, workspace = world.zone.registry.person("minji"), world.workspace()
    return lambda: packages_of(world.zone).record_missed(person, workspace, "lifelines", source=HERE)


@DESK.exercise("PackageDesk.shelve", "package.shelved")
def shelve(world: World) -> Act:
    desk = shelf(world)
    return lambda: desk.shelve(list(desk.shelf.wheels()), by=CLI, source=HERE)


@DESK.exercise("PackageDesk.unshelve", "package.unshelved")
def unshelve(world: World) -> Act:
    desk = shelf(world)
    return lambda: desk.unshelve("lifelines", by=CLI, source=HERE)


@FORMS.exercise("/packages", "package.asked")
def ask_form(world: World) -> Act:
    browser = world.signed_in("minji")
    return lambda: browser.fill("/packages", project="study", package="lifelines", reason=WHY)


@FORMS.exercise("/packages/{ref}/decide", "package.refused")
def decide_form(world: World) -> Act:
    ref, browser = asked(world)[1], world.signed_in("taeyang")
    return lambda: browser.fill(f"/packages/{ref}/decide", decision="refuse", answer="use the image's")


def asked_in(shell: Shell) -> str:
    at_work(shell.zone)
    (member, *_) = shell.zone.registry.members("study")
    person = shell.zone.registry.person_by_ref(member.person_ref)
    return shell.zone.packages.ask(person, "study", "lifelines", WHY, source=HERE).ref


def carried(shell: Shell) -> Path:
    folder = shell.scratch / "carried"
    folder.mkdir()
    (folder / "requirements.lock").write_text(lock_of([make_wheel(folder, "lifelines")]))
    return folder


@COMMANDS.exercise("packages add", "package.shelved")
def add_command(shell: Shell) -> Act:
    folder = carried(shell)
    return lambda: shell.run("packages add --json --from", str(folder))


@COMMANDS.exercise("packages remove", "package.unshelved")
def remove_command(shell: Shell) -> Act:
    shell.run("packages add --json --from", str(carried(shell)))
    return lambda: shell.run("packages remove lifelines")


@COMMANDS.exercise("packages allow", "package.approved")
def allow_command(shell: Shell) -> Act:
    at_work(shell.zone)
    return lambda: shell.run("packages allow study lifelines")


@COMMANDS.exercise("packages approve", "package.approved")
def approve_command(shell: Shell) -> Act:
    ref = asked_in(shell)
    return lambda: shell.run(f"packages approve {ref}")


@COMMANDS.exercise("packages refuse", "package.refused")
def refuse_command(shell: Shell) -> Act:
    ref = asked_in(shell)
    return lambda: shell.run(f"packages refuse {ref} --note no")


@COMMANDS.exercise("packages revoke", "package.revoked")
def revoke_command(shell: Shell) -> Act:
    ref = asked_in(shell)
    shell.run(f"packages approve {ref}")
    return lambda: shell.run(f"packages revoke {ref}")
