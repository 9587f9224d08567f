"""A sentence with its spans marked: in colours, or in brackets where there are none."""

import io
import zlib
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from seqloom.report.terminal import visible

COLORS = ("cyan", "green", "magenta", "yellow", "blue", "red")


def highlighted(words: Sequence[str], spans: Sequence[tuple[str, int, int]], *, color: bool = False) -> str:
    """Return words with each span (its type, its first word and the one after its last) marked and named.

        fly to [las vegas: city] on [monday: date]

    With `color` a type always has the same colour, and its name stands dim behind the span.
    """
    out, at = Text(), 0
    for kind, start, end in sorted(spans, key=lambda span: span[1]):
        _plain(out, words[at:start])
        inner, name = " ".join(map(visible, words[start:end])), visible(kind) if kind else "span"
        _space(out)
        if color:
            out.append(inner, f"bold {COLORS[zlib.crc32(kind.encode()) % len(COLORS)]}").append(f" {name}", "dim")
        else:
            out.append(f"[{inner}: {name}]")
        at = end
    _plain(out, words[at:])
    return _drawn(out, color)


def labelled(words: Sequence[str], tags: Sequence[str], *, color: bool = False) -> str:
    """Return words with the tag of each behind it: the/DET cat/NOUN; dim in colour."""
    out = Text()
    for word, tag in zip(words, tags, strict=True):
        _space(out)
        out.append(visible(word)).append(f"/{visible(tag)}", "dim" if color else "")
    return _drawn(out, color)


def _plain(out: Text, words: Sequence[str]) -> None:
    for word in words:
        _space(out)
        out.append(visible(word))


def _space(out: Text) -> None:
    if out.plain:
        out.append(" ")


def _drawn(text: Text, color: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, width=1_000_000, force_terminal=color, color_system="standard" if color else None)
    console.print(text, end="", soft_wrap=True)
    return file.getvalue()
