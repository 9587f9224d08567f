"""`seqloom demo language`: four models learn real text, side by side, in about two minutes on two cores.

The text is the English that every CPython carries for `help()`: `pydoc_data.topics`, the language reference by topic.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqloom.cli.follow import Follow
from seqloom.cli.output import document, note, say
from seqloom.cli.train import summary
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.training.run import Run

ARCHS = {
    "rnn": ("decoder.size=256", "fit.lr=0.002"),
    "lstm": ("decoder.size=256",),
    "gru": ("decoder.size=256",),
    "gpt": ("decoder.size=96", "decoder.layers=2", "decoder.dropout=0", "target.size=96", "fit.window=64"),
}
"""Each architecture with the settings that make it learn visibly in half a minute on two cores."""
SETTINGS = (
    "target.tokens=char",
    "fit.window=128",
    "fit.batch_tokens=2048",
    "fit.lr=0.004",
    "data.valid=0.05",
    "fit.valid_every=1000000",
    "fit.threads=1",  # so small a model gains little from a second, and beside other work it waits for it
)
SHARE = 0.85
"""Of the time, for training; the rest goes to measuring and writing."""
SAMPLE = 200
"""Characters of each model's sample."""


def show(seconds: float, folder: Path, json: bool) -> None:
    """Train the models for so long in all, into a folder, and show what each came to."""
    text = python_topics()
    folder.mkdir(parents=True)
    source = folder / "python-topics.txt"
    source.write_text(text, encoding="utf-8")
    say(f"{source}: {len(text):,} characters of Python's help; the last 5 % are held out to measure on.")
    rows = [_learn(arch, source, folder / arch, seconds * SHARE / len(ARCHS)) for arch in ARCHS]
    rows.sort(key=lambda row: -row["nats"])
    if json:
        document({"folder": str(folder), "text": str(source), "runs": rows})
    else:
        _print(folder, rows)


def python_topics() -> str:
    """Return the text of all topics of Python's help. Raises InputError where this Python comes without."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise InputError(
            "this Python comes without pydoc_data.topics, the text that the demo learns (some Linux distributions "
            "leave it out). Train on a text of yours: seqloom train language book.txt --arch lstm --minutes 2"
        ) from None
    return "\n\n".join(topics[name].strip() for name in sorted(topics)) + "\n"


def _learn(arch: str, source: Path, out: Path, seconds: float) -> dict[str, Any]:
    from seqloom.training.run import fit

    say(f"\n{arch}: {seconds:.0f} s of training")
    settings = (*SETTINGS, *ARCHS[arch], f"fit.minutes={seconds / 60}")
    with Follow() as follow:
        run = fit("language", str(source), arch=arch, out=str(out), settings=settings, on_event=follow, say=note)
    results = summary(run, follow)
    return {
        "arch": arch,
        "nats": results["metrics"]["nats"],
        "parameters": results["parameters"],
        "tokens/s": results["tokens_per_second"],
        "minutes": results["seconds"] / 60,
        "run": str(out),
        "sample": _sample(run),
    }


def _sample(run: "Run") -> str:
    return "".join(piece.text for piece in run.generate("The ", length=SAMPLE, temperature=0.8, seed=1, top=0))


def _print(folder: Path, rows: list[dict[str, Any]]) -> None:
    from seqloom.report.terminal import table

    columns = {"arch": "", "nats": ".3f", "parameters": ",d", "tokens/s": ",.0f", "minutes": ".2f"}
    print("\nNats per character on text that was held out (less is better), best last:\n")
    print(table(rows, columns, best={"nats": min}))
    for row in rows:
        print(f"\n{row['arch']} writes, at temperature 0.8:\n")
        print("\n".join(f"    {line}" for line in ("The " + row["sample"]).splitlines()))
    best = rows[-1]["run"]
    print(f"\nThe runs are in {folder}/. Next:")
    print(f'  seqloom generate {best} --prompt "A function"\n  seqloom generate {best} --prompt "def " --watch')
    print("  seqloom train language YOUR_TEXT.txt --arch gru --minutes 5")
