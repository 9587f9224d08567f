"""`seqloom demo dates`: why attention was invented, seen on dates written out in English and Korean.

A fixed context vector, attention and a Transformer learn the same rows side by side. A row holds one to four dates, so
that sources grow at equal difficulty a date: what a model loses as they grow, it loses to the bottleneck.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqloom.cli.follow import Follow
from seqloom.cli.output import document, note, say
from seqloom.cli.train import summary
from seqloom.data.dates import dates

if TYPE_CHECKING:
    from seqloom.report.attention_map import AttentionMap
    from seqloom.training.run import Run

TRAIN, HELD = 20_000, 500
BANDS = {"1-20 letters": 20, "21-50": 50, "51-90": 90, "over 90": 10_000}
"""The longest source of each band."""
SENTENCES = {"english": "Saturday, the 21st of November 2026", "korean": "토요일, 2026년 11월 21일"}
LOOKING = "attention"
"""The model whose attention is drawn on the terminal."""

ONE_LAYER = ("encoder.layers=1", "encoder.dropout=0", "decoder.layers=1", "decoder.dropout=0")
SETTINGS = (
    "source.dropout=0",
    "target.dropout=0",
    "heads.words.dropout=0",
    "heads.words.smoothing=0",
    "data.valid=0",
    "decode.beam=1",
    "fit.metric=loss",
    "fit.save_every=1000000",
    "fit.schedule=linear",
    "fit.threads=1",  # so small a model gains little from a second, and beside other work it waits for it
)
MODELS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "context vector": (
        "bilstm",
        1500,
        (
            *ONE_LAYER,
            "encoder.size=96",
            "bridge.size=160",
            "decoder.size=160",
            "source.size=32",
            "target.size=32",
            "fit.lr=0.006",
            "fit.batch_tokens=1024",
        ),
    ),
    "attention": (
        "luong",
        1000,
        (
            *ONE_LAYER,
            "encoder.size=64",
            "encoder.bidirectional=true",
            "bridge.score=dot",
            "decoder.size=128",
            "decoder.feed=false",
            "source.size=48",
            "target.size=48",
            "fit.lr=0.008",
            "fit.batch_tokens=1024",
        ),
    ),
    "transformer": (
        "transformer",
        1650,
        (
            "encoder.size=64",
            "encoder.layers=2",
            "encoder.inner=128",
            "encoder.positions=rotary",
            "encoder.dropout=0",
            "decoder.size=64",
            "decoder.layers=2",
            "decoder.inner=128",
            "decoder.positions=rotary",
            "decoder.dropout=0",
            "bridge.dropout=0",
            "source.size=64",
            "target.size=64",
            "fit.warmup=60",
            "fit.lr=0.005",
            "fit.batch_tokens=1024",
        ),
    ),
}
"""Each model with its preset, its updates in two minutes for all, and the settings that make it learn in so many."""
WHOLE = 120
"""Seconds in which all are trained, measured and drawn, on two cores of 2026; a slower machine takes longer."""
LATE = 2.5
"""However slow the machine, training ends after so many times its share of the time."""


def show(seconds: float, folder: Path, json: bool) -> None:
    """Train the models for so long in all, into a folder, and show what each came to and where attention looks."""
    train, held = _rows(folder)
    models = {name: _learn(name, train, folder / name.replace(" ", "-"), seconds) for name in MODELS}
    rows = [{**row, **_exact(run, held)} for run, row in models.values()]
    maps = {name: _maps(run) for name, (run, _) in models.items() if name != "context vector"}
    files = _draw(folder, maps)
    if json:
        document({"folder": str(folder), "held_out": len(held), "runs": rows, "maps": [str(file) for file in files]})
    else:
        _print(folder, rows, maps[LOOKING], files)


def _rows(folder: Path) -> tuple[Path, list[tuple[str, str]]]:
    """Write the rows to learn and those held out, and return the file of the one and the rows of the other."""
    folder.mkdir(parents=True)
    rows = dates(HELD + TRAIN)
    held = list(islice(rows, HELD))
    for name, some in (("held-out", held), ("train", list(rows))):
        text = "".join(f"{source}\t{target}\n" for source, target in some)
        (folder / f"{name}.tsv").write_text(f"source\ttarget\n{text}", encoding="utf-8")
    say(f"{folder}/train.tsv: {TRAIN:,} rows of one to four dates, e.g. {held[0][0]!r} -> {held[0][1]!r}")
    return folder / "train.tsv", held


def _learn(name: str, train: Path, out: Path, seconds: float) -> "tuple[Run, dict[str, Any]]":
    from seqloom.training.run import fit

    arch, steps, own = MODELS[name]
    steps = max(1, round(steps * seconds / WHOLE))
    say(f"\n{name}: {steps:,} updates")
    settings = (*SETTINGS, *own, f"fit.steps={steps}", f"fit.minutes={LATE * seconds / len(MODELS) / 60}")
    with Follow() as follow:
        run = fit("transduce", str(train), arch=arch, out=str(out), settings=settings, on_event=follow, say=note)
    results = summary(run, follow)
    return run, {
        "model": name,
        "parameters": results["parameters"],
        "tokens/s": results["tokens_per_second"],
        "minutes": results["seconds"] / 60,
        "run": str(out),
    }


def _exact(run: "Run", held: Sequence[tuple[str, str]]) -> dict[str, float | None]:
    """Return the share of rows answered without a mistake, by length of the source and in all."""
    answers = run.predict([source for source, _ in held])
    right = [(len(source), answer.text == target) for (source, target), answer in zip(held, answers, strict=True)]
    shares: dict[str, float | None] = {}
    least = 0
    for band, longest in BANDS.items():
        found = [hit for length, hit in right if least < length <= longest]
        shares[band] = sum(found) / len(found) if found else None
        least = longest
    return {**shares, "all": sum(hit for _, hit in right) / len(right)}


def _maps(run: "Run") -> "dict[str, AttentionMap]":
    """Return where the last reader of a run looks, for each sentence, under the answer that it gives."""
    from seqloom.explaining.attention import attention
    from seqloom.report.attention_map import AttentionMap

    found = {}
    for name, sentence in SENTENCES.items():
        last = attention(run, sentence)[-1]
        title = f"{sentence} -> {''.join(last.target[:-1])}"
        found[name] = AttentionMap(last.given, last.source, last.target, title)
    return found


def _draw(folder: Path, maps: "dict[str, dict[str, AttentionMap]]") -> list[Path]:
    """Write the maps as a page, and as pictures where the program that draws them is installed."""
    from seqloom.errors import ResourceError
    from seqloom.report.attention_map import AttentionMap
    from seqloom.report.attention_page import as_page
    from seqloom.report.attention_picture import as_png

    named = [
        AttentionMap(one.given, one.source, one.target, f"{model}: {one.title}")
        for model, ones in maps.items()
        for one in ones.values()
    ]
    page = folder / "attention.html"
    page.write_text(as_page(named, "Where attention looks", "Dates to ISO 8601."), encoding="utf-8")
    files = [page]
    for name, one in maps[LOOKING].items():
        try:
            picture = as_png(one, note)
        except ResourceError as missing:
            note(f"no pictures: {missing}")
            break
        files.append(folder / f"attention-{name}.png")
        files[-1].write_bytes(picture)
    return files


def _print(folder: Path, rows: list[dict[str, Any]], maps: "dict[str, AttentionMap]", files: list[Path]) -> None:
    from seqloom.report.attention_map import as_text
    from seqloom.report.terminal import table

    shares = dict.fromkeys((*BANDS, "all"), ".0%")
    columns = {"model": "", **shares, "parameters": ",d", "tokens/s": ",.0f", "minutes": ".2f"}
    print("\nRows of held-out dates answered without a mistake, by length of the source:\n")
    print(table(rows, columns, best=dict.fromkeys(shares, max)))
    print("\nWhere attention looks: a line for each letter written, a column for each letter read.")
    for one in maps.values():
        print(f"\n{as_text(one)}")
    print(f"\nThe same for the Transformer, and to look closer: {', '.join(str(file) for file in files)}")
    print(f"The runs are in {folder}/. Next:")
    print(f"  seqloom predict {folder}/{LOOKING} --n-best 3        (type a date)")
    print(f"  seqloom evaluate {folder}/transformer {folder}/held-out.tsv")
    print("  seqloom train transduce YOUR_PAIRS.tsv --arch luong")
