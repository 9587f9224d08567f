"""Telling: a finding as text for a terminal, and findings as one page."""

from collections.abc import Sequence

import torch

from seqloom import __version__
from seqloom.report import drawing
from seqloom.report.figures import Section, Table
from seqloom.report.sections_page import page as page_of
from seqloom.studies.conduct import Finding


def as_text(finding: Finding, width: int = 100) -> str:
    """Return claim, method, table, verdict and command."""
    study, verdict = finding.study, finding.verdict
    parts = [
        f"{study.name}: {study.question}",
        f"claim    {study.claim}",
        f"method   {study.method}",
        f"source   {study.source}",
        "",
        drawing.as_text(finding.table, width),
        "",
        f"verdict  {verdict.answer}",
        f"test     {verdict.test}",
        *(f"  - {reason}" for reason in verdict.reasons),
        f"found in {finding.seconds:.0f} s, seeds {', '.join(map(str, finding.seeds))}, by: {finding.command}",
    ]
    return "\n".join(parts)


def section(finding: Finding) -> Section:
    """Return the part of a page that tells of a finding, its verdict first."""
    study, verdict = finding.study, finding.verdict
    seeds = f"{len(finding.seeds)} seed{'s' if len(finding.seeds) > 1 else ''}"
    return Section(
        study.name,
        f"{study.question} The claim: {study.claim}",
        [*finding.figures, finding.table],
        (
            f"Test: {verdict.test}",
            *verdict.reasons,
            f"Method: {study.method}",
            f"How to read it: {study.reading}",
            f"Exercise: {study.exercise}",
            f"Control: {study.control_about}",
            f"Source: {study.source}",
            f"Found again by: {finding.command} ({finding.seconds:.0f} s, seeds {', '.join(map(str, finding.seeds))})",
            f"Found with: Seqloom {__version__}, torch {torch.__version__}.",
        ),
        {"options": dict(finding.options), "rows": list(finding.rows)},
        lead=(f"Verdict, over {seeds}: {verdict.answer}.",),
    )


def summary(findings: Sequence[Finding]) -> Table:
    """Return the claims and their verdicts, a row each."""
    rows = [(one.study.name, one.study.claim, one.verdict.answer, round(one.seconds, 1)) for one in findings]
    return Table("Claims and verdicts", ("study", "claim", "verdict", "seconds"), rows)


def page(findings: Sequence[Finding]) -> str:
    """Return one HTML page of findings; of several with the table of their verdicts at its head."""
    sections = [section(one) for one in findings]
    if len(findings) == 1:
        one = findings[0]
        return page_of(f"{one.study.name}: {one.verdict.answer}", sections, one.study.question)
    head = Section("Claims and verdicts", "Each claim of the course, measured.", [summary(findings)])
    return page_of("Studies", [head, *sections], "What a course claims of sequence models, and what was found.")
