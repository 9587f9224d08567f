"""Show every view of `seqloom explain`, for docs/explain.md: `python docs/made_views.py [VIEW ...]` writes
docs/views/VIEW.png anew.

A small translation run that is kept for tests is explained; a browser without a network opens the page of each view,
and what it shows of the section is the picture. Needs Debian's `chromium`, and playwright.
"""

import random
import shutil
import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

import seqloom
from seqloom.explaining import VIEWS
from seqloom.explaining.explain import explain

HERE = Path(__file__).resolve().parent
RUN = HERE.parent / "tests" / "kept" / "format-1-translate"
QUESTION = "고양이 3 마리가 달린다"
WIDE, HIGH = 1120, 1500
"""Pixels of a picture, at most so high."""


def main(names: list[str]) -> None:
    """Write a picture of each view."""
    browser = shutil.which("chromium") or sys.exit("chromium is not installed: apt install chromium")
    (HERE / "views").mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, chdir(folder), sync_playwright() as driver:
        Path("pairs.tsv").write_text(pairs(), encoding="utf-8")
        run = seqloom.load(RUN)
        opened = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        window = opened.new_context(viewport={"width": WIDE, "height": HIGH}, color_scheme="light")
        window.set_offline(True)
        shown = window.new_page()
        for name in names or VIEWS:
            found = explain(run, QUESTION, views=[name], data="pairs.tsv")
            page = Path(f"{name}.html").resolve()
            page.write_text(found.page(), encoding="utf-8")
            shown.goto(page.as_uri())
            shown.wait_for_selector("html[data-drawn=yes]")
            box = shown.locator("section").bounding_box()
            assert box is not None
            area = {"x": 0.0, "y": box["y"], "width": float(WIDE), "height": min(box["height"], HIGH)}
            shown.screenshot(path=HERE / "views" / f"{name}.png", clip=area, full_page=True)
            print(f"docs/views/{name}.png")
        opened.close()


def pairs() -> str:
    """Return 120 sentences in Korean and English, as the run has learned them."""
    chosen = random.Random(5)
    beasts, deeds = {"개": "dogs", "고양이": "cats", "새": "birds"}, {"달린다": "run", "잔다": "sleep"}
    rows = ["ko\ten"]
    for _ in range(120):
        beast, deed, many = chosen.choice([*beasts]), chosen.choice([*deeds]), chosen.randint(2, 20)
        rows.append(f"{beast} {many} 마리가 {deed}\t{many} {beasts[beast]} {deeds[deed]}")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
