"""`ansim deid`: find direct identifiers in text, make extracts by policy, measure risk, look after the keys.

Exit codes: 0 done · 1 a criterion is not met · 2 wrong usage or input · 3 the zone or an optional part is missing.
What was found never appears in the output, only where it stands.
"""

from __future__ import annotations

from typing import Any

from audit.cli_context import language_of
from deid.keys_cli import add_keys, add_linkage, add_reidentify
from deid.tables_cli import add_anonymise, add_apply, add_dummy, add_risk, add_survey, add_synth
from deid.technique_cli import add_techniques
from deid.text_cli import add_scan, add_scrub


def add_parser(subparsers: Any) -> None:
    """Add `deid` and its commands; each sets `func`, a handler of (arguments, context)."""
    group = subparsers.add_parser("deid", help=_say("비식별 처리", "de-identification"))
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    for add in (add_scan, add_scrub):
        add(commands)
    for add in (
        add_survey,
        add_apply,
        add_risk,
        add_anonymise,
        add_synth,
        add_dummy,
        add_keys,
        add_linkage,
        add_reidentify,
        add_techniques,
    ):
        add(commands)


def _say(ko: str, en: str) -> str:
    return ko if language_of() == "ko" else en
