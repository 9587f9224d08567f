"""Draw a terminal's text as SVG: `seqloom demo | python docs/picture.py docs/demo.svg "seqloom demo"`."""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 100
"""Columns; longer lines are wrapped."""


def main() -> None:
    """Read the text from stdin and write the picture."""
    path, title = sys.argv[1:3]
    lines = sys.stdin.read().rstrip("\n").splitlines()
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for line in lines:
        console.print(Text(line))
    svg = console.export_svg(title=title)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # it would ask another site for a font
    Path(path).write_text(svg.replace("Fira Code", "monospace"), encoding="utf-8")


if __name__ == "__main__":
    main()
