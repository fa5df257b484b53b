"""The scanner's locks: what it adds to the base, each exactly once, and the programs that the checks call by name."""

from images import sources
from images.debian_lock import parse_debian_lock, without
from images.recipes import scanner_recipe
from images.wheel_lock import parse_wheel_lock


def test_the_scanner_adds_to_the_base_and_replaces_nothing_of_it() -> None:
    base = parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"))
    added = parse_debian_lock(sources.SCANNER_LOCK.read_text(encoding="utf-8"))
    assert without(added, base) == added
    assert without(added, added).packages == ()
    assert set(sources.scanner_packages()) <= {package.name for package in added.packages}


def test_what_reads_korean_and_english_words_drawings_and_pdf_is_locked() -> None:
    added = {one.name for one in parse_debian_lock(sources.SCANNER_LOCK.read_text(encoding="utf-8")).packages}
    assert added >= {"tesseract-ocr", "tesseract-ocr-kor", "tesseract-ocr-eng", "librsvg2-bin"}
    lock = sources.IMAGES / "scanner" / "requirements.lock"
    wheels = parse_wheel_lock(lock.read_text(encoding="utf-8"), name=lock.name)
    assert [wheel.name for wheel in wheels.wheels] == ["pypdf", "pypdfium2"]


def test_another_lock_gives_the_scanner_image_another_name() -> None:
    recipe = scanner_recipe("0" * 64)
    assert {"packages.lock", "requirements.lock", "add.sh", "Dockerfile"} <= set(recipe.files)
    assert recipe.digest() != scanner_recipe("1" * 64).digest()
