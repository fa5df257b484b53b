"""What the name of a column says of what it holds: expressions for names in small letters, by the role they suggest."""

from __future__ import annotations

from deid.catalogue import Role

# Numbers and codes of people: the same person has the same one in every table.
OF_A_PERSON = (
    r"(회원|고객|직원|사원|학생|[가-힣]자)[ _]?(번호|id)|(회원|고객|직원|사원|학생|가입자)[ _]?코드|학번|사번"
    r"|(person|patient|subject|member|customer|employee|student)_?id|mrn"
)
DIRECT = (
    r"성명|이름|주민|외국인등록|여권|면허|전화|휴대|연락처|이메일|메일|계좌|카드번호|차량번호|보험증|name$|^name|rrn|ssn|phone|mobile|e-?mail"
    rf"|passport|account|{OF_A_PERSON}"
)
# Words in the name of a column, by the role they suggest; the first that matches counts.
NAMED: tuple[tuple[Role, str], ...] = (
    ("direct", rf"{DIRECT}|[가-힣]id$"),
    (
        "sensitive",
        r"질병|질환|진단|병명|상병|소득|급여|연봉|종교|정당|노조|범죄|유전|장애|약물|처방|혈압|검사결과|disease|diagnos|icd|income|salary|religion|condition"
        r"|drug|medication|disab",
    ),
    (
        "quasi",
        r"나이|연령|성별|생년|생일|출생|지역|시도|시군구|행정동|법정동|우편|주소|직업|학력|혼인|국적|인종|입원일|방문일|날짜|일자|age|sex|gender|birth|year"
        r"|region|zip|postal|address|occupation|education|marital|nation|race|ethnic|date|city|district",
    ),
)
A_DAY = r"일$|일자$|날짜$|일시$|date$"
NUMBERED = r"(^|[_ ])(id|no|seq)$|번호$|순번$"
