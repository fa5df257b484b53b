"""The rules that look for what stands out: one table from the ids of the policy to pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from audit.review import rules_checkers, rules_record, rules_use
from audit.review.evidence import Evidence
from audit.review.findings import Finding, Judge, in_order
from audit.review.policy import FORMS, ReviewPolicy

JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "mass_reads": rules_use.mass_reads,
        "off_hours": rules_use.off_hours,
        "repeated_denials": rules_use.repeated_denials,
        "download_without_release": rules_use.download_without_release,
        "collected_without_release": rules_use.collected_without_release,
        "approved_in_seconds": rules_checkers.approved_in_seconds,
        "approved_unseen": rules_checkers.approved_unseen,
        "approves_everything": rules_checkers.approves_everything,
        "same_pair": rules_checkers.same_pair,
        "one_checker": rules_checkers.one_checker,
        "break_glass": rules_record.every,
        "failed_then_signed_in": rules_use.failed_then_signed_in,
        "address_change": rules_use.address_change,
        "log_read_without_reason": rules_record.log_read_without_reason,
        "log_read_by_others": rules_record.log_read_by_others,
        "erasures": rules_record.every,
        "witness_failures": rules_record.every,
        "log_not_intact": rules_record.log_not_intact,
        "own_rights": rules_record.own_rights,
        "encoded_output": rules_record.every,
    }
)
assert JUDGES.keys() == FORMS.keys()


def find(evidence: Evidence, policy: ReviewPolicy) -> list[Finding]:
    """Return what the rules find, in the one order that a report has."""
    rules = (rule for rule in policy.rules.values() if rule.enabled)
    return in_order(found for rule in rules for found in JUDGES[rule.id](evidence, rule))


def not_checked(evidence: Evidence, policy: ReviewPolicy) -> tuple[str, ...]:
    """Return the rules that found nothing because nobody looked: those that are off, and those without evidence."""
    off = {rule.id for rule in policy.rules.values() if not rule.enabled}
    return tuple(sorted(off | ({"address_change"} if evidence.places is None else set())))


def days_around(policy: ReviewPolicy) -> tuple[timedelta, timedelta]:
    """Return how far before and behind a span the rules look to judge what happened in it."""
    return timedelta(days=BEFORE_DAYS), timedelta(days=policy.rules["download_without_release"].numbers["days"] + 1)


BEFORE_DAYS = 62  # a release is collected, and a vote cast, long after what it refers to; older releases are expired
