"""Who and what the demo zone holds, as tables: people, projects, memberships, datasets, grants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub_config.demo.extracts import DemoExtract
from hub_config.demo.omop import write_gibleed
from hub_config.demo.population import write_population
from registry.model import Role

RESEARCHER = "minji"
CHECKERS = ("junho", "seoyeon")
CHECKER_IN_PROJECT = "haneul"
SENIOR_CHECKER = "yujin"
COMPLIANCE_OFFICER = "jiwoo"
OPERATOR = "taeyang"
DATA_CONTROLLER = "sunhee"
DEID_OPERATOR = "nari"
ADEQUACY_REVIEWER = "dohyun"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One invented person; `role` is what the person does in the zone as a whole."""

    handle: str
    name: str
    role: Role
    part_ko: str
    part_en: str

    @property
    def email(self) -> str:
        """Return an address that can never belong to anybody (RFC 2606)."""
        return f"{self.handle}@ansim.example"


PEOPLE = (
    DemoPerson(RESEARCHER, "김민지", Role.RESEARCHER, "연구자", "researcher"),
    DemoPerson(CHECKERS[0], "이준호", Role.CHECKER, "반출심사자", "checker"),
    DemoPerson(CHECKERS[1], "박서연", Role.CHECKER, "반출심사자", "checker"),
    DemoPerson(
        CHECKER_IN_PROJECT,
        "최하늘",
        Role.CHECKER,
        "반출심사자, 병원 과제의 구성원",
        "checker, member of the hospital project",
    ),
    DemoPerson(
        SENIOR_CHECKER,
        "문유진",
        Role.SENIOR_CHECKER,
        "선임 심사자: 예외, 재확인, 기록과 다른 신청",
        "senior checker: exceptions, second looks, what is not as recorded",
    ),
    DemoPerson(COMPLIANCE_OFFICER, "정지우", Role.COMPLIANCE_OFFICER, "준법감시", "compliance officer"),
    DemoPerson(OPERATOR, "강태양", Role.OPERATOR, "운영자", "operator"),
    DemoPerson(DATA_CONTROLLER, "윤선희", Role.DATA_CONTROLLER, "데이터 제공 책임자", "data controller"),
    DemoPerson(DEID_OPERATOR, "한나리", Role.DEID_OPERATOR, "가명처리 담당자", "de-identification operator"),
    DemoPerson(ADEQUACY_REVIEWER, "오도현", Role.ADEQUACY_REVIEWER, "적정성 검토자", "adequacy reviewer"),
)


@dataclass(frozen=True, slots=True)
class DemoProject:
    """One project: its members with their roles in it, and the datasets granted to it."""

    id: str
    title_ko: str
    title_en: str
    purpose: str
    members: tuple[tuple[str, Role], ...]
    datasets: tuple[str, ...]


PROJECTS = (
    DemoProject(
        id="gibleed-study",
        title_ko="소염진통제와 위장관 출혈",
        title_en="Painkillers and gastrointestinal bleeding",
        purpose="셀레콕시브와 디클로페낙 복용 뒤 위장관 출혈을 나이와 성별로 비교한다. "
        "Compare gastrointestinal bleeding after celecoxib and diclofenac by age and sex.",
        members=((RESEARCHER, Role.RESEARCHER), (CHECKER_IN_PROJECT, Role.RESEARCHER)),
        datasets=("gibleed",),
    ),
    DemoProject(
        id="floating-pop",
        title_ko="시간대별 유동인구",
        title_en="Floating population by hour",
        purpose="행정동 유형별로 하루 유동인구의 흐름을 비교한다. "
        "Compare how districts of different kinds fill and empty over a day.",
        members=((RESEARCHER, Role.RESEARCHER),),
        datasets=("floating-population",),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoDataset:
    """One dataset of the demo world, and the function that writes the tables named, or all of its files.

    Data about people comes in as an extract, with a policy and a review; the rest is registered as it is.
    """

    id: str
    title_ko: str
    title_en: str
    owner_org: str
    people: int  # data subjects; none in counts of an invented city
    sensitive: bool
    write: Callable[[Path, tuple[str, ...]], object]
    extract: DemoExtract | None = None


DATASETS = (
    DemoDataset(
        id="gibleed",
        title_ko="위장관 출혈 합성 진료기록 (OMOP)",
        title_en="GiBleed synthetic health records (OMOP)",
        owner_org="OHDSI",
        people=2614,  # of the 2,694 patients those whom the policy keeps
        sensitive=True,
        write=write_gibleed,
        extract=DemoExtract(
            tables=("person", "drug_exposure", "condition_occurrence", "concept"),
            maker=DEID_OPERATOR,
            reviewer=ADEQUACY_REVIEWER,
            steward=DATA_CONTROLLER,
            purpose="셀레콕시브와 디클로페낙을 처음 처방받은 뒤 1년 안의 위장관 출혈을 나이와 성별로 비교하는 연구. "
            "A study that compares gastrointestinal bleeding within a year of the first celecoxib or diclofenac.",
            scope="소염진통제를 처방받은 환자의 처방과 진단. Prescriptions and diagnoses of the patients.",
            need="환자·처방·진단 표에서 비교에 필요한 9개 열만 남김. "
            "Of patients, prescriptions and diagnoses only the nine columns that the comparison needs.",
            verdict="환자표 k=5를 만족하고, 날짜는 월 단위이며, 목적에 필요 없는 열은 모두 빠졌습니다. "
            "The patients meet k = 5, dates are months, and every column that the purpose does not need is gone.",
            conditions="처방·진단의 달을 다른 자료와 맞추지 말 것. Months of events are not to be matched with others.",
        ),
    ),
    DemoDataset(
        id="floating-population",
        title_ko="안심시 유동인구",
        title_en="Floating population of Ansim-si",
        owner_org="안심시",
        people=0,
        sensitive=False,
        write=lambda directory, _tables: write_population(directory),
    ),
)
