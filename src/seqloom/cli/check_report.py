"""What `check` says of findings: a line for each, what is wrong first."""

from collections.abc import Iterator
from typing import Any

from seqloom.cli.output import aligned, number

WAYS = {
    "exact": "letter for letter",
    "normal": "but for case, spaces or punctuation",
    "near": "but for a few letters (80 % of their runs of letters are the same)",
}
Line = tuple[str, str]


def report(found: dict[str, Any]) -> str:
    """Return what a person reads of findings."""
    lines = [*_leaks(found), *_grouped(found), *_twice(found), *_letters(found), *_unseen(found), *_balance(found)]
    if not lines and found["parts"]:
        lines.append(("found", "nothing odd: no leak, nothing twice, no broken letters"))
    return aligned([("" if name == previous else name, text) for name, text, previous in _named(lines)])


def _named(lines: list[Line]) -> Iterator[tuple[str, str, str]]:
    previous = ""
    for name, text in lines:
        yield name, text, previous
        previous = name


def _leaks(found: dict[str, Any]) -> Iterator[Line]:
    for leak in found["leaks"]:
        what = _what(found, leak["part"])
        told = ""
        if leak["same"] is not None:
            told = f", {number(leak['same'])} of them told the same"
        some = "" if leak["all"] else " at least"
        yield (
            "leak",
            f"{number(leak['rows'])}{some} of {number(leak['of'])} {leak['part']} {what} are in {leak['known']} too, "
            f"{WAYS[leak['kind']]}{told}{_first(leak['examples'])}",
        )


def _grouped(found: dict[str, Any]) -> Iterator[Line]:
    for one in found["groups"]:
        if one["groups"]:
            yield (
                "group leak",
                f"{one['groups']} of {one['of']} '{one['column']}' of {one['part']} are in {one['known']} too "
                f"({number(one['rows'])} of {number(one['of_rows'])} rows), such as {', '.join(one['names'])}",
            )
        else:
            yield ("groups", f"no '{one['column']}' of {one['part']} is in {one['known']}")
    for one in found["times"]:
        span = f"{one['first']} to {one['last']}, {one['known']} ends at {one['known_last']}"
        if one["early"]:
            yield (
                "time leak",
                f"{number(one['early'])} of {number(one['of'])} {one['part']} rows are not later than the last of "
                f"{one['known']} by '{one['column']}' ({span}): what comes later helps to tell them",
            )
        else:
            yield ("times", f"{one['part']} comes after {one['known']} by '{one['column']}' ({span})")


def _twice(found: dict[str, Any]) -> Iterator[Line]:
    kind = found.get("kind")
    for name, one in found["twice"].items():
        rows, what = _rows(found, name), _what(found, name)
        if one["normal"]:
            more = f" ({number(one['normal'])} {WAYS['normal']})" if one["normal"] > one["rows"] else ""
            yield (
                "twice",
                f"{number(one['rows'])} of {number(rows)} {name} {what} occurred before{more}{_first(one['examples'])}",
            )
        if one["unlike"] and kind == "text":
            yield (
                "told apart",
                f"{number(one['unlike'])} {name} sources have several targets{_first(one['conflicts'])}",
            )
        elif one["unlike"]:
            yield (
                "told apart",
                f"{number(one['unlike'])} {name} {what} read the same and are told otherwise; at most "
                f"{one['best']:.1%} can be told right{_first(one['conflicts'])}",
            )


def _letters(found: dict[str, Any]) -> Iterator[Line]:
    for name, kinds in found["encodings"].items():
        for kind, one in kinds.items():
            rows, first = number(one["rows"]), one["examples"][0]
            if kind == "forms":
                if one["mixed"]:
                    yield (
                        "letters",
                        f"{rows} {name} {_what(found, name)} have letters that are not composed (NFD), "
                        f"{number(one['composed'])} composed ones (NFC): two words to a model; write all as NFC, the first: {_place(first['where'])}",
                    )
                continue
            yield (
                "letters",
                f"{rows} of {number(_rows(found, name))} {name} {_what(found, name)}, the first {_place(first['where'])} ({first['found']!r}): {one['way']}",
            )


def _unseen(found: dict[str, Any]) -> Iterator[Line]:
    for name, one in found["unseen"].items():
        if labels := one.get("labels"):
            rows = sum(labels.values())
            some = ", ".join(list(labels)[:5]) + (", ..." if len(labels) > 5 else "")
            yield ("new labels", f"{len(labels)} of {name} that train has not ({number(rows)} times): {some}")
        letters = one["letters"]
        if letters["rows"]:
            yield (
                "new letters",
                f"{letters['different']} that train has not, in {number(letters['rows'])} {name} rows: "
                f"{letters['some']!r}; the first: {_place(letters['first'])}",
            )


def _balance(found: dict[str, Any]) -> Iterator[Line]:
    one = found.get("balance")
    if one is None:
        return
    yield (
        "balance",
        f"{one['labels']} labels, as hard to guess as {one['effective']:.1f} equal ones; always {one['most']!r} would "
        f"be right in {one['share']:.1%}",
    )
    if one["rares"]:
        some = ", ".join(f"{name} ({count})" for name, count in one["rare"][:5])
        yield ("rare labels", f"{one['rares']} labels have fewer than 5: {some}{', ...' if one['rares'] > 5 else ''}")


def _first(examples: list[dict[str, Any]]) -> str:
    if not examples:
        return ""
    one = examples[0]
    text = f": {one['text']!r}" if one["text"] else ""
    return f"; {_place(one['where'])} is {_place(one['other'])}{text}"


def _place(where: str) -> str:
    """Return a place without its folder."""
    return where.rpartition("/")[2]


def _what(found: dict[str, Any], name: str) -> str:
    return next(str(part["what"]) for part in found["parts"] if part["name"] == name)


def _rows(found: dict[str, Any], name: str) -> int:
    return next(int(part["rows"]) for part in found["parts"] if part["name"] == name)
