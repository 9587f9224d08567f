"""The page of a finding: its verdict first, how to find it again, what it was found with, and the rows behind it."""

from dataclasses import replace

import torch

from seqloom import __version__
from seqloom.studies.conduct import conduct
from seqloom.studies.telling import page, section

OPTIONS = {"size": 8, "length": 16, "steps": 20}


def test_the_verdict_leads_and_the_rest_stands_below() -> None:
    finding = conduct("vanishing", OPTIONS, seeds=2, jobs=1)
    part = section(finding)
    assert part.lead == (f"Verdict, over 2 seeds: {finding.verdict.answer}.",)
    notes = "\n".join(part.notes)
    assert finding.command in notes and f"Seqloom {__version__}, torch {torch.__version__}" in notes
    assert part.facts["rows"] == finding.rows and part.facts["options"] == OPTIONS
    whole = page([finding])
    body = whole[: whole.index("</main>")]
    assert body.index('class="lead"') < body.index('class="figures"') and "seqloom study vanishing" in body
    alone = section(replace(finding, seeds=(7,)))
    assert alone.lead[0].startswith("Verdict, over 1 seed:")
