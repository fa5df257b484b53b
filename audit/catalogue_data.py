"""The part of the catalogue about data: extracts, de-identification, linkage and the keys of pseudonyms."""

from __future__ import annotations

from audit.action_spec import ActionSpec

DATA_ACTIONS = (
    ActionSpec("deid.extract", "가명처리 추출본을 만듦", "A pseudonymised extract was made", "pseudonymisation"),
    ActionSpec("deid.synthetic", "합성자료를 만듦", "A synthetic extract was made", "pseudonymisation"),
    ActionSpec("extract.drafted", "가명처리 추출본을 신청함", "An extract was asked for", "pseudonymisation"),
    ActionSpec(
        "extract.synthetic_asked", "합성자료 작성을 요청함", "A synthetic extract was asked for", "pseudonymisation"
    ),
    ActionSpec(
        "extract.synthetic_cancelled",
        "합성자료 작성을 취소함",
        "The making of a synthetic extract was cancelled",
        "pseudonymisation",
    ),
    ActionSpec("extract.processed", "가명처리를 수행함", "The files of an extract were made", "pseudonymisation"),
    ActionSpec("extract.submitted", "적정성 검토를 요청함", "An adequacy review was asked for", "pseudonymisation"),
    ActionSpec("extract.reviewed", "적정성을 판정함", "The adequacy of an extract was decided", "pseudonymisation"),
    ActionSpec(
        "extract.admitted",
        "검토된 추출본을 데이터셋 버전으로 받아들임",
        "A reviewed extract became a version of its dataset",
        "pseudonymisation",
    ),
    ActionSpec(
        "extract.expired", "추출본의 처리 기간이 끝남", "The processing period of an extract ended", "pseudonymisation"
    ),
    ActionSpec("extract.destroyed", "추출본을 파기함", "An extract was destroyed", "pseudonymisation"),
    ActionSpec(
        "extract.record_removed",
        "보유기간이 끝난 가명처리 기록을 삭제함",
        "The record of an extract was removed after its period",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.linkage_approved",
        "과제 사이의 가명 연계를 승인함",
        "The linking of pseudonyms between projects was approved",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.key_destroyed", "추가정보(가명 키)를 파기함", "Additional information was destroyed", "pseudonymisation"
    ),
    ActionSpec(
        "deid.key_use_ended",
        "추가정보(가명 키)의 이용을 끝냄",
        "A use of additional information ended",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.key_end_requested",
        "추가정보(가명 키)의 파기를 요청함",
        "The destruction of additional information was asked for",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.key_end_approved",
        "추가정보(가명 키)의 파기를 승인함",
        "The destruction of additional information was approved",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.key_end_refused",
        "추가정보(가명 키)의 파기를 거절하거나 철회함",
        "The destruction of additional information was refused or withdrawn",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.linkage_requested", "가명 연계를 요청함", "The linking of pseudonyms was asked for", "pseudonymisation"
    ),
    ActionSpec(
        "deid.linkage_refused", "가명 연계를 거절함", "The linking of pseudonyms was refused", "pseudonymisation"
    ),
    ActionSpec("deid.linkage_ended", "가명 연계를 끝냄", "The linking of pseudonyms was ended", "pseudonymisation"),
    ActionSpec(
        "deid.linkage_previewed",
        "결합률을 미리 계산함",
        "How many people two tables share was estimated",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.reidentify_requested",
        "가명의 원래 값 확인을 요청함",
        "Leading pseudonyms back to people was asked for",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.reidentify_approved",
        "가명의 원래 값 확인을 승인함",
        "Leading pseudonyms back to people was approved",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.reidentify_refused",
        "가명의 원래 값 확인을 거절하거나 철회함",
        "Leading pseudonyms back to people was refused or withdrawn",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.token_opened",
        "가명 하나의 원래 값을 확인함",
        "One pseudonym was led back to a person",
        "pseudonymisation",
    ),
    ActionSpec(
        "deid.query_answered",
        "차분 프라이버시로 질의에 답함",
        "A question was answered with differential privacy",
        "pseudonymisation",
    ),
)
