"""Files that hold data or a model in a form that nobody can read to the end, and the way such a file can still take."""

from __future__ import annotations

from registry.text import Text

MODEL, DATA, STATE = "model", "data", "state"

EXTENSIONS: dict[str, str] = {
    **dict.fromkeys(("pt", "pth", "ckpt", "onnx", "safetensors", "keras", "tflite", "pb", "mlmodel", "gguf"), MODEL),
    **dict.fromkeys(("pkl", "pickle", "joblib", "dill", "cloudpickle"), STATE),
    **dict.fromkeys(("npy", "npz", "rdata", "rda", "rds", "h5", "hdf5", "hdf", "parquet", "pq", "feather"), DATA),
    **dict.fromkeys(
        ("arrow", "orc", "avro", "dta", "sav", "zsav", "por", "sas7bdat", "xpt", "mat", "db", "sqlite"), DATA
    ),
    **dict.fromkeys(("sqlite3", "duckdb", "mdb", "accdb"), DATA),
}
"""Extension to what such a file is."""

OLD: dict[str, Text] = {
    **dict.fromkeys(
        ("hwp", "hwt", "hml"),
        Text(
            ko="한글에서 HWPX로 다시 저장하거나(다른 이름으로 저장하기 > HWPX 문서) PDF로 저장하십시오.",
            en="Save it in Hangul as HWPX (Save as > HWPX document), or as PDF.",
        ),
    ),
    **dict.fromkeys(
        ("ppt", "pps", "pptm", "ppsx", "potx", "odp"),
        Text(ko="PPTX나 PDF로 다시 저장하십시오.", en="Save it as PPTX, or as PDF."),
    ),
    **dict.fromkeys(
        ("doc", "docm", "dotx", "rtf", "odt"),
        Text(ko="DOCX나 PDF로 다시 저장하십시오.", en="Save it as DOCX, or as PDF."),
    ),
    **dict.fromkeys(
        ("xls", "xlsm", "xlsb", "ods"),
        Text(
            ko="집계한 결과만 새 통합 문서에 값으로 옮겨 XLSX로 저장하거나, 시트마다 CSV로 저장하십시오.",
            en="Copy the aggregated result alone, as values, into a new workbook and save that as XLSX, or each sheet "
            "as CSV.",
        ),
    ),
}
"""Extensions of documents in a format that is not read to the end, and the one to save each in."""

_LOCKED = frozenset(("docx", "xlsx", "pptx", "hwpx"))
_UNLOCK = Text(
    ko="문서 암호를 풀고, 이름에 맞는 형식으로 다시 저장하십시오.",
    en="Take the password off the document, and save it anew in the format that its name says.",
)

KINDS: dict[str, str] = {
    "pickle": STATE,
    **dict.fromkeys(("hdf5", "parquet", "arrow", "feather", "numpy", "r-data", "stata", "spss", "sqlite", "sas"), DATA),
    **dict.fromkeys(("safetensors", "onnx", "torch"), MODEL),
}
"""Kind by content to what such a file is."""

FIX: dict[str, Text] = {
    MODEL: Text(
        ko="모델은 예외 절차로만 나갑니다: safetensors나 ONNX로 저장하고, 공격 시험 보고서(구성원 추론, "
        "속성 추론)를 근거로 붙여 선임 심사자에게 예외를 신청하십시오. 그 밖에는 성능과 계수를 표로 내십시오.",
        en="A model leaves only by the exception path: save it as safetensors or ONNX, attach the report of attacks on "
        "it (membership and attribute inference) as evidence, and ask a senior checker for an exception. Else hand in "
        "its performance and coefficients as a table.",
    ),
    STATE: Text(
        ko="pickle은 열기만 해도 코드가 실행되고 원자료를 담을 수 있어 반출할 수 없습니다. 결과를 CSV나 "
        "JSON으로 저장하십시오. 모델이면 safetensors나 ONNX로 저장하고 공격 시험 보고서를 붙여 선임 심사자에게 "
        "예외를 신청하십시오.",
        en="A pickle runs code when it is opened and can hold the data itself, so it does not leave. Save results as "
        "CSV or JSON; save a model as safetensors or ONNX, attach the report of attacks on it and ask a senior checker "
        "for an exception.",
    ),
    DATA: Text(
        ko="집계한 결과를 CSV나 XLSX로 저장하십시오. 이 형식이 꼭 필요하면 까닭을 적어 선임 심사자에게 "
        "예외를 신청하십시오.",
        en="Save the aggregated result as CSV or XLSX. Where it must be this format, say why and ask a senior checker "
        "for an exception.",
    ),
}
"""What to do with each, the path of an exception included."""


def exception_for(kind: str, extension: str) -> Text | None:
    """The way for a file of this kind or name; None for one that has an ordinary fix."""
    if extension in OLD or (kind == "ole" and extension in _LOCKED):
        return OLD.get(extension, _UNLOCK)
    found = KINDS.get(kind) or EXTENSIONS.get(extension)
    return FIX[found] if found else None
