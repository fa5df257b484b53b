"""What the labels of identifiers are called on screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from audit.text import Language, Text

LABEL_NAMES: Mapping[str, Text] = MappingProxyType(
    {
        "PERSON": Text("이름", "name"),
        "ADDRESS": Text("주소", "address"),
        "PHONE": Text("전화번호", "telephone number"),
        "EMAIL": Text("전자우편", "e-mail address"),
        "URL": Text("웹 주소", "web address"),
        "IP": Text("IP 주소", "IP address"),
        "RRN": Text("주민등록번호", "resident registration number"),
        "FRN": Text("외국인등록번호", "foreigner registration number"),
        "PASSPORT": Text("여권번호", "passport number"),
        "DRIVER_LICENSE": Text("운전면허번호", "driver licence number"),
        "HEALTH_INSURANCE": Text("건강보험증번호", "health insurance number"),
        "BUSINESS_REG": Text("사업자등록번호", "business registration number"),
        "CORPORATE_REG": Text("법인등록번호", "corporate registration number"),
        "ACCOUNT": Text("계좌번호", "account number"),
        "CARD": Text("카드번호", "card number"),
        "VEHICLE": Text("차량번호", "vehicle number"),
        "BIRTH_DATE": Text("생년월일", "birth date"),
        "OTHER_ID": Text("기타 식별번호", "other identifying number"),
    }
)


def label_names(labels: Iterable[str], language: Language) -> str:
    """Return labels in words, with commas; one without a name stays as it is."""
    return ", ".join(LABEL_NAMES[label].say(language) if label in LABEL_NAMES else label for label in labels)
