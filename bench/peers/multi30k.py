"""Multi30k, English to German, cut into lower-case words and marks that both trainers read as they are.

The folder is $SEQLOOM_DATA/multi30k, or `shared/data/multi30k` beside the project.
"""

import gzip
import os
import re
from pathlib import Path

DATA = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
PLACE = DATA / "multi30k"
CUT = re.compile(r"\w+|[^\w\s]")
LANGUAGES = ("en", "de")


def there() -> bool:
    """Whether the files are."""
    return (PLACE / "train.en.gz").exists()


def write(folder: Path) -> None:
    """Write train.en and train.de, dev.en and dev.de (100 pairs), and train.tsv with both."""
    for part, file, count in (("train", "train", None), ("dev", "val", 100)):
        sides = [_lines(PLACE / f"{file}.{language}.gz")[:count] for language in LANGUAGES]
        rows = [row for row in zip(*sides, strict=True) if all(row)]
        for language, side in zip(LANGUAGES, zip(*rows, strict=True), strict=True):
            (folder / f"{part}.{language}").write_text("\n".join(side) + "\n", encoding="utf-8")
        (folder / f"{part}.tsv").write_text("\n".join(map("\t".join, rows)) + "\n", encoding="utf-8")


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        return [" ".join(CUT.findall(line.lower())) for line in text]
