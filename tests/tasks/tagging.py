"""Small tagged corpora, and a shorthand to learn a tagger from one."""

from pathlib import Path
from typing import Any

from seqloom.plan import make
from seqloom.tasks.tag import Tag

PLACES = ("서울", "New York", "Busan", "라스 베가스")


def spans(count: int = 30) -> str:
    """Return CoNLL columns in which names of places follow "to"; some sentences alike but for a number."""
    rows = []
    for number in range(count):
        place = PLACES[number % len(PLACES)].split(" ")
        rows.append([("fly", "O"), (f"no{number}", "O"), ("to", "O")])
        rows[-1] += [(word, "B-city" if n == 0 else "I-city") for n, word in enumerate(place)]
    return "".join("".join(f"{word}\t{tag}\n" for word, tag in row) + "\n" for row in rows)


def intents(count: int = 30) -> str:
    """Return word:TAG lines with an intent."""
    lines = [
        (f"fly:O to:O {place.split(' ')[0]}:B-city n{n}:O <=> flight" if n % 2 else f"fare:O n{n}:O <=> fare")
        for n in range(count)
        for place in (PLACES[n % 4],)
    ]
    return "\n".join(lines) + "\n"


def speech(count: int = 30) -> str:
    """Return CoNLL-U with parts of speech."""
    rows = [
        f"# n = {n}\n1\t나는\t나+는\tPRON\tNP+JX\t_\t2\tx\t_\t_\n2\t책{n}을\t책\tNOUN\tNNG+JKO\t_\t3\tx\t_\t_\n"
        "3\t읽는다\t읽\tVERB\tVV+EF\t_\t0\troot\t_\t_\n\n"
        for n in range(count)
    ]
    return "".join(rows)


SMALL = ["encoder.size=8", "source.size=8", "source.letters_size=4", "fit.batch_tokens=64"]


def learn(folder: Path, text: str, name: str, settings: tuple[str, ...] = (), **more: Any) -> tuple[Tag, list[str]]:
    """Learn a tagger from a file of this text; return it and what was said."""
    (folder / name).write_text(text, encoding="utf-8")
    if "valid" in more and isinstance(more["valid"], str):
        (folder / f"valid-{name}").write_text(more["valid"], encoding="utf-8")
        more["valid"] = str(folder / f"valid-{name}")
    more.setdefault("valid", 0.2)
    spec, _ = make("tag", "steps", Tag.template(), str(folder / name), settings=[*SMALL, *settings], **more)
    notes: list[str] = []
    return Tag.learn(spec, notes.append), [note.replace(f"{folder}/", "") for note in notes]
