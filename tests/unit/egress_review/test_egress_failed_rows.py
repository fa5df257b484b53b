"""Rows that a program prints because something is wrong with them, and messages that name a line or a type alone."""

from __future__ import annotations

import pytest

from tests.unit.egress_review.egress_files import flagged, look

RULED = "RULE:     ----+----1----+----2----+----3----+----4\n"
QUOTING = {
    "SAS prints the record and its variables": (
        "NOTE: Invalid data for wage in line 4417 28-33.\n"
        f"{RULED}4417      320440918 2 2 197206 1 044 32o50\n"
        "hhid=320440918 line=2 sex=2 birth=197206 hours=44 wage=. _ERROR_=1 _N_=4417\n"
    ),
    "SAS prints the record without a rule": (
        "NOTE: Invalid data for hb in line 2291 31-34.\n2291      0019283774|19630417|F|10..8\n"
    ),
    "SAS goes on over lines": (
        "NOTE: Invalid argument to function INPUT at line 12 column 8.\n"
        "hhid=320440918 line=2 sex=2 birth=197206\nhours=44 wage=. _ERROR_=1 _N_=4417\n"
    ),
    "a lost card": f"NOTE: LOST CARD.\n{RULED}4417      320440918 2 2 197206 1 044\n",
    "SPSS": ">Warning # 1102\n>Current case: 4417  Current splitfile group: 1\n>Field contents: '32o50'\n",
    "Stata": "'32o50' cannot be read as a number for wage[4417]\n",
    "readr": (
        "Warning: 2 parsing failures.\n row  col expected actual         file\n4417 wage a double  32o50 'lfs.csv'\n"
    ),
    "problems() as a tibble": (
        "# A tibble: 1 x 5\n    row   col expected actual file\n  <int> <int> <chr>    <chr>  <chr>\n"
        "1  4417     6 a double 32o50  lfs.csv\n"
    ),
    "fread": "Stopped early on line 88. First discarded non-empty line: <<0019283774|19630417|F|10|8>>\n",
    "scan": "Error in scan(file): scan() expected 'a real', got '20190417'\n",
    "a line of COPY": 'CONTEXT:  COPY patients, line 88: "0019283774,19630417,F,10,8"\n',
    "a column of COPY": 'CONTEXT:  COPY patients, line 88, column hb: "10..8"\n',
    "a key that is there": "DETAIL:  Key (pid)=(0019283774) already exists.\n",
    "a row that fails": "DETAIL:  Failing row contains (2291, 0019283774, 1963-04-17, F, null).\n",
    "an entry of MySQL": "ERROR 1062 (23000): Duplicate entry '0019283774' for key 'patients.PRIMARY'\n",
    "DuckDB": "Invalid Input Error: CSV Error on Line: 88\nOriginal Line: 0019283774|19630417|F|10|8\n",
    "a loader in Python": "WARN bad line 88 skipped: ['0019283774', '19630417', 'F', '10', '8']\n",
    "a loader of lines": "ERROR row 4417 rejected: 320440918,2,2,197206,1,44,32o50\n",
    "a loader in Korean": "[2024-03-22 10:02:11] WARNING 형식 오류 행 4417: 320440918|2|2|197206|1|44|32o50\n",
    "a record in the line below": 'Offending record:\n{"pid": "0019283774", "birth": "19630417", "sex": "F"}\n',
    "Spark": "Malformed record skipped: Row(pid='0019283774', birth='19630417', sex='F')\n",
    "pydantic": "birth\n  Input should be a valid date [type=date_parsing, input_value='1963-04-31', input_type=str]\n",
    "pandera in a table": (
        "   failure_case  index schema_context column check check_number\n"
        "0    0019283774   4417         Column    pid   unique      0\n"
    ),
    "pandera in a line": "SchemaError: Column 'hb' failed validator 0: in_range(2, 25) failure cases: 250.0, 311.0\n",
    "a key in Korean": "상세정보:  (pid)=(0019283774) 키가 이미 있습니다.\n",
    "a tuple with a day": "record 4417 rejected: ('0019283774', datetime.date(1963, 4, 17), 'F')\n",
    "a record two lines below": (
        "SQL*Loader: Record 4417: Rejected - Error on table LAB, column HB.\nORA-01722: invalid number\n"
        "0019283774|19630417|F|10..8\n"
    ),
    "keys of two rows": "AssertionError: duplicated keys: ['0019283774', '0022710093']\n",
    "a key that is missing": "KeyError: '0019283774'\n",
    "a row in words": "WARN id=0019283774 birth=19630417 sex=F: hb out of range (250)\n",
    "a key in a sentence": "invalid date for pid 0019283774: 19630431\n",
    "what became of it": "record 88: pid=0019283774;birth=19630431;sex=F;hb=10..8 -> skipped\n",
    "a line of R": '[1] "row 4417: 320440918 2 2 197206 1 044 32o50 could not be parsed"\n',
    "Great Expectations": '"partial_unexpected_list": [250.0, 311.0],\n',
}
NAMING = {
    "a line alone": (
        "NOTE: Invalid data for wage in line 4417 28-33.\nNOTE: 61882 records were read from the infile.\n"
        "NOTE: The data set WORK.LS has 61882 observations and 7 variables.\n"
    ),
    "a record that was masked": (
        f"NOTE: Invalid data for wage in line 4417 28-33.\n{RULED}4417      ********* * * ****** * ***\n"
        "hhid=*** line=* sex=* birth=[removed] _ERROR_=1 _N_=4417\n"
    ),
    "a row of groups": "region=11 n_persons=24310 mean_age=44.2 _ERROR_=1 _N_=3\n",
    "fields of a line": "ParserError: Error tokenizing data. C error: Expected 5 fields in line 88, saw 6\n",
    "columns that were expected": "ERROR line 88: expected columns pid, birth, sex, hb\n",
    "a type": "ERROR column 'hb' has type object, expected float64\n",
    "what a log counts": "[2024-03-22 10:02:11] INFO read visit.csv, rows: 1822310, cols: 4, skipped: 0\n",
    "why rows were dropped": "WARN rows dropped: missing hb=1,204, implausible hb=3,551, duplicates=9,820\n",
    "the key of a group": "DETAIL:  Key (sgg_cd, yyyymm)=(11680, 202209) already exists.\n",
    "the name of a key": "IntegrityError: UNIQUE constraint failed: patients.pid\n",
    "columns of readr": "row col expected actual file\n 88  -- 5 columns 6 columns 'lfs.csv'\n",
    "a type of pandera": (
        "   failure_case  index schema_context column check check_number\n0    object   NaN   Column  pid  "
        "dtype('int64') 0\n"
    ),
    "what the words mean": "`_ERROR_=1` marks a row that failed and `_N_` its number.\n",
    "days": "WARNING: rows skipped in months: 2019-01-01, 2019-02-01, 2019-03-01\n",
    "codes of places": "Rows with invalid codes were recoded: 11680, 26350, 51150\n",
    "types side by side": "schema check failed in 2 rows: expected: pid str(10), birth date; got: pid int64, "
    "birth object\n",
    "a process": "ERROR worker pid=182231 exited with code 1\n",
    "how many keys": "patient_id: 182231 unique values, 12 duplicates dropped\n",
    "a table of exclusions": "Rows excluded by reason: age 12,310; sex 1,204; region 3,551\n",
    "what a model says": "convergence warning: log-likelihood: -182231.123456, iter 12\n",
    "a summary of cases": "Case processing: Valid: 182231, Missing: 1204, errors: 0, Total: 183435\n",
    "a sentence": "비고: 형식 오류 행은 제외하였다. 제외 기준: 결측, 중복, 이상값(0.1% 미만)\n",
}


@pytest.mark.parametrize("kind", QUOTING)
def test_a_message_that_quotes_a_record_stops_a_log(kind: str) -> None:
    assert flagged(look("load.log", QUOTING[kind]), "table.records")


@pytest.mark.parametrize("kind", NAMING)
def test_a_message_that_names_a_line_a_column_or_a_type_leaves(kind: str) -> None:
    assert not flagged(look("load.log", NAMING[kind]), "table.records")


def test_a_finding_says_where_and_never_what() -> None:
    report = look("load.log", "\n" + QUOTING["a key that is there"])
    told = [finding for finding in report.findings if finding.rule == "table.records"]
    assert told
    assert "0019283774" not in repr(told)
