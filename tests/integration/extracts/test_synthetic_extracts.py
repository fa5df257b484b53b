"""A synthetic extract goes the way of every other one, and the gate stands before the review."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audit.text import Language
from deid.records import rules, store
from deid.records.errors import Conflict, Denied, Invalid, TooRisky
from deid.records.forms import record_form, review_form
from deid.records.order import load_order
from deid.records.pdf import form_pdf
from deid.records.synthetic_jobs import INTERRUPTED, OUT_OF_MEMORY, JobState
from deid.records.workflow import State
from registry.errors import Denied as Refused
from tests.integration.extracts.extract_world import ORDER, World
from tests.integration.extracts.synthetic_world import POLICY, draft, order, source, synthetic

STRICT = POLICY.replace("membership: 0.9", "membership: 0.2")


def test_it_is_made_with_its_report_reviewed_registered_and_then_mounted(world: World) -> None:
    extract = synthetic(world)
    run = extract.run
    assert run is not None
    assert run.synthetic is not None
    assert run.synthetic["passed"] is True
    assert {risk["name"] for risk in run.synthetic["tables"]["people"]["risks"]} >= {"singling_out", "copies"}
    assert run.synthetic["tables"]["people"]["pictures"]["ko"]["shapes"]
    submitted = world.desk.submit(extract.ref, by=world.by("nari"))
    found = world.desk.register(world.review(submitted).ref, by=world.by("sunhee"))
    assert found.state is State.MOUNTABLE
    assert world.outcomes() == [
        ("extract.drafted", "ok"),
        ("extract.processed", "ok"),
        ("extract.submitted", "ok"),
        ("extract.reviewed", "ok"),
        ("extract.admitted", "ok"),
    ]
    assert world.outcomes("deid.") == [("deid.synthetic", "intent"), ("deid.synthetic", "ok")]
    controller = world.by("sunhee").actor
    world.registry.grant(
        "hospital-syn",
        1,
        "cardio",
        world.now[0],
        draft(world).ends_at,
        approver=controller,
        source=world.by("nari").source,
    )
    [mount] = world.registry.may_work("minji", "cardio").mounts
    assert mount.manifest_sha256 == run.manifest_sha256


def test_one_changed_byte_is_neither_reviewed_nor_registered(world: World) -> None:
    extract = synthetic(world)
    submitted = world.desk.submit(extract.ref, by=world.by("nari"))
    assert extract.run is not None
    table = extract.run.directory / "people.parquet"
    table.chmod(0o644)
    table.write_bytes(table.read_bytes()[:-1] + b"\0")
    with pytest.raises(Conflict):
        world.review(submitted)
    with pytest.raises(Conflict):
        world.desk.register(extract.ref, by=world.by("sunhee"))


def test_what_the_gate_refuses_has_no_run_no_file_and_no_way_to_a_review(world: World) -> None:
    wanted = order(world, STRICT)
    ref = world.desk.draft(wanted.draft, by=world.by("nari")).ref
    with pytest.raises(TooRisky) as refused:
        world.desk.process(ref, wanted, by=world.by("nari"))
    verdicts = {risk["name"]: risk["verdict"] for risk in refused.value.report["tables"]["people"]["risks"]}
    assert verdicts["membership"] == "above"
    assert world.desk.get(ref).runs == ()
    assert not list((world.home / "datasets").rglob("*.parquet"))
    assert world.outcomes("deid.synthetic")[-1] == ("deid.synthetic", "denied")
    with pytest.raises(Conflict):
        world.desk.submit(ref, by=world.by("nari"))


@pytest.mark.parametrize("verdict", ["above", "not_measured", None])
def test_a_run_with_a_risk_that_is_not_below_its_limit_is_never_approved_whatever_it_says_of_itself(
    world: World, verdict: str | None
) -> None:
    """Somebody who owns machine, database and log writes a run whose summary says passed: the risks are what counts."""
    extract = synthetic(world)
    run = extract.run
    assert run is not None
    assert run.synthetic is not None
    risk = json.loads(json.dumps(run.risk))
    if verdict is None:
        risk["synthetic"]["tables"]["people"]["risks"] = []
    else:
        risk["synthetic"]["tables"]["people"]["risks"][2]["verdict"] = verdict
    forged = replace(run, risk=risk)
    assert forged.synthetic is not None
    assert forged.synthetic["passed"] is True
    with pytest.raises(Conflict, match="cannot be approved"):
        rules.check_gate(forged)
    # In the database too: the binding no longer fits, so neither the review nor the registry takes it.
    packed = json.dumps(risk, ensure_ascii=False).replace("'", "''")
    world.tamper(f"UPDATE deid_extract_run SET risk = '{packed}'")
    with pytest.raises(Conflict):
        world.desk.submit(extract.ref, by=world.by("nari"))


def test_neither_the_maker_nor_a_member_reviews_it(world: World) -> None:
    submitted = world.desk.submit(synthetic(world).ref, by=world.by("nari"))
    for handle in ("nari", "haneul"):
        with pytest.raises(Denied):
            world.review(submitted, by=handle)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_forms_of_the_law_say_that_it_is_synthetic_how_risky_and_how_useful(
    world: World, language: Language
) -> None:
    extract = world.review(world.desk.submit(synthetic(world).ref, by=world.by("nari")))
    review = review_form(extract, language, lambda ref: ref)
    said = json.dumps([[s.heading, s.facts, s.header, s.rows] for s in review.sections], ensure_ascii=False)
    assert ("포함 여부 추정" if language == "ko" else "membership") in said
    assert ("재현데이터" if language == "ko" else "Synthetic data") in said
    record = record_form(extract, (), language, lambda ref: ref)
    assert form_pdf(record, language, fonts=[]).startswith(b"%PDF") if language == "en" else True


def test_nobody_of_the_source_is_in_the_files_and_no_key_was_used(world: World) -> None:
    extract = synthetic(world)
    run = extract.run
    assert run is not None
    names = pq.read_table(run.directory / "people.parquet").column("who").to_pylist()
    assert not {"홍길동", "김민준"} & set(names)
    assert (run.linkage_domain, run.key_version) == ("", 0)
    page = (run.directory / "README.md").read_text(encoding="utf-8")
    assert "합성자료" in page
    end = world.desk.destroy(extract.ref, "연습이 끝났습니다.", by=world.by("sunhee")).destruction
    assert end is not None
    assert end.key is None


def test_an_order_names_the_synthetic_policy_once_for_all_its_tables(world: World) -> None:
    place = world.home / "orders"
    place.mkdir(exist_ok=True)
    text = ORDER.replace("  people: {policy: people.yaml, source: people.csv}", "  people: {source: adult.parquet}")
    (place / "extract.yaml").write_text(text + "synthetic: synth.yaml\n", encoding="utf-8")
    found = load_order(place / "extract.yaml")
    assert found.synthetic == place / "synth.yaml"
    assert found.items["people"].policy == found.synthetic


def test_a_policy_for_another_project_or_other_tables_is_refused(world: World) -> None:
    for wrong in (POLICY.replace("project: cardio", "project: other"), POLICY.replace("hospital-syn", "elsewhere")):
        wanted = order(world, wrong)
        ref = world.desk.draft(wanted.draft, by=world.by("nari")).ref
        with pytest.raises(Invalid, match="another"):
            world.desk.process(ref, wanted, by=world.by("nari"))


class TestJobs:
    """What the portal asks for and the worker makes."""

    def asked(self, world: World, policy: str = POLICY) -> tuple[str, str]:
        ref = world.desk.draft(draft(world), by=world.by("nari")).ref
        return ref, world.desk.ask_synthetic(ref, policy, {"people": source(world)}, by=world.by("nari")).ref

    def test_a_job_is_asked_for_once_and_made_in_the_name_of_who_asked(self, world: World) -> None:
        ref, job = self.asked(world)
        with pytest.raises(Conflict):
            world.desk.ask_synthetic(ref, POLICY, {"people": source(world)}, by=world.by("nari"))
        assert world.desk.begin_synthetic(job)
        told: list[str] = []
        by = world.by("nari")
        assert world.desk.make_synthetic_job(job, by=by, progress=lambda s, _d, _t: told.append(s)) is JobState.MADE
        assert list(dict.fromkeys(told)) == ["read", "draw", "attack"]
        assert world.desk.get(ref).state is State.PROCESSED
        assert ("extract.synthetic_asked", "ok") in world.outcomes()

    def test_a_refused_job_keeps_the_report_that_says_why(self, world: World) -> None:
        ref, job = self.asked(world, STRICT)
        assert world.desk.make_synthetic_job(job, by=world.by("nari"), progress=lambda *_: None) is JobState.REFUSED
        found = world.desk.synthetic_job(job)
        assert found.report is not None
        assert found.report["passed"] is False
        assert world.desk.get(ref).runs == ()

    def test_a_wrong_policy_is_refused_before_anything_is_asked_for(self, world: World) -> None:
        from deid.errors import PolicyError

        ref = world.desk.draft(draft(world), by=world.by("nari")).ref
        with pytest.raises(PolicyError, match="9"):
            world.desk.ask_synthetic(
                ref, POLICY.replace("kind: name", "kind: nmae"), {"people": source(world)}, by=world.by("nari")
            )
        assert world.desk.synthetic_jobs() == []

    def test_a_cancelled_job_is_neither_begun_nor_ended_otherwise(self, world: World) -> None:
        _, job = self.asked(world)
        assert world.desk.cancel_synthetic(job, by=world.by("nari")).state is JobState.CANCELLED
        assert not world.desk.begin_synthetic(job)
        world.desk.end_synthetic(job, JobState.MADE)
        assert world.desk.synthetic_job(job).state is JobState.CANCELLED
        with pytest.raises(Conflict):
            world.desk.cancel_synthetic(job, by=world.by("nari"))

    def test_who_may_not_make_extracts_neither_asks_nor_cancels(self, world: World) -> None:
        ref, job = self.asked(world)
        for handle in ("dohyun", "minji"):
            with pytest.raises(Denied):
                world.desk.ask_synthetic(ref, POLICY, {"people": source(world)}, by=world.by(handle))
            with pytest.raises(Denied):
                world.desk.cancel_synthetic(job, by=world.by(handle))
        assert world.outcomes().count(("extract.synthetic_cancelled", "denied")) == 2

    def test_too_little_memory_ends_the_job_and_leaves_nothing(self, world: World) -> None:
        ref, job = self.asked(world)

        def full(_stage: str, _done: int, _total: int | None) -> None:
            raise MemoryError

        assert world.desk.make_synthetic_job(job, by=world.by("nari"), progress=full) is JobState.FAILED
        assert world.desk.synthetic_job(job).reason == OUT_OF_MEMORY
        assert world.desk.get(ref).runs == ()
        assert not list((world.home / "datasets").rglob("*.parquet"))

    def test_data_that_does_not_fit_ends_the_job_with_the_reason(self, world: World) -> None:
        _, job = self.asked(world, POLICY.replace("education:", "nowhere:"))
        assert world.desk.make_synthetic_job(job, by=world.by("nari"), progress=lambda *_: None) is JobState.FAILED
        reason = world.desk.synthetic_job(job).reason
        assert reason is not None
        assert "nowhere" in reason.en
        assert reason != INTERRUPTED


def test_the_record_goes_with_its_jobs(world: World) -> None:
    ref, _ = TestJobs().asked(world)
    world.desk.destroy(ref, "필요가 없어졌습니다.", by=world.by("sunhee"))
    with world.db.begin() as tx:
        store.remove(tx, store.load(tx, ref), world.now[0], "0" * 36)
    assert world.desk.synthetic_jobs() == []


def test_a_file_that_is_registered_without_a_review_is_refused(world: World, tmp_path: Path) -> None:
    place = world.home / "datasets" / "loose"
    place.mkdir(parents=True)
    (place / "people.parquet").write_bytes(source(world).read_bytes())
    with pytest.raises(Refused):
        world.registry.register_dataset(
            "loose", "제목", "Title", "병원", 6, place, sensitive=False, demo=False,
            by=world.by("sunhee").actor, source=world.by("sunhee").source,
        )  # fmt: skip
