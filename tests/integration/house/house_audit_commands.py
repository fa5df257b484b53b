"""The commands of `ansim audit` and `ansim deid`, typed once; what takes two people is tested elsewhere."""

from __future__ import annotations

from tests.integration.house.house_commands import LOOKS, NO_ZONE, USES, Shell
from tests.integration.house.house_people import project
from tests.integration.house.house_uses import Act

__all__ = ["USES"]

SIGNED_WHEN_ASKED = "signatures of others on a checkpoint, which stand beside the log and not in it"

USES.silent.update(
    {
        "audit checkpoint": "a checkpoint is the signature on the entries, not one of them",
        "audit clock": LOOKS,
        "audit hold list": LOOKS,
        "audit key follow": NO_ZONE,
        "audit key list": LOOKS,
        "audit outward status": LOOKS,
        "audit query list": LOOKS,
        "audit receipt verify": NO_ZONE,
        "audit retention clean": "empties pages that the database no longer uses; what was erased was recorded then",
        "audit retention show": LOOKS,
        "audit review list": LOOKS,
        "audit roles": "prints SQL for a database administrator",
        "audit timestamp now": SIGNED_WHEN_ASKED,
        "audit timestamp status": LOOKS,
        "audit timestamp verify": LOOKS,
        "audit verifier": NO_ZONE,
        "audit witness accept": SIGNED_WHEN_ASKED,
        "audit witness init": "another machine, which has no log",
        "audit witness request": SIGNED_WHEN_ASKED,
        "audit witness serve": "another machine, which has no log",
        "audit witness sign": "another machine, which has no log",
        "audit witness status": LOOKS,
        "audit witness trust": "another machine, which has no log",
        "deid anonymise": NO_ZONE,
        "deid dummy": NO_ZONE,
        "deid anatomise": NO_ZONE,
        "deid keys ending": LOOKS,
        "deid keys list": LOOKS,
        "deid keys record": LOOKS,
        "deid keys uses": LOOKS,
        "deid linkage list": LOOKS,
        "deid reidentify list": LOOKS,
        "deid reidentify show": LOOKS,
        "deid risk": NO_ZONE,
        "deid sample": NO_ZONE,
        "deid scan": NO_ZONE,
        "deid scrub": NO_ZONE,
        "deid survey": NO_ZONE,
        "deid techniques": NO_ZONE,
    }
)
ERASURES = "integration/registry/test_audit_erasure_of_people.py"
HOLDS = "integration/audit/test_audit_erasure.py"
REVIEWS = "integration/portal/test_portal_review_command.py"
KEYS = "integration/audit/test_audit_rotation.py"
DESK = "integration/deid/test_deid_desk.py"
LINKAGE = "integration/deid/test_linkage.py"
REIDENTIFY = "integration/deid/test_reidentification.py"
USES.elsewhere.update(
    {
        "audit accept-head": ("integration/audit/test_audit_head_loss.py", '"log.head_accepted"'),
        "audit erase": (ERASURES, '"privacy.erased"'),
        "audit hold lift": (HOLDS, '"hold.lifted"'),
        "audit hold set": (HOLDS, '"hold.set"'),
        "audit key continue": (KEYS, "continues_the_old_one"),
        "audit key drill": (KEYS, '"log.key_drilled"'),
        "audit key rotate": (KEYS, '"log.key_rotated"'),
        "audit prune": ("integration/audit/test_audit_prune.py", "prune(log, clock"),
        "audit review note": (REVIEWS, '"review.noted"'),
        "audit review sign": (REVIEWS, '"review.signed"'),
        "deid apply": (DESK, "make_extract"),
        "deid keys destroy": (DESK, "destroy_key"),
        "deid keys end-use": (DESK, "end_use"),
        "deid linkage approve": (LINKAGE, "desk.approve("),
        "deid linkage end": (LINKAGE, "desk.end("),
        "deid linkage preview": (LINKAGE, '("linkage_previewed", "ok")'),
        "deid linkage refuse": (LINKAGE, "desk.refuse("),
        "deid linkage request": (LINKAGE, "desk.ask("),
        "deid synth": ("integration/deid/test_deid_synth_desk.py", '("deid.synthetic", "ok")'),
        "deid query": ("integration/deid/test_deid_queries.py", '("query_answered", "ok")'),
        "deid reidentify approve": (REIDENTIFY, '("reidentify_approved", "ok")'),
        "deid reidentify open": (REIDENTIFY, '("token_opened", "ok")'),
        "deid reidentify refuse": (REIDENTIFY, "desk.refuse("),
        "deid reidentify request": (REIDENTIFY, '("reidentify_requested", "ok")'),
    }
)
TWO_ENDS = "a copy that is made is announced before and told of after, as every step that leaves the database"


@USES.exercise("audit send", "log.viewed")
def send(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("audit send --format cef")


@USES.exercise("audit bundle", "log.bundled")
def bundle(shell: Shell) -> Act:
    project(shell.zone)
    target = str(shell.scratch / "bundle")
    return lambda: shell.run("audit bundle study", target, "--reason", "archived")


@USES.exercise("audit export", "log.exported?", "log.exported", why=TWO_ENDS)
def export(shell: Shell) -> Act:
    project(shell.zone)
    target = str(shell.scratch / "copy")
    return lambda: shell.run("audit export", target, "--reason", "a second copy")


@USES.exercise("audit search", "log.searched")
def search(shell: Shell) -> Act:
    return lambda: shell.run("audit search --project study")


@USES.exercise("audit timeline", "log.viewed")
def timeline(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("audit timeline project study")


@USES.exercise("audit answer", "log.viewed")
def answer(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("audit answer left --project study")


@USES.exercise("audit processing", "log.viewed")
def processing(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("audit processing")


@USES.exercise("audit query save", "log.query_saved")
def query_save(shell: Shell) -> Act:
    return lambda: shell.run("audit query save weekly --action egress.")


@USES.exercise("audit query run", "log.searched")
def query_run(shell: Shell) -> Act:
    shell.run("audit query save weekly --action egress.")
    return lambda: shell.run("audit query run weekly")


@USES.exercise("audit query delete", "log.query_deleted")
def query_delete(shell: Shell) -> Act:
    shell.run("audit query save weekly --action egress.")
    return lambda: shell.run("audit query delete weekly")


@USES.exercise("audit receipt make", "log.viewed")
def receipt_make(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("audit receipt make 0")


@USES.exercise("audit verify", "log.verified")
def verify(shell: Shell) -> Act:
    project(shell.zone)
    shell.zone.log.checkpoint()
    return lambda: shell.run("audit verify")


@USES.exercise("audit anomalies", "log.viewed")
def anomalies(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("audit anomalies")


@USES.exercise("audit review make", "review.made")
def review_make(shell: Shell) -> Act:
    project(shell.zone)
    return lambda: shell.run("audit review make")


@USES.exercise("audit review show", "log.viewed")
def review_show(shell: Shell) -> Act:
    project(shell.zone)
    shell.run("audit review make --month 2026-10")
    return lambda: shell.run("audit review show 2026-10")


@USES.exercise("audit break-glass", "log.break_glass")
def break_glass(shell: Shell) -> Act:
    return lambda: shell.run("audit break-glass --reason", "the database is on fire")
