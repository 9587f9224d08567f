"""What the verbs show of a tagger: a column more in a file, spans marked on a terminal, counts of a corpus."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seqloom.cli import incoming
from seqloom.cli.output import aligned, field, json_line, note, number, say
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.cli.ways import Wish
    from seqloom.tasks.tag import Tag
    from seqloom.tasks.tag_answers import Tagged
    from seqloom.tasks.tag_data import TagData
    from seqloom.training.run import Run

SHOWN = 30
"""Tags that `check` shows; --json has them all."""


def predict(run: "Run", file: str | None, format: str | None, wish: "Wish") -> None:
    """Tag the sentences of a file, whose lines are kept, or lines of words from stdin.

    Raises InputError for options that are another task's.
    """
    from seqloom.cli.ways import WRITING

    wish.refuse(run, WRITING - {"n_best"}, "shapes answers that are written")
    wish.refuse(run, {"threshold"}, "is for labels")
    more = [f"--{name.replace('_', '-')}" for name in ("proba", "n_best") if name in wish.asked]
    if more and not wish.json:
        raise InputError(f"{' and '.join(more)} say more than one column holds: add --json.")
    options = {"probabilities": "proba" in wish.asked, "best": wish.asked.get("n_best", 1)}
    if format is not None:
        if file not in (None, "-"):
            raise InputError("--format is for standard input; a file is read as the training file was.")
        run.spec.data.format, file = format, "-"  # type: ignore[assignment]
        _whole(run, file, wish.json, options)
    elif file not in (None, "-"):
        _whole(run, str(file), wish.json, options)
    else:
        for lines in _typed() if sys.stdin.isatty() else incoming.arriving():
            for line, answer in zip(lines, run.predict(lines, **options), strict=True):
                _show(line.rstrip("\r"), answer, wish)
            sys.stdout.flush()


def _whole(run: "Run", file: str, json: bool, options: dict[str, Any]) -> None:
    for _, answer in run.predict_file(file, say=note, **options):
        if json:
            json_line(_plain(answer))
        elif answer.sentence is not None:
            sys.stdout.write(answer.sentence.written(answer.tags, answer.label))


def _show(line: str, answer: "Tagged", wish: "Wish") -> None:
    """Write the answer to one line of words."""
    if wish.json:
        json_line(_plain(answer))
    elif not wish.terminal:
        label = [] if answer.label is None else [field(answer.label)]
        print("\t".join([field(line), " ".join(map(field, answer.tags)), *label]))
    else:
        print(marked(answer, _colors()))


def marked(answer: "Tagged", color: bool) -> str:
    """Return a sentence for a person: its spans marked, or each word with its tag, and what the whole is."""
    from seqloom.report.highlight import highlighted, labelled

    whole = "" if answer.label is None else f"  ({answer.label})"
    if answer.spans or all(tag == "O" for tag in answer.tags):
        return highlighted(answer.words, answer.spans, color=color) + whole
    return labelled(answer.words, answer.tags, color=color) + whole


def _colors() -> bool:
    """Tell whether stdout shows colours; rich asks the terminal and NO_COLOR."""
    from rich.console import Console

    console = Console()
    return console.is_terminal and console.color_system is not None and not console.no_color


def _plain(answer: "Tagged") -> dict[str, Any]:
    """Return an answer as a document."""
    spans = [
        {"type": span.type, "start": span.start, "end": span.end, "text": " ".join(answer.words[span.start : span.end])}
        for span in answer.spans
    ]
    plain: dict[str, Any] = {"words": answer.words, "tags": answer.tags, "spans": spans}
    if answer.label is not None:
        plain["label"] = answer.label
    if answer.probabilities is not None:
        plain["probabilities"] = answer.probabilities
    if answer.hypotheses:
        plain["hypotheses"] = [{"tags": tags, "logprob": score} for score, tags in answer.hypotheses]
    return plain


def _typed() -> Iterator[list[str]]:
    """Ask for a line at a time until the end of input (Ctrl-D)."""
    say("Type a sentence, its words with spaces between, and Enter; Ctrl-D ends.")
    while True:
        print("text> ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            say("")
            return
        yield [line.rstrip("\n")]


def found(task: "Tag", train: "TagData", held: "TagData | None", notes: list[str]) -> dict[str, Any]:
    """Return what `check` finds in a tagged corpus."""
    spec, layout, writing = task.spec, train.part.corpus.sentences.layout, task.writing
    assert spec.source is not None
    return {
        "task": spec.task,
        "data": spec.data.train,
        "format": layout.name,
        "columns": layout.columns,
        "scheme": None if writing.file is None else str(writing.file),
        "learnt_as": None if writing.learnt is None else str(writing.learnt),
        "odd_tags": writing.odd,
        "train": _counted(task, train),
        "valid": None if held is None else _counted(task, held),
        "vocabulary": task.source.known([]),
        "notes": notes,
    }


def _counted(task: "Tag", data: "TagData") -> dict[str, Any]:
    """Count the sentences of some data: words, tags, spans, labels, and how much of it training has not."""
    from seqloom.cli.check import spread
    from seqloom.data.spans import spans

    tags: Counter[str] = Counter()
    types: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    unseen = 0
    lengths = []
    for row in data.part.at:
        told, label = data.truth(row)
        tags.update(told)
        lengths.append(len(told))
        unseen += sum(data.unseen(row))
        if label is not None:
            labels[label] += 1
        if task.writing.file is not None:
            types.update(span.type for span in spans(told))
    counted: dict[str, Any] = {"sentences": len(lengths), "words": sum(lengths), "lengths": spread(lengths)}
    counted |= {"unseen": unseen / sum(lengths), "tags": dict(tags)}
    counted["tags_not_in_training"] = sum(count for tag, count in tags.items() if tag not in task.tags)
    return counted | ({"spans": dict(types)} if types else {}) | ({"labels": dict(labels)} if labels else {})


def report(found: dict[str, Any]) -> str:
    """Return what `found` found as a person reads it."""
    from seqloom.report.terminal import table

    rows = [("task", found["task"]), ("data", f"{found['data']} ({found['format']})")]
    rows += [(f"{what} column", str(column)) for what, column in found["columns"].items()]
    if found["scheme"] is not None:
        learnt = f", learnt as {found['learnt_as']}" if found["learnt_as"] is not None else ""
        rows.append(("spans", f"{found['scheme']}{learnt}; {number(found['odd_tags'])} odd tags"))
    for part in ("train", "valid"):
        counted = found[part]
        if counted is None:
            rows.append((part, "nothing is held out: there will be no validation"))
            continue
        size = f"{number(counted['sentences'])} sentences, {number(counted['words'])} words"
        if part == "valid":
            size += f", {counted['unseen']:.2%} of them unseen in training"
        if counted["tags_not_in_training"]:
            size += f", {number(counted['tags_not_in_training'])} with a tag that training has not"
        rows.append((part, size))
        has = {one: f"{value:.0f}" for one, value in counted["lengths"].items()}
        lengths = "{least} to {most}, median {median}, mean {mean}, 95 % up to {p95} words".format(**has)
        rows.append((f"{part} lengths", lengths))
    rows.append(("vocabulary", f"{number(found['vocabulary']['size'])} {found['vocabulary']['kind']} tokens"))
    parts = [aligned(rows)]
    for what, one in (("tags", "tag"), ("spans", "type"), ("labels", "label")):
        counts: dict[str, int] = found["train"].get(what, {})
        if counts and not (what == "tags" and "spans" in found["train"]):
            common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            total = sum(counts.values())
            shown = [{one: name, what: count, "share": count / total} for name, count in common[:SHOWN]]
            more = f"\n... and {len(common) - SHOWN} more" if len(common) > SHOWN else ""
            header = {"tags": "words", "spans": "spans", "labels": "sentences"}[what]
            named = [{one: row[one], header: row[what], "share": row["share"]} for row in shown]
            parts.append(table(named, {one: "", header: ",d", "share": ".1%"}) + more)
    return "\n\n".join(parts)
