"""What `check` says of findings: a line for each, what is wrong first."""

from collections.abc import Iterator
from typing import Any

from seqloom.cli.output import aligned, number

WAYS = {
    "exact": "letter for letter",
    "normal": "but for case, spaces or punctuation",
    "near": "but for a few letters (80 % of their runs of letters are the same)",
}
SMALL = 0.05
"""What order must explain more than a bag to be worth much."""
NOTHING = 0.02
"""What a score must explain to have told anything."""
Line = tuple[str, str]
SHOWN = 12
"""Series that are shown; --json has them all."""


def report(found: dict[str, Any]) -> str:
    """Return what a person reads of findings."""
    lines = [*_leaks(found), *_grouped(found), *_twice(found), *_letters(found), *_unseen(found)]
    if not lines and found["parts"]:
        lines.append(("found", "no leak, nothing twice, no broken letters"))
    lines += [*_balance(found), *_echoes(found), *_order(found), *_suggested(found)]
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
        what = _what(found, name)
        for kind, one in kinds.items():
            rows, first = number(one["rows"]), one["examples"][0]
            place = f"the first {_place(first['where'])}"
            if kind == "forms" and one["mixed"]:
                yield (
                    "letters",
                    f"{rows} {name} {what} have letters that are not composed (NFD), {number(one['composed'])} "
                    f"composed ones (NFC): two words to a model; write all as NFC, {place}",
                )
            elif kind != "forms":
                of = f"{rows} of {number(_rows(found, name))} {name} {what}"
                yield ("letters", f"{of}, {place} ({first['found']!r}): {one['way']}")


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
                f"{number(letters['rows'])} of {number(_rows(found, name))} {name} {_what(found, name)} have one that "
                f"train has not ({letters['different']}: {letters['some']!r}); the first: {_place(letters['first'])}",
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


def _echoes(found: dict[str, Any]) -> Iterator[Line]:
    for one in found.get("echoes", [])[:SHOWN]:
        of = f"{one['series']} {one['channel']}".strip()
        season = "" if one["season"] is None else f", {one['season']:.2f} at the season"
        reach = "beyond 400 steps" if one["reach"] is None else f"up to {one['reach'] - 1} steps"
        walk = "; its changes are like noise (a random walk): the last value is hard to beat" if one["walk"] else ""
        yield (
            "autocorrelation",
            f"{of}: {one['first']:.2f} at one step{season}; more than chance ({one['chance']:.2f}) {reach}{walk}",
        )
    if len(found.get("echoes", [])) > SHOWN:
        yield ("autocorrelation", f"... and {len(found['echoes']) - SHOWN} more (--json)")


def _order(found: dict[str, Any]) -> Iterator[Line]:
    one = found.get("order")
    if one is None:
        return
    if one["kind"] == "none":
        yield ("order", f"nothing is said: {one['why']}")
        return
    if one["kind"] == "text":
        nats = ", ".join(f"{value:.2f}" for value in one["nats"])
        yield (
            "order",
            f"a token costs {nats} nats where 0, 1, 2 ... before it are known; {one['reach']} are worth counting",
        )
        yield ("order", f"shuffled it costs {_interval(one['drop'], 'nats')} more: {_verdict(one['shown'], 1.0)}")
        return
    if one["right"] is not None:
        bag, ordered, shuffled = (f"{value:.1%}" for value in one["right"])
        yield ("order", f"a simple score tells {ordered} right in order, {shuffled} shuffled, {bag} as a bag")
    bag, ordered, shuffled = (f"{value:.3f}" for value in one["explained"])
    yield (
        "order",
        f"it explains {ordered} in order, {_interval(one['drop'], '')} less shuffled; the bag {bag}, order adds "
        f"{_interval(one['gain'], '')}",
    )
    if max(one["explained"]) < NOTHING:
        yield (
            "order",
            "nothing is told by so simple a score, in order or not: too few rows for it, or there is nothing",
        )
        return
    yield ("order", _verdict(one["shown"], one["gain"][0]))


def _verdict(shown: bool, gain: float) -> str:
    if shown and gain < SMALL:
        return "order matters here, and what reads a bag comes near"
    if shown:
        return "order is worth modelling here"
    return "no use of order is shown; one that reaches further than a few steps would not be seen by this score"


def _interval(values: list[float], unit: str) -> str:
    mean, low, high = values
    return f"{mean:.3f}{' ' + unit if unit else ''} [{low:.3f}, {high:.3f}]"


def _suggested(found: dict[str, Any]) -> Iterator[Line]:
    return (("suggested", f"{one['words']}  {one['why']}") for one in found["suggested"])


def _first(examples: list[dict[str, Any]]) -> str:
    if not examples:
        return ""
    one = examples[0]
    text = f": {one['text']!r}" if one["text"] else ""
    return f"; {_place(one['where'])} is {_place(one['other'])}{text}"


def _place(where: str) -> str:
    """Return a place without its folder."""
    file, sign, item = where.partition(" (")
    return file.rpartition("/")[2] + sign + item


def _what(found: dict[str, Any], name: str) -> str:
    return next(str(part["what"]) for part in found["parts"] if part["name"] == name)


def _rows(found: dict[str, Any], name: str) -> int:
    return next(int(part["rows"]) for part in found["parts"] if part["name"] == name)
