"""Every command of `ansim` that changes something or reads the record, typed once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from audit.event import Source
from hub_config.cli import GROUPS, Context, parser
from hub_config.zone import Zone
from hub_config.zone_events import record_start, record_stop
from registry import commands as registry_commands
from registry.desk import CLI, as_actor
from registry.model import Role
from tests.integration.house.house_people import OUTSIDE, PASSWORD, at_work, dataset, granted, join, project
from tests.integration.house.house_uses import Act, Uses

LOOKS = "shows what the zone is set to or how it stands; nothing of the record"
REQUESTS = "states of requests, for whoever is root on the machine; files are shown by the portal only"
BACKUPS = "integration/hub_config/test_backup.py"
NO_ZONE = "works on files that it is given, without a zone"


@dataclass(frozen=True, slots=True)
class Shell:
    """A command line at a zone."""

    zone: Zone
    scratch: Path
    patch: pytest.MonkeyPatch

    def run(self, line: str, *more: str, code: int = 0) -> None:
        """Type a command."""
        options = parser(GROUPS).parse_args([*line.split(), *more])
        context = Context(home=self.zone.home, json=True, _zone=self.zone)
        assert options.func(options, context) == code


USES: Uses[Shell] = Uses(
    silent={
        "backup init": "makes an empty place for backups and its password; a backup itself is recorded",
        "backup list": LOOKS,
        "bundle make": "packs the program and what it needs; nothing of a zone",
        "bundle verify": NO_ZONE,
        "demo code": "a code of a demo account, in a zone without real data",
        "egress canary list": LOOKS,
        "egress check": NO_ZONE,
        "egress clean": NO_ZONE,
        "egress fingerprints list": LOOKS,
        "egress interest list": LOOKS,
        "egress list": REQUESTS,
        "egress rechecks": REQUESTS,
        "egress policy show": LOOKS,
        "egress show": REQUESTS,
        "egress verify": REQUESTS,
        "egress verify-package": NO_ZONE,
        "maintenance status": LOOKS,
        "project frozen": LOOKS,
        "registry dataset list": LOOKS,
        "registry dataset show": LOOKS,
        "registry grant list": LOOKS,
        "registry member list": LOOKS,
        "registry person list": LOOKS,
        "registry person identities": LOOKS,
        "registry project list": LOOKS,
        "registry service list": LOOKS,
        "registry service scopes": LOOKS,
        "sbom": NO_ZONE,
        "status": LOOKS,
        "support-bundle": "how the zone stands, in a file, without anything of the record",
        "mail status": "how many mails wait or went; nothing of the record",
        "mail test": "a mail without anything of the record, to somebody whom root on the machine names",
    },
    elsewhere={
        "units": ("integration/hub_config/test_mending.py", '"unit_started"'),
        "doctor": ("integration/hub_config/test_mending.py", '"zone.mended"'),
        "probe": ("functional/test_probe.py", '"zone.probed"'),
        "backup now": (BACKUPS, '"zone.backed_up"'),
        "backup check": (BACKUPS, '"zone.backup_checked"'),
        "restore": (BACKUPS, '"zone.restored"'),
        "egress allow-collections": (
            "integration/egress_review/test_egress_collections.py",
            '"egress.collections_allowed"',
        ),
        "egress replay": ("integration/egress_review/test_egress_policy_commands.py", '"egress.replayed"'),
        "homes encrypt": ("integration/home_helper/test_home_moving.py", '"workspace.home_encrypted"'),
    },
)
PERSON = ("--name", "김민지", "--email", "minji@x.org")
TITLES = ("--title-ko", "과제", "--title-en", "Study", "--purpose", "목적")
TREATED = ("--treated-outside", OUTSIDE)
DATA = ("--title-ko", "자료", "--title-en", "Data", "--owner", "병원", "--people", "10", "--sensitive", *TREATED)


@USES.exercise(
    "up",
    "zone.setup",
    "policy.loaded",
    "zone.started",
    why="the first start also records that the zone was set up and how long it keeps its record",
)
def up(shell: Shell) -> Act:
    return lambda: record_start(shell.zone)


@USES.exercise("down", "zone.stopped")
def down(shell: Shell) -> Act:
    return lambda: record_stop(shell.zone)


@USES.exercise("registry person add", "person.invited")
def person_add(shell: Shell) -> Act:
    return lambda: shell.run("registry person add minji", *PERSON)


@USES.exercise("registry person reinvite", "person.invited")
def person_reinvite(shell: Shell) -> Act:
    shell.run("registry person add minji", *PERSON)
    return lambda: shell.run("registry person reinvite minji")


@USES.exercise("registry person grant", "person.role_granted")
def person_grant(shell: Shell) -> Act:
    join(shell.zone, "minji")
    return lambda: shell.run("registry person grant minji checker")


@USES.exercise("registry person revoke", "person.role_revoked")
def person_revoke(shell: Shell) -> Act:
    join(shell.zone, "minji", Role.CHECKER)
    return lambda: shell.run("registry person revoke minji checker")


@USES.exercise("registry person suspend", "person.suspended")
def person_suspend(shell: Shell) -> Act:
    join(shell.zone, "minji")
    return lambda: shell.run("registry person suspend minji")


@USES.exercise("registry person reinstate", "person.reinstated")
def person_reinstate(shell: Shell) -> Act:
    join(shell.zone, "minji")
    shell.run("registry person suspend minji")
    return lambda: shell.run("registry person reinstate minji")


@USES.exercise("registry person close", "person.closed")
def person_close(shell: Shell) -> Act:
    join(shell.zone, "minji")
    return lambda: shell.run("registry person close minji")


@USES.exercise("registry person reset-second-factor", "person.second_factor_reset_requested")
def person_reset(shell: Shell) -> Act:
    join(shell.zone, "minji")
    return lambda: shell.run("registry person reset-second-factor minji")


@USES.exercise(
    "registry person confirm-second-factor",
    "session.signed_in",
    "person.second_factor_reset_confirmed",
    why="the second person signs in at the command line to confirm",
)
def person_confirm(shell: Shell) -> Act:
    join(shell.zone, "minji")
    secret = join(shell.zone, "jiwoo", Role.COMPLIANCE_OFFICER)
    shell.run("registry person reset-second-factor minji")
    later = pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp()) + 30)  # the present code was used up by joining
    answers = iter([PASSWORD, later])
    shell.patch.setattr(registry_commands, "getpass", lambda _: next(answers))
    return lambda: shell.run("registry person confirm-second-factor minji --as jiwoo")


@USES.exercise("registry person reset-password", "person.password_reset_requested")
def person_reset_password(shell: Shell) -> Act:
    join(shell.zone, "minji")
    return lambda: shell.run("registry person reset-password minji")


@USES.exercise(
    "registry person confirm-password",
    "session.signed_in",
    "person.password_reset_confirmed",
    why="the second person signs in at the command line to confirm",
)
def person_confirm_password(shell: Shell) -> Act:
    join(shell.zone, "minji")
    secret = join(shell.zone, "jiwoo", Role.COMPLIANCE_OFFICER)
    shell.run("registry person reset-password minji")
    later = pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp()) + 30)  # the present code was used up by joining
    answers = iter([PASSWORD, later])
    shell.patch.setattr(registry_commands, "getpass", lambda _: next(answers))
    return lambda: shell.run("registry person confirm-password minji --as jiwoo")


IDENTITY = "minji https://idp.hospital.example 24400320"


@USES.exercise("registry person connect", "person.identity_given")
def person_connect(shell: Shell) -> Act:
    shell.run("registry person add minji", *PERSON)
    return lambda: shell.run(f"registry person connect {IDENTITY}")


@USES.exercise(
    "registry person confirm-identity",
    "session.signed_in",
    "person.identity_confirmed",
    why="the second person signs in at the command line to confirm",
)
def person_confirm_identity(shell: Shell) -> Act:
    join(shell.zone, "minji")
    secret = join(shell.zone, "jiwoo", Role.COMPLIANCE_OFFICER)
    shell.run(f"registry person connect {IDENTITY}")
    later = pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp()) + 30)  # the present code was used up by joining
    answers = iter([PASSWORD, later])
    shell.patch.setattr(registry_commands, "getpass", lambda _: next(answers))
    return lambda: shell.run(f"registry person confirm-identity {IDENTITY} --as jiwoo")


@USES.exercise("registry person seal-emergency", "person.emergency_sealed")
def person_seal_emergency(shell: Shell) -> Act:
    return lambda: shell.run("registry person seal-emergency")


@USES.exercise("registry person disconnect", "person.identity_removed")
def person_disconnect(shell: Shell) -> Act:
    shell.run("registry person add minji", *PERSON)
    shell.run(f"registry person connect {IDENTITY}")
    return lambda: shell.run(f"registry person disconnect {IDENTITY}")


SERVICE = "monitor --owner minji --scope metrics.read --address 192.0.2.10 --purpose Prometheus --until"


def service_asked(shell: Shell) -> None:
    join(shell.zone, "minji")
    shell.run(f"registry service add {SERVICE} {datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}")


def service_confirmed(shell: Shell) -> None:
    service_asked(shell)
    join(shell.zone, "jiwoo", Role.COMPLIANCE_OFFICER)
    officer = as_actor(shell.zone.registry.person("jiwoo"))
    shell.zone.registry.confirm_service_account("monitor", by=officer, source=Source(None))


@USES.exercise("registry service add", "service.requested")
def service_add(shell: Shell) -> Act:
    join(shell.zone, "minji")
    until = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"
    return lambda: shell.run(f"registry service add {SERVICE} {until}")


@USES.exercise(
    "registry service confirm",
    "session.signed_in",
    "service.confirmed",
    why="the second person signs in at the command line to confirm",
)
def service_confirm(shell: Shell) -> Act:
    service_asked(shell)
    secret = join(shell.zone, "jiwoo", Role.COMPLIANCE_OFFICER)
    later = pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp()) + 30)  # the present code was used up by joining
    answers = iter([PASSWORD, later])
    shell.patch.setattr(registry_commands, "getpass", lambda _: next(answers))
    return lambda: shell.run("registry service confirm monitor --as jiwoo")


@USES.exercise("registry service token", "service.token_issued")
def service_token(shell: Shell) -> Act:
    service_confirmed(shell)
    return lambda: shell.run("registry service token monitor")


@USES.exercise("registry service revoke", "service.revoked")
def service_revoke(shell: Shell) -> Act:
    service_asked(shell)
    return lambda: shell.run("registry service revoke monitor")


@USES.exercise("registry project add", "project.created")
def project_add(shell: Shell) -> Act:
    return lambda: shell.run("registry project add study --from 2026-01-01 --until 2035-12-31", *TITLES)


@USES.exercise("registry project change", "project.changed")
def project_change(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("registry project change study --memory-mib 1024")


@USES.exercise("registry project close", "project.closed")
def project_close(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("registry project close study")


@USES.exercise("project freeze", "project.frozen", "project.cut_off", why="what was decided, and what it did")
def project_freeze(shell: Shell) -> Act:
    project(shell.zone)
    # The zone of this test runs no gate, and the command says so.
    return lambda: shell.run("project freeze study --why suspicion", code=1)


@USES.exercise("project unfreeze", "project.unfrozen")
def project_unfreeze(shell: Shell) -> Act:
    project(shell.zone)
    shell.zone.registry.freeze_project("study", "a leak is suspected", by=CLI, source=Source(None))
    return lambda: shell.run("project unfreeze study --why mistake")


@USES.exercise("maintenance on", "zone.maintenance_begun")
def maintenance_on(shell: Shell) -> Act:
    return lambda: shell.run("maintenance on --why upgrade --until 2h")


@USES.exercise("maintenance off", "zone.maintenance_ended")
def maintenance_off(shell: Shell) -> Act:
    shell.zone.registry.begin_maintenance("fault", datetime.now(UTC) + timedelta(hours=1), by=CLI, source=Source(None))
    return lambda: shell.run("maintenance off")


@USES.exercise("registry member add", "membership.granted")
def member_add(shell: Shell) -> Act:
    project(shell.zone)
    join(shell.zone, "minji")
    return lambda: shell.run("registry member add study minji")


@USES.exercise("registry member revoke", "membership.revoked")
def member_revoke(shell: Shell) -> Act:
    at_work(shell.zone)
    return lambda: shell.run("registry member revoke study minji")


@USES.exercise("registry dataset add", "dataset.registered")
def dataset_add(shell: Shell) -> Act:
    directory = shell.zone.home / "datasets" / "omop"
    directory.mkdir(parents=True)
    (directory / "person.csv").write_text("id\n1\n", encoding="utf-8")
    return lambda: shell.run("registry dataset add omop", str(directory), *DATA)


@USES.exercise("registry dataset add-version", "dataset.version_added")
def dataset_add_version(shell: Shell) -> Act:
    directory = dataset(shell.zone)
    (directory / "more.csv").write_text("id\n1\n", encoding="utf-8")
    return lambda: shell.run("registry dataset add-version omop", str(directory), *TREATED)


@USES.exercise("registry dataset check", "dataset.checked")
def dataset_check(shell: Shell) -> Act:
    dataset(shell.zone)
    return lambda: shell.run("registry dataset check omop")


@USES.exercise("egress fingerprints make", "egress.fingerprinted")
def fingerprints_make(shell: Shell) -> Act:
    dataset(shell.zone)
    return lambda: shell.run("egress fingerprints make omop 1")


@USES.exercise("egress canary add", "egress.canaries_declared")
def canary_add(shell: Shell) -> Act:
    file = shell.scratch / "birds.csv"
    file.write_text("id,born\nzz-99-12345,1970-01-01\n", encoding="utf-8")
    return lambda: shell.run("egress canary add omop", str(file))


@USES.exercise("egress interest declare", "egress.interest_declared")
def interest_declare(shell: Shell) -> Act:
    project(shell.zone)
    join(shell.zone, "junho", Role.CHECKER)
    return lambda: shell.run("egress interest declare junho study --reason", "a friend leads it")


@USES.exercise("registry grant add", "grant.approved")
def grant_add(shell: Shell) -> Act:
    project(shell.zone)
    dataset(shell.zone)
    join(shell.zone, "sunhee", Role.DATA_CONTROLLER)
    return lambda: shell.run("registry grant add omop 1 study --approver sunhee")


@USES.exercise("registry grant revoke", "grant.revoked")
def grant_revoke(shell: Shell) -> Act:
    project(shell.zone)
    dataset(shell.zone)
    join(shell.zone, "sunhee", Role.DATA_CONTROLLER)
    ref = granted(shell.zone).ref
    return lambda: shell.run(f"registry grant revoke {ref}")


@USES.exercise("egress policy assign", "egress.policy_assigned")
def assign_policy(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("egress policy assign uk-sdap --project study")


@USES.exercise("egress policy simulate", "egress.policy_simulated")
def simulate_policy(shell: Shell) -> Act:
    return lambda: shell.run("egress policy simulate uk-sdap")


@USES.exercise("registry person organisation", "person.affiliated")
def affiliate(shell: Shell) -> Act:
    join(shell.zone, "minji")
    return lambda: shell.run("registry person organisation minji", "서울병원")
