"""A password or a key that is written out stops a file; where one is only asked for, nothing is said."""

from __future__ import annotations

import pytest

from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import flagged, look

WRITTEN = [
    ("load.py", 'engine = create_engine("postgresql://kim:Bada77!ng@10.1.2.3:5432/claims")\n'),
    ("load.R", 'con <- dbConnect(drv, user = "kim", password = "Bada77!ng")\n'),
    ("load.py", 'cn = connect("DRIVER={SQL Server};SERVER=db;UID=kim;PWD=Bada77!ng")\n'),
    ("prep.sas", "libname x oracle user=kim password=Bada77ng path='zone';\n"),
    ("get.sh", "curl -u kim:Bada77ng https://zone.example.org/api\n"),
    ("get.sh", "mysqldump -u kim -pBada77ng claims > out.sql\n"),
    ("run.yaml", "user: kim\npassword: Bada77!ng\n"),
    ("run.json", '{"db": {"user": "kim", "password": "Bada77!ng"}}'),
    ("load.do", 'odbc load, table("t") dsn("claims") user("kim") password("Bada77ng")\n'),
    ("load.py", "client = Store('h', access_key='store', secret_key='Bada77ngBada77ng')\n"),
    ("notes.md", "The token is ghp_abcdefghijklmnopqrstuvwxyzBada77ng.\n"),
    ("notes.txt", "-----BEGIN OPENSSH PRIVATE KEY-----\nBada77ng\n"),
]
ASKED_FOR = [
    ("load.py", 'engine = create_engine(os.environ["CLAIMS"])\npassword = os.environ["PW"]\n'),
    ("load.py", "con = connect(user=user, password=password)\n"),
    ("load.py", 'url = f"postgresql://{user}:{password}@db/claims"\n'),
    ("prep.sas", "libname x oracle user=kim password=&pw. path='zone';\n"),
    ("run.yaml", "password: ${DB_PASSWORD}\ntoken_limit: 512\n"),
    (
        "notes.md",
        'Set PASSWORD="your_password"; postgresql://user:password@localhost; https://a.example.org:80/b?c=d@e\n',
    ),
    ("load.py", "reset_password('link')\nparser.add_argument('--password', help='asked for')\n"),
    ("use.csv", "request,n\npassword reset,120\nlogin,340\n"),
]


@pytest.mark.parametrize(("name", "text"), WRITTEN)
def test_a_password_that_is_written_out_is_found_and_not_repeated(name: str, text: str) -> None:
    found = [f for f in look(name, text).findings if isinstance(f, Flagged) and f.rule == "text.secret"]
    assert found
    assert not any("Bada77" in f"{one.message}{one.fix}{one.where}" for one in found)


@pytest.mark.parametrize(("name", "text"), ASKED_FOR)
def test_a_password_that_is_only_asked_for_is_none(name: str, text: str) -> None:
    assert flagged(look(name, text), "text.secret") == []
