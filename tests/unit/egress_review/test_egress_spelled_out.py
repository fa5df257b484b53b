"""Records and numbers of people that a program or a note spells out, and numbers in programs that are of nobody."""

from __future__ import annotations

import pytest

from egress_review.findings import Verdict
from tests.unit.egress_review.egress_files import flagged, look

RECORDS = {
    "dput of whole numbers": (
        "a.R",
        "d <- structure(list(sid = c(392490L, 378402L, 383691L, 380236L, 381465L, 349224L), sex = c(2L, 1L, 1L, 1L, "
        "2L, 1L), "
        "byear = c(2005L, 2003L, 2003L, 2004L, 2004L, 2005L), math = c(56, 88, 48, 90, 63, 57)), row.names = c(NA, "
        "-6L), "
        'class = "data.frame")\n',
    ),
    "dput with factors": (
        "a.R",
        "d <- structure(list(age = c(61L, 47L, 72L, 55L, 39L, 66L), sex = structure(c(1L, 2L, 1L, 1L, 2L, 2L), "
        'levels = c("F", '
        '"M"), class = "factor"), sbp = c(141, 122, 158, 130, 118, 149)), row.names = c(NA, 6L), class = '
        '"data.frame")\n',
    ),
    "dput over lines": (
        "a.R",
        "panel <- structure(list(\n  id = c(10482291L, 10511738L, 10390046L,\n         10627715L, 10733012L),\n"
        '  age = c(34L, 61L, 47L, 29L, 55L),\n  sex = c(1L, 2L, 2L, 1L, 1L)\n), class = c("tbl_df", "data.frame"))\n',
    ),
    "input of Stata": (
        "a.do",
        "clear\ninput long id byte sex int byear float score\n392490 2 2005 56\n378402 1 2003 88\n383691 1 2003 48\n"
        "380236 2 2004 90\n381465 2 2004 63\nend\nregress score byear\n",
    ),
    "datalines of SAS": (
        "a.sas",
        "data p;\n input id sex age days;\n datalines;\n30412 1 61 220\n30977 2 47 118\n31204 1 72 402\n31880 2 55 77\n"
        "32009 1 39 310\n;\nrun;\n",
    ),
    "columns of pandas": (
        "a.py",
        "df = pd.DataFrame({'pid': [392490, 378402, 383691, 380236, 381465], 'sex': [2, 1, 1, 2, 1], "
        "'age': [61, 47, 72, 55, 39]})\n",
    ),
    "two cases in a tribble": (
        "a.R",
        'd <- tribble(\n  ~case_id, ~birth, ~wage,\n  "MG-10482", "1979-04-12", 1874000,\n  "MG-11937", "1984-11-30", '
        "2015300\n)\n",
    ),
    "four cases without a word for birth": (
        "a.R",
        'd <- tribble(\n  ~who, ~day, ~wage,\n  "MG-10482", "1979-04-12", 1874000,\n  "MG-11937", "1984-11-30", '
        '2015300,\n  "MG-12206", "1972-08-03", 2290800,\n  "MG-13811", "1990-01-19", 1798000\n)\n',
    ),
    "cases with Korean headings": (
        "a.R",
        'd <- tribble(\n  ~사례번호, ~생년월일, ~임금,\n  "10482", "1979-04-12", 187,\n  '
        '"11937", "1984-11-30", 201,\n)\n',
    ),
    "records of Python": (
        "a.py",
        'import pandas as pd\nd = [\n  {"case_id": "K-10482", "birth": "1979-04-12", "wage": 187},\n  '
        '{"case_id": "K-11937", "birth": '
        '"1984-11-30", "wage": 201},\n]\n',
    ),
    "rows in a frame": (
        "a.py",
        'd = pd.DataFrame([\n  ["K-10482", 1979, 187],\n  ["K-11937", 1984, 201],\n], '
        'columns=["pid", "yob", "wage"])\n',
    ),
    "rows that are inserted": (
        "a.sql",
        "INSERT INTO cases (person_id, birth, wage) VALUES\n('K-10482', '1979-04-12', 187),\n('K-11937', "
        "'1984-11-30', 201);\n",
    ),
    "a tribble": (
        "a.R",
        "d <- tribble(\n  ~sid, ~sex, ~byear, ~math,\n  392490, 2, 2005, 56,\n  378402, 1, 2003, 88,\n  383691, 1, "
        "2003, 48,\n"
        "  380236, 2, 2004, 90,\n  381465, 2, 2004, 63\n)\n",
    ),
}
SETTINGS = {
    "coefficients": (
        "b.R",
        'co <- structure(list(term = c("age", "sex", "bmi", "(Intercept)"), estimate = c(0.031, -0.22, 0.014, -2.91), '
        'se = c(0.004, 0.05, 0.006, 0.31)), row.names = c(NA, -4L), class = "data.frame")\n',
    ),
    "a standard population": (
        "b.R",
        "std <- structure(list(age = c(0L, 20L, 40L, 60L, 80L), sex = c(1L, 1L, 1L, 1L, 1L), pop = c(10212L, 13341L, "
        "16220L, "
        '9120L, 2011L)), class = "data.frame")\n',
    ),
    "dates of laws": (
        "b.R",
        'laws <- tribble(\n  ~law, ~date, ~min_wage,\n  "A", "2019-01-01", 8350,\n  "B", "2020-01-01", 8590,\n  "C", '
        '"2021-01-01", 8720,\n  "D", "2022-01-01", 9160)\n',
    ),
    "drugs and when they were listed": (
        "b.R",
        'drugs <- tribble(\n  ~drug_code, ~listed,\n  "645100120", "2011-03-01",\n  "645100480", "2015-07-01",\n  '
        '"652900120", "2009-02-01",\n  "661200120", "2018-11-01")\n',
    ),
    "sites and when they opened": (
        "b.R",
        'sites <- tribble(\n  ~site_id, ~opened,\n  "S-10482", "1979-04-12",\n  "S-11937", "1984-11-30")\n',
    ),
    "breaks": (
        "b.R",
        "breaks <- tribble(\n  ~id, ~lower, ~upper,\n  1, 0, 10,\n  2, 10, 20,\n  3, 20, 30,\n  4, 30, 40)\n",
    ),
    "codes of regions": (
        "b.do",
        'clear\ninput long sgg str10 name float rate\n11110 "종로" 12.1\n11140 "중구" 11.8\n11170 "용산" 10.2\n'
        '11200 "성동" 9.9\n11215 "광진" 10.7\nend\n',
    ),
    "a grid of parameters": (
        "b.py",
        "grid = pd.DataFrame({'depth': [3, 4, 5, 6, 7, 8], 'trees': [100, 200, 300, 400, 500, 600], 'rate': [.1, "
        ".05, .03, .02, "
        ".01, .005]})\n",
    ),
}
NUMBERS = {
    "quoted chart numbers": (
        "a.R",
        'bad_mrn <- c("10482291", "10511738", "10390046")\nd <- d[!d$hosp_no %in% bad_mrn, ]\n',
    ),
    "a remark above": (
        "a.py",
        "# 병원등록번호 오류로 제외\nskip = ['10482291', '10511738', '10390046']\ndf = df[~df.hn.isin(skip)]\n",
    ),
    "a filter by chart number": (
        "a.sql",
        "SELECT COUNT(*) FROM c WHERE chart_no NOT IN ('10482291','10511738','10390046');\n",
    ),
    "a list in Stata": ("a.do", 'drop if inlist(hosp_no, "10482291", "10511738", "10390046")\n'),
    "an account": ("a.sql", "SELECT ym FROM t WHERE acct_no <> '110-482-903317' GROUP BY ym;\n"),
    "accounts in a list": ("a.sql", "DELETE FROM t WHERE account_number IN ('11048290331788', '35208821190011');\n"),
    "an account in Python": ("a.py", "df = df[df['계좌번호'] != '352-0882-1190-13']\n"),
    "an account in Stata": ("a.do", 'drop if acctno == "110482903317"\n'),
    "the business number of a person": (
        "a.md",
        "주) 개인사업자 '모의상회'(사업자등록번호 412-07-83316)는 매출 오류로 제외함.\n",
    ),
    "a sole trader in English": (
        "a.txt",
        "Note: the sole proprietor with business registration no. 214-31-70915 was left out.\n",
    ),
}
CORRECTED = {
    "Stata": ("a.do", "replace wage_m = 3184200 if pid == 30418827\n"),
    "Stata, by a short number": ("a.do", "replace height = 172 if id == 1042 // 원자료 확인\n"),
    "Stata, by household and member": ("a.do", "qui replace birth_yr = 1961 if hhid == 1203 & pno == 200\n"),
    "Stata, by the row": ("a.do", "replace wage = 3184200 in 1042\n"),
    "R": ("a.R", "d$wage[d$pid == 1042] <- 3184200  # typo\n"),
    "R, by row and column": ("a.R", 'd[d$pid == 1042, "wage"] <- 3184200L\n'),
    "dplyr": ("a.R", "d <- mutate(d, wage = if_else(person_id == 1042, 3184200, wage))\n"),
    "cases of dplyr": ("a.R", "d <- mutate(d, wage = case_when(\n  pid == 1042 ~ 3184200,\n  TRUE ~ wage))\n"),
    "pandas": ("a.py", 'df.loc[df["pid"] == 1042, "wage"] = 3184200\n'),
    "pandas, a day": ("a.py", "df.loc[df.person_id == 1042, 'birth'] = '1961-03-02'  # ledger\n"),
    "numpy": ("a.py", 'df["wage"] = np.where(df["pid"] == 1042, 3184200, df["wage"])\n'),
    "SAS": ("a.sas", "if pid = 1042 then wage = 3184200;\n"),
    "SPSS": ("a.sps", "IF (pid = 1042) wage = 3184200.\n"),
    "SQL": ("a.sql", "UPDATE panel SET wage = 3184200 WHERE pid = 1042;\n"),
    "one who is dropped": ("a.do", "drop if pid == 30418827\n"),
    "several who are dropped": ("a.R", "d <- d[!d$pid %in% c(30418827, 30977152), ]\n"),
}
NOBODYS = {
    "codes that are replaced": ("b.do", "replace wage = . if wage == 99999\nreplace region = 11 if sido == 11000\n"),
    "years and limits": ("b.do", "replace cpi = 104.2 if year == 2020\nreplace age = 65 if age > 65\n"),
    "keys that are sorted by": ("b.do", "sort pid wave\nby pid: gen n = _n\nxtset pid wave\n"),
    "limits in R": ("b.R", "d$age[d$age > 110] <- NA\nd$cpi[d$year == 2020] <- 104.2\nx[1042] <- 12\n"),
    "items in Python": ("b.py", "if item_no == 120: size = 40\nif id == 1000:\n    n = 200\n"),
    "processes": ("b.py", "os.kill(pid, 9)\nif pid == 0: sys.exit(10)\n"),
    "years in SAS": ("b.sas", "if year = 2020 then cpi = 104.2;\nif sido = 11000 then region = 11;\n"),
    "concepts": ("b.sql", "UPDATE t SET cpi = 104.2 WHERE concept_id = 201826;\n"),
    "years": ("b.R", 'keep <- c("2019", "2020", "2021")\nd <- d[d$year %in% keep, ]\n'),
    "months": ("b.sql", "SELECT COUNT(*) FROM t WHERE ym IN ('202001','202002','202003') HAVING COUNT(*) >= 10;\n"),
    "diseases": ("b.R", 'dx <- c("E1100", "E1101", "E1190")\nd <- d[d$sick_sym %in% dx, ]\n'),
    "drugs": ("b.py", "# 제외할 약품 코드\ndrug_codes = ['642902020', '643304210', '648900310']\n"),
    "regions": ("b.R", 'sgg <- c("4113500000", "1168000000", "2635000000")  # 시군구\nd <- d[d$sgg_cd %in% sgg, ]\n'),
    "kinds of accounts": ("b.sql", "SELECT SUM(amt) FROM t WHERE account_code = '51100' AND acct_type = '01';\n"),
    "the number of an institute": ("b.md", "자료 제공: 가상통계원 (사업자등록번호 220-82-00417)\n"),
}


