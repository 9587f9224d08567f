"""Tables as Markdown: GitHub's pipes (GitHub Flavored Markdown Spec 0.29, section 4.10)."""

import re

from seqloom.report.figures import Table
from seqloom.report.fitting import readable
from seqloom.report.table_svg import to_the_right, written

_SPECIAL = re.compile(r"[\\`*_<>|~&]")
_LINKS = re.compile(r"[\\`*_<>|~&\[\]]")


def as_markdown(table: Table) -> str:
    """Return a table as Markdown; what has a meaning there is escaped, so that a cell reads as it was given."""
    heads = [escaped(readable(name)) for name in table.columns]
    ways = ["---:" if to_the_right(table, at) else "---" for at in range(len(heads))]
    rows = [[escaped(written(value)) for value in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ways, *rows))


def escaped(text: str) -> str:
    """Return a line of text in which no letter has a meaning of Markdown or HTML; [0.8, 0.9] stays as it is."""
    special = _LINKS if "](" in text or "][" in text else _SPECIAL
    return special.sub(lambda found: f"\\{found.group()}", text)
