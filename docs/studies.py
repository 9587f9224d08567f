"""Write docs/studies: a page for each study, from what it says of itself and the finding that is kept beside the page.

seqloom study vanishing --out docs/studies && rm docs/studies/*.html     measure again, with the defaults
python docs/studies.py                                                   write the pages and their figures
"""

import json
from pathlib import Path
from typing import Any

from seqloom.report.drawing import as_svg
from seqloom.studies import STUDIES
from seqloom.studies.conduct import Finding, found_of, prepare

FOLDER = Path(__file__).parent / "studies"
INDEX = """# Studies

A claim of the course each: an experiment under control, a figure, and a verdict that follows from a stated test over
seeds. What was measured is kept beside each page as JSON; `python docs/studies.py` writes these pages from it. Every
study has a control, an architecture that is broken on purpose, with which the verdict must change: `--control`.

The numbers are of seeds 7 and on. Some sizes, bounds and wordings were settled after a first look at results of
these very seeds (vanishing, exploding, gates, truncation, masking, parallel, depth), so that those verdicts
flatter; what fresh seeds said of them stands below the table.

"""
FRESH = """
On fresh seeds, 107 and on, which nothing was settled by (`seqloom study NAME --seed 107`): vanishing, gates,
truncation and depth hold; exploding is inconclusive (the gradient grows by 1.24 [1.05, 1.43] a step, and must
by more than 1.051), and so is masking (0.095 [-0.16, 0.35] of the unmasked model's texts are allowed, and less
than 0.1 must be). sharing, inconclusive above, holds there. parallel was not timed again.
"""
HEAD = "| study | the claim | verdict |\n|---|---|---|\n"


def kept(name: str) -> Finding:
    """Return the finding that is kept of a study, judged anew."""
    about = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    study = prepare(name, about["options"])
    return found_of(study, about["options"], tuple(about["seeds"]), about["rows"], about["seconds"])


def page(found: Finding) -> str:
    """Return the Markdown of a study."""
    study, verdict = found.study, found.verdict
    figures = [f"![{figure.title}]({study.name}-{number + 1}.svg)" for number, figure in enumerate(found.figures)]
    parts = [
        f"# {study.name}: {study.question}",
        f"**The claim.** {study.claim}",
        f"**Verdict: {verdict.answer}.** {len(found.seeds)} seeds, {found.seconds:.0f} s, by:",
        f"    {found.command}",
        f"The test: {verdict.test.rstrip('.')}.",
        "\n".join(f"- {reason}" for reason in verdict.reasons),
        *figures,
        f"**How to read it.** {study.reading}",
        table(found),
        f"**How it is measured.** {study.method}",
        f"**The control.** {study.control_about} `seqloom study {study.name} --control`",
        f"**Exercise.** {study.exercise}",
        f"**Source.** {study.source}",
        "[All studies](README.md)",
    ]
    return "\n\n".join(parts) + "\n"


def table(found: Finding) -> str:
    """Return the table of a finding as Markdown."""
    drawn = found.table
    rows = [drawn.columns, ["---"] * len(drawn.columns), *drawn.rows]
    return "\n".join(f"| {' | '.join(map(cell, row))} |" for row in rows)


def cell(value: Any) -> str:
    """Write a cell as a person reads it."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def index(found: dict[str, Finding], folder: str = "") -> str:
    """Return a row for each study, whose pages lie in a folder."""
    lines = [
        f"| [{name}]({folder}{name}.md) | {one.study.claim} | {one.verdict.answer} |" for name, one in found.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every page whose finding is there, and the index."""
    found = {name: kept(name) for name in STUDIES if (FOLDER / f"{name}.json").exists()}
    for name, one in found.items():
        (FOLDER / f"{name}.md").write_text(page(one), encoding="utf-8")
        for number, figure in enumerate(one.figures):
            (FOLDER / f"{name}-{number + 1}.svg").write_text(as_svg(figure), encoding="utf-8")
    (FOLDER / "README.md").write_text(INDEX + HEAD + index(found) + FRESH, encoding="utf-8")
    gallery = FOLDER.parent / "gallery" / "README.md"
    before, mark, rest = gallery.read_text(encoding="utf-8").partition("<!-- studies -->\n")
    after = rest.partition("<!-- end -->")[2]
    table = f"{HEAD}{index(found, '../studies/')}"
    gallery.write_text(f"{before}{mark}{table}<!-- end -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
