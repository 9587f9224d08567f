"""Draw a terminal's text as SVG: `seqloom demo | python docs/picture.py docs/demo.svg "seqloom demo"`."""

import io
import sys

from rich.console import Console
from rich.text import Text


def main() -> None:
    """Read the text from stdin and write the picture."""
    path, title = sys.argv[1:3]
    lines = sys.stdin.read().rstrip("\n").splitlines()
    console = Console(record=True, width=max(80, *map(len, lines)), file=io.StringIO())
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    console.save_svg(path, title=title)


if __name__ == "__main__":
    main()