@pytest.mark.parametrize("kind", [*RECORDS])
def test_records_that_a_program_spells_out_stop_it(kind: str) -> None:
    report = look(*RECORDS[kind])
    assert report.verdict is Verdict.FLAGGED
    assert {rule for rule, _ in flagged(report)} & {"table.records", "table.singular"}


@pytest.mark.parametrize("kind", [*SETTINGS])
def test_settings_and_results_in_a_program_leave(kind: str) -> None:
    assert flagged(look(*SETTINGS[kind]), "table.") == []


@pytest.mark.parametrize("kind", [*NUMBERS])
def test_the_number_of_a_person_stops_a_program_or_a_note(kind: str) -> None:
    report = look(*NUMBERS[kind])
    assert report.verdict is Verdict.FLAGGED
    assert flagged(report, "identifier.")


@pytest.mark.parametrize("kind", [*CORRECTED])
def test_a_value_that_is_written_over_that_of_one_person_stops_a_program(kind: str) -> None:
    report = look(*CORRECTED[kind])
    assert report.verdict is Verdict.FLAGGED
    assert flagged(report, "identifier.")


@pytest.mark.parametrize("kind", [*NOBODYS])
def test_years_codes_and_numbers_of_offices_are_of_nobody(kind: str) -> None:
    assert look(*NOBODYS[kind]).verdict is Verdict.PASSED
