"""The pages of studies say what the findings beside them say, judged anew by the studies as they are now."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from seqloom.studies import STUDIES

DOCS = Path(__file__).resolve().parents[2] / "docs"
WRITE: dict[str, Any] = runpy.run_path(str(DOCS / "studies.py"))


@pytest.mark.parametrize("name", STUDIES)
def test_a_page_is_that_of_its_finding(name: str) -> None:
    found = WRITE["kept"](name)
    assert (DOCS / "studies" / f"{name}.md").read_text(encoding="utf-8") == WRITE["page"](found)
    assert found.command == f"seqloom study {name}"
    assert len(found.seeds) == type(found.study).seeds >= 3
    for number in range(len(found.figures)):
        assert (DOCS / "studies" / f"{name}-{number + 1}.svg").read_text(encoding="utf-8").startswith("<svg")


def test_both_tables_have_every_verdict() -> None:
    found = {name: WRITE["kept"](name) for name in STUDIES}
    for place, folder in (("studies", ""), ("gallery", "../studies/")):
        text = (DOCS / place / "README.md").read_text(encoding="utf-8")
        assert WRITE["HEAD"] + WRITE["index"](found, folder) in text
