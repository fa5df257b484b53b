"""Headers of medical images as programs print them: what is of the patient stops, what is of the device does not."""

from __future__ import annotations

import pytest

from tests.unit.egress_review.egress_files import flagged, look

DEVICE = "(0008,0060) CS [MR]    #   2, 1 Modality\n(0018,0081) DS [2.98]  #   4, 1 EchoTime\n"


@pytest.mark.parametrize(
    "line",
    [
        "(0010,0010) PN [NAMGUNG^HARIN]        #  14, 1 PatientName",
        "(0010,0020) LO [25730981]             #   8, 1 PatientID",
        "(0010,0030) DA [19690214]             #   8, 1 PatientBirthDate",
        "(0010, 0010) Patient's Name                      PN: 'HONG^GILDONG'",
        "(0010, 0020) Patient ID                          LO: 'A0391827'",
        "(0010, 0030) Patient's Birth Date                DA: '19581123'",
        "0010,0020  Patient ID: 30918274",
        "PatientBirthDate = 1958-11-23",
        "PatientName: 홍^길동",
        "ds.PatientID -> 30918274",
        "(0010,0010) PN [SHANNON^MARY]         #  12, 1 PatientName",
        "(0010,0010) PN [TESTA^GIULIA]         #  12, 1 PatientName",
        "(0010,0010) PN [BENONE^PAOLO]         #  12, 1 PatientName",
    ],
)
def test_a_printed_header_with_a_patient_is_a_record(line: str) -> None:
    assert flagged(look("header.txt", f"{DEVICE}{line}\n"), "table.records")


def test_a_header_in_json_is_one_as_well() -> None:
    text = '{\n "00100020": {\n  "vr": "LO",\n  "Value": [\n   "30918274"\n  ]\n }\n}'
    assert flagged(look("header.json", text), "table.records")
    assert not flagged(look("header.json", text.replace("30918274", "ANON-0001")), "table.records")


@pytest.mark.parametrize(
    "line",
    [
        "(0010,0010) PN [ANONYMOUS^PATIENT]    #  18, 1 PatientName",
        "(0010,0010) PN [TEST^PATIENT]         #  12, 1 PatientName",
        "(0010,0010) PN [ANON^0001]            #   9, 1 PatientName",
        "(0010,0010) PN [Anonymized]           #  10, 1 PatientName",
        "(0010,0010) PN (no value available)   #   0, 0 PatientName",
        "(0010,0020) LO [00000000]             #   8, 1 PatientID",
        "(0010,0030) DA [19690101]             #   8, 1 PatientBirthDate",
        "(0010,0020)  Patient ID           replaced (Z), PS3.15 table E.1-1, 2024-06-01",
        "(0010,0030)  Patient's Birth Date    removed (X)",
        "PatientID: 4120 different values in 5310 series",
        "PatientID: 53104 unique values",
        "PatientName: removed in 5310 of 5310 series",
        "(0020,000d) UI [2.25.3071982736451982]  #  38, 1 StudyInstanceUID",
    ],
)
def test_a_header_without_its_patient_passes(line: str) -> None:
    assert not flagged(look("header.txt", f"{DEVICE}{line}\n"), "table.records")
