"""`seqloom train`: a model from a file."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.cli import report
from seqloom.cli.follow import Follow
from seqloom.cli.output import aligned, document, figures, note, number
from seqloom.cli.runs import OnBadRow
from seqloom.errors import InputError, Interrupted
from seqloom.training.places import fresh, require

if TYPE_CHECKING:
    from seqloom.spec import Spec
    from seqloom.training.run import Run

Setting = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="Any key of the spec, e.g. -s encoder.size=256. Repeatable."),
]
TextColumn = Annotated[
    str | None, typer.Option("--text-column", metavar="A[,B]", help="Column of the text, or the two of a pair.")
]
LabelColumn = Annotated[str | None, typer.Option("--label-column", metavar="NAME", help="Column of the label.")]
SourceColumn = Annotated[
    str | None, typer.Option("--source-column", metavar="A[,B]", help="Pairs: column of the source, or several.")
]
TargetColumn = Annotated[
    str | None, typer.Option("--target-column", metavar="NAME", help="Pairs: column of the target.")
]
Arch = Annotated[
    str | None, typer.Option("--arch", "-a", metavar="NAME", help="The architecture (seqloom list archs).")
]
Config = Annotated[
    str | None,
    typer.Option("--config", "-c", metavar="FILE", help="A spec in YAML instead (seqloom show NAME --task)."),
]
Valid = Annotated[
    str | None,
    typer.Option("--valid", metavar="FILE|SHARE", help="Data to validate on, or the share to hold out, e.g. 0.1."),
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="tsv, csv, jsonl, text or labelled, if the name won't tell."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def train(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="classify, language, translate, ... (seqloom list tasks).")
    ] = None,
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="TSV, CSV, JSONL or text, also gzipped; pairs also as train.de,train.en."),
    ] = None,
    arch: Arch = None,
    config: Config = None,
    settings: Setting = None,
    valid: Valid = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="RUN", help="The run folder [default: runs/TASK-ARCH-N].")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run of --out where it stopped.")] = False,
    init: Annotated[
        str | None, typer.Option("--init", metavar="RUN", help="Start from the weights of another run.")
    ] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    source_column: SourceColumn = None,
    target_column: TargetColumn = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Stop after so many updates.")] = None,
    epochs: Annotated[float | None, typer.Option("--epochs", help="Stop after so many passes over the data.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="Stop after so many minutes.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Same seed, same machine: same weights.")] = None,
    device: Annotated[str | None, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = None,
    format: Format = None,
    on_bad_row: OnBadRow = None,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Write no report.html at the end; SEQLOOM_REPORT=off says so for all.")
    ] = False,
    json: Json = False,
) -> None:
    """Train a model on a file of your own.

    \b
    seqloom train classify reviews.tsv --arch bilstm
    seqloom train language book.txt --arch gru --minutes 10 -s decoder.size=512
    seqloom train translate train.de,train.en --valid val.de,val.en --arch bahdanau
    seqloom train --resume --out runs/classify-bilstm-1
    """
    named = columns(text=text_column, label=label_column, source=source_column, target=target_column)
    wish = Wish(task, data, arch, config, valid, tuple(settings or ()), named)
    wish = wish.with_fit(steps=steps, epochs=epochs, minutes=minutes, seed=seed, device=device)
    wish = wish.with_data(format=format, on_bad_row=on_bad_row)
    page = report.wanted(no_report)
    if init is not None:
        require(init)
    if resume:
        if out is None:
            raise InputError("--resume needs the run to go on with: --out RUN.")
        if init is not None:
            raise InputError("--init starts a new run and --resume goes on with one: choose one of them.")
        require(out)
        spec = wish.of_run(out)
        folder = out
    else:
        wish = wish.whole("train")
        spec, _ = wish.plan()  # fit says its notes
        folder = str(fresh(out, f"{spec.task}-{spec.arch or 'custom'}"))
    from seqloom.training.run import fit

    try:
        with Follow() as follow:
            run = fit(
                spec.task,
                str(spec.data.train),
                arch=wish.arch,
                config=wish.config,
                valid=wish.valid,
                out=folder,
                settings=wish.settings,
                columns=wish.columns,
                resume=resume,
                init=init,
                on_event=follow,
                say=note,
            )
    except Interrupted as stopped:
        said = str(stopped).removesuffix("Go on with --resume.")
        raise Interrupted(
            f"{said}Go on with: seqloom train --resume --out {shlex.quote(folder)}", stopped.code
        ) from None
    results = summary(run, follow)
    if json:
        document(results)
    else:
        _print(run, folder, results)
    if page:
        report.write_after(run, folder)


@dataclass(frozen=True)
class Wish:
    """What a command line asks of a training."""

    task: str | None
    data: str | None
    arch: str | None
    config: str | None
    valid: str | None
    settings: tuple[str, ...]
    columns: dict[str, str]

    def with_fit(self, **values: Any) -> "Wish":
        """Add settings of the fit section; None is not a setting."""
        return self._with("fit", values)

    def with_data(self, **values: Any) -> "Wish":
        """Add settings of the data section."""
        return self._with("data", values)

    def _with(self, section: str, values: dict[str, Any]) -> "Wish":
        more = tuple(f"{section}.{name}={value}" for name, value in values.items() if value is not None)
        return Wish(self.task, self.data, self.arch, self.config, self.valid, more + self.settings, self.columns)

    def whole(self, verb: str) -> "Wish":
        """Take task and data from the config file where the command line leaves them out.

        Raises InputError, with the line to type after `verb`, where they are nowhere.
        """
        task, data = self.task, self.data
        if self.config is not None and (task is None or data is None):
            from seqloom.spec import read

            given = read(Path(self.config))
            task, data = task or given.task, data or given.data.train
        if task is None:
            raise InputError(
                f"which task (seqloom list tasks), on which data? Say, e.g.: seqloom {verb} classify reviews.tsv."
            )
        if data is None:
            from seqloom.tasks import TASKS

            if task not in TASKS:
                TASKS[task]  # a misspelt task, or a file in its place, is said first
            raise InputError(f"{task} on which data? Say: seqloom {verb} {task} DATA, with DATA a file of yours.")
        return Wish(task, data, self.arch, self.config, self.valid, self.settings, self.columns)

    def plan(self) -> "tuple[Spec, list[str]]":
        """Return the whole spec and its notes."""
        from seqloom.training.run import plan

        assert self.task is not None and self.data is not None
        return plan(
            self.task,
            self.data,
            arch=self.arch,
            config=self.config,
            valid=self.valid,
            settings=self.settings,
            columns=self.columns,
        )

    def of_run(self, folder: str) -> "Spec":
        """Return the spec of the run to go on with. Raises InputError where the command line asks for another."""
        from seqloom.override import assign, override
        from seqloom.plan import merge
        from seqloom.spec import parse, read

        there = read(Path(folder) / "spec.yaml")
        values = there.model_dump(mode="json")
        if self.config is not None:
            merge(values, read(Path(self.config)).model_dump(mode="json", exclude_unset=True))
        named = {"task": self.task, "arch": self.arch, "data.train": self.data, "data.valid": self.valid}
        named["target.column"] = self.columns.get("label") or self.columns.get("target")
        for key, value in named.items():
            if value is not None:
                assign(values, key.split("."), _number(value) if key == "data.valid" else value)
        if "text" in self.columns:
            values["source" if there.source is not None else "target"]["column"] = self.columns["text"].split(",")
        if "source" in self.columns:
            values["source"]["column"] = [name.strip() for name in self.columns["source"].split(",")]
        override(values, self.settings)
        has = _flat(there.model_dump(mode="json"))
        for key, wanted in _flat(parse(values).model_dump(mode="json")).items():
            if wanted != has.get(key):
                raise InputError(
                    f"--resume goes on with {folder} as it was begun, but {key} is {has.get(key)} there and {wanted} "
                    f"here. Leave that out, or start a new run from its weights: --init {folder} and another --out."
                )
        return there


def summary(run: "Run", follow: Follow) -> dict[str, Any]:
    """Return what a training came to: its folder, size, time, and the metrics of the weights it ships."""
    last, end = follow.records.get("step", {}), follow.records.get("finished", {})
    return {
        "run": str(run.folder),
        "task": run.spec.task,
        "arch": run.spec.arch,
        "parameters": run.model.parameter_count(),
        "steps": end.get("step"),
        "seconds": end.get("seconds"),
        "tokens_per_second": last.get("tokens_per_second"),
        "ended": end.get("reason"),
        "shipped": end.get("shipped"),
        "bytes_step": end.get("bytes_step"),
        "padding": end.get("padding"),
        "waited": end.get("waited"),
        "metrics": end.get("metrics", {}),
    }


def _print(run: "Run", folder: str, results: dict[str, Any]) -> None:
    rows = [("run", folder), ("parameters", number(results["parameters"]))]
    rows += [(f"valid {name}", value) for name, value in figures(results["metrics"])]
    print(aligned(rows))
    place = shlex.quote(folder)
    print("\nNext:")
    if run.spec.task == "language":
        print(f"  seqloom generate {place} --prompt TEXT\n  seqloom evaluate {place} [FILE]")
    else:
        print(f"  seqloom predict {place} [FILE]\n  seqloom evaluate {place} [FILE]")


def columns(text: str | None, label: str | None, source: str | None, target: str | None) -> dict[str, str]:
    """Return the columns named, as `fit` takes them."""
    named = {"text": text, "label": label, "source": source, "target": target}
    return {what: name for what, name in named.items() if name is not None}


def _number(text: str) -> str | float:
    """Take "0.1" for a share and anything else for a file."""
    try:
        return float(text)
    except ValueError:
        return text


def _flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Return {"fit.steps": 100, ...}."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value
    return flat
