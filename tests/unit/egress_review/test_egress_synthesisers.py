"""Metadata of SDV does not leave: it holds values of the source."""

from __future__ import annotations

import json

import pytest

from deid.synth.model import FORM
from egress_review.findings import Severity, Verdict
from tests.unit.egress_review.egress_files import flagged, look

SDV_2 = {
    "METADATA_SPEC_VERSION": "V2",
    "tables": {"people": {"columns": {"wage": {"sdtype": "numerical", "range_min": 3, "range_max": 99_999_999}}}},
    "relationships": [],
}
SDV_1 = {"METADATA_SPEC_VERSION": "SINGLE_TABLE_V1", "columns": {"disease": {"sdtype": "categorical"}}}


@pytest.mark.parametrize("metadata", [SDV_1, SDV_2, [SDV_2], {"mine": {"deep": [1, {"x": SDV_1}]}}])
def test_metadata_of_sdv_is_stopped_however_deep_it_lies(metadata: object) -> None:
    report = look("metadata.json", json.dumps(metadata))
    assert flagged(report, "model.metadata")
    assert report.verdict is Verdict.FLAGGED
    assert {one.severity for one in report.findings if one.rule == "model.metadata"} == {Severity.BLOCK}


def test_keys_that_are_spelt_in_escapes_are_the_same_keys() -> None:
    assert flagged(look("m.json", json.dumps(SDV_2).replace("sdtype", "\\u0073dtype")), "model.metadata")


@pytest.mark.parametrize("name", ["notes.txt", "notes.md"])
def test_metadata_that_is_pasted_into_prose_is_stopped(name: str) -> None:
    assert flagged(look(name, "the columns:\n\n" + json.dumps(SDV_1, indent=1)), "model.metadata")
    assert flagged(look(name, "columns:\n  disease:\n    sdtype: categorical\n"), "model.metadata")


@pytest.mark.parametrize("name", ["people.model.json", "notes.txt"])
def test_a_model_that_the_zones_engine_kept_is_stopped(name: str) -> None:
    report = look(name, json.dumps({FORM: 1, "ones": [[10.0, 12.0]]}))
    assert flagged(report, "model.metadata")
    assert report.verdict is Verdict.FLAGGED


def test_a_word_alone_and_other_json_are_left_alone() -> None:
    assert not flagged(look("notes.txt", "We gave every column an sdtype and went on."), "model.metadata")
    assert not flagged(look("t.json", json.dumps({"columns": {"a": {"dtype": "int64"}}})), "model.metadata")
