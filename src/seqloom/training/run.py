"""Run: what `fit` and `load` return, and what a run folder holds."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice, tee
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from seqloom.build import build
from seqloom.decoding.packed_model import kept_at
from seqloom.decoding.scheduled import check_sampling
from seqloom.decoding.streaming import Stream
from seqloom.decoding.text import Written, score, write
from seqloom.decoding.writer import check_ensemble
from seqloom.errors import InputError, ResourceError
from seqloom.kernels.decoder_step import Precision
from seqloom.metrics import higher_is_better
from seqloom.model import SequenceModel
from seqloom.plan import make, merge, wished
from seqloom.refuse import refuse
from seqloom.spec import Spec
from seqloom.tasks import task_class
from seqloom.tasks.answers import Search
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.language import Language
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.task import Meter, Say, Task
from seqloom.tasks.transcribe import Transcribe
from seqloom.training import folder as run_folder
from seqloom.training.allocator import keep_blocks
from seqloom.training.budget import check_end, check_validated
from seqloom.training.events import Event, Started
from seqloom.training.loop import train
from seqloom.training.optimizers import check_optimizer
from seqloom.training.places import fresh
from seqloom.training.update import check_checkpointing
from seqloom.training.validate import check_metric, validate

if TYPE_CHECKING:
    from seqloom.explaining.explain import Explanation

SCORED = 16
"""Lines scored at once: each step of each holds a distribution over the vocabulary."""


Answers = Iterator[Any]


@dataclass(frozen=True)
class Scored:
    """A line, its log-probability in nats, and how many tokens that sums over."""

    text: str
    nats: float
    tokens: int


class Run:
    """A trained model, its task and its spec."""

    def __init__(self, spec: Spec, task: Task, model: SequenceModel, folder: Path | None = None) -> None:
        self.spec, self.task, self.model, self.folder = spec, task, model.eval(), folder

    def at(self, precision: Precision | None) -> "Run":
        """Return this run with its weights in a precision: float32 (or None: as it is), bf16 or int8.

        int8 reads a quarter of the bytes and is quicker on a CPU; what it costs in quality is in docs/speed.md. See
        `seqloom.decoding.packed_model` for what is rounded. Raises InputError for what is no precision, and on a GPU.
        """
        if precision is None or precision == (self.model.precision or "float32"):
            return self
        return Run(self.spec, self.task, kept_at(self.model, precision), self.folder)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    def evaluate(
        self,
        data: str | None = None,
        *,
        beam: int | None = None,
        stride: int | None = None,
        precision: Precision | None = None,
        say: Say = lambda note: None,
    ) -> dict[str, Any]:
        """Return metrics on a file, on what training held out to validate on, or (`seqloom.tasks.parts.TEST`) on what
        it held out for testing; classification adds values by label, pairs some
        answers, written with `beam` hypotheses (None: as the spec says), forecasts a backtest from every `stride`-th
        step with the naive forecasts beside. `precision` is that of the weights; see `at`.

        Raises InputError for a file that cannot be read as the training file was.
        """
        if (own := self.at(precision)) is not self:
            return own.evaluate(data, beam=beam, stride=stride, say=say)
        if beam is not None and not isinstance(self.task, PairTask):
            raise InputError(f"beam={beam} is for answers that are written, and this run's task is {self.task.name}.")
        if stride is not None and not isinstance(self.task, Forecasting):
            raise InputError(f"stride={stride} is for forecasts, and this run's task is {self.task.name}.")
        if stride is not None and isinstance(self.task, Forecasting):
            source = self.task.evaluation(data, say, self.model.carries, stride)
        else:
            source = self.task.evaluation(data, say, self.model.carries)
        if isinstance(self.task, PairTask):
            meter: Meter = self.task.meter(self.model, source, Search(beam=beam))
        else:
            meter = self.task.meter(self.model, source)
        values = validate(self.model, source, meter)
        return {**values, **meter.details()}

    def predict(
        self,
        rows: Iterable[Any],
        *,
        beside: Sequence["Run"] = (),
        first: int = 0,
        precision: Precision | None = None,
        **options: Any,
    ) -> Answers:
        """Answer row for row, in order; what a row is, what answers it and which options there are is the task's.

        classify   a text, or several where the run was trained on several a row -> Prediction; `threshold`
        translate, transduce, summarise, chat
                   a text or several -> Answer; `beam` hypotheses kept, the `best` of them given, `search` for whatever
                   else (a `seqloom.tasks.answers.Search`)
        transcribe a path, encoded bytes, or an array -> Transcript; `beam`, `best`, `search`, and `times`
        forecast   the name of a file -> a Forecast of each of its series; `horizon`, `levels`, `samples`, `seed`

        The runs `beside` answer as one ensemble with this one, where the task can. Samples follow from the number of
        their row, which is `first` for the first. `precision` is that of all weights; see `at`. Raises InputError for a
        language model, and for options that are another task's.
        """
        if isinstance(rows, str | bytes):
            raise InputError("predict answers several rows: give a list, such as run.predict([row]).")
        if self.device.type == "cpu" and self.spec.fit.keep_blocks:
            keep_blocks()  # a beam moves its caches at every step
        if beside:
            check_ensemble({str(run.folder): run.task.digest() for run in (self, *beside)})
        models = [run.at(precision).model for run in (self, *beside)]
        return self.task.answers(models, rows, first=first, **options)

    def predict_file(
        self, path: str, *, beside: Sequence["Run"] = (), say: Say = lambda note: None, **options: Any
    ) -> Iterator[tuple[dict[str, str], Any]]:
        """Answer a file row for row, with each row's own values; it is read as the training file was ("-" is stdin)."""
        one, other = tee(self.task.rows_of(path, say))
        answers = self.predict((row for _, row in other), beside=beside, **options)
        yield from zip((values for values, _ in one), answers, strict=True)

    def stream(self, *, beam: int | None = None) -> Stream:
        """Return what transcribes one recording while it is heard: `push` samples, `finish`; see `Stream`.

        Raises InputError, naming the part, for a model that must hear a recording to its end.
        """
        if not isinstance(self.task, Transcribe):
            raise InputError(f"a stream is of sound that is transcribed, and this run's task is {self.task.name}.")
        return self.task.stream(self.model, beam)

    def generate(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        seed: int = 0,
        stop: str | None = None,
        top: int = 5,
        watch_prompt: bool = False,
        precision: Precision | None = None,
    ) -> Iterator[Written]:
        """Write on from a prompt, token by token; `"".join(piece.text for piece in ...)` is the text. `precision` is
        that of the weights; see `at`.

        Raises InputError for a model that does not write.
        """
        task = self._language()
        ids = task.prompt(prompt)
        yield from write(
            self.at(precision).model,
            task.vocabulary,
            ids,
            self.spec.fit.window,
            length=length,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            seed=seed,
            stop=stop,
            top=top,
            watch_prompt=watch_prompt,
        )

    def score(self, lines: Iterable[str], *, precision: Precision | None = None) -> Iterator[Scored]:
        """Score each line as a line of its own, with its end; `precision` is that of the weights, see `at`."""
        task, model = self._language(), self.at(precision).model
        rest = iter(lines)
        while chunk := list(islice(rest, SCORED)):
            rows = [task.line(line) for line in chunk]
            for line, (_, scored), nats in zip(chunk, rows, score(model, rows, self.spec.fit.window), strict=True):
                yield Scored(line, nats, len(scored))

    def explain(self, row: Any, **options: Any) -> "Explanation":
        """Explain the answer to one row: its views as arrays, text, pictures and a page; see
        `seqloom.explaining.explain` for the options."""
        from seqloom.explaining.explain import explain

        return explain(self, row, **options)

    def save(self, path: str) -> None:
        """Write a run folder that `load` reads: spec, vocabulary, weights and their manifest. Raises InputError at a
        precision that rounds them."""
        if self.model.precision is not None:
            raise InputError(f"a run at precision={self.model.precision} is for use: save the run that it is of.")
        run_folder.begin(Path(path), self.spec, self.task)
        run_folder.finish(Path(path), self.model)

    def _language(self) -> Language:
        if not isinstance(self.task, Language):
            raise InputError(f"this run's task is {self.task.name}, which writes no text; it can `predict`.")
        return self.task


def plan(
    task: str,
    data: str,
    *,
    arch: str | None = None,
    config: str | None = None,
    valid: str | float | None = None,
    settings: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[Spec, list[str]]:
    """Return the whole spec of a training, and what should be said aloud; see `seqloom.plan`."""
    kind = task_class(task)
    form, tokens, format = (
        wished(key, config, settings, options) for key in (kind.form_key, "source.tokens", "data.format")
    )
    suits = kind.form_of(arch, form)
    notes = [] if suits == form else [f"{kind.form_key}={suits}, which is what {arch} is for"]
    template = kind.formed(suits)
    merge(template, kind.suited(data, tokens, format))
    spec, more = make(
        task,
        kind.shape(suits),
        template,
        data,
        arch=arch,
        config=config,
        valid=valid,
        settings=settings,
        columns=columns,
        options=options,
        default=template.pop("arch", None) or kind.default_arch(suits),
        named=kind.named,
        media=kind.reads,
    )
    refuse(spec)
    return spec, notes + more


def fit(
    task: str,
    data: str,
    *,
    arch: str | None = None,
    config: str | None = None,
    valid: str | float | None = None,
    out: str | None = None,
    settings: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    resume: bool = False,
    init: str | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
    say: Say = lambda note: None,
    **options: Any,
) -> Run:
    """Train a model on a file and return its Run.

        fit("classify", "reviews.tsv", arch="bilstm", epochs=3, encoder={"size": 64})

    `options` are sections of the spec (`encoder={...}`) or keys of its `fit` section (`lr=1e-3`). `out` is the run
    folder (the first free `runs/TASK-ARCH-N` if None); `resume` goes on from the newest checkpoint in it, with the
    spec that is there. `init` starts from another run's weights.
    Raises InputError for data or options that cannot be used, Interrupted when a signal ended the training.
    """
    if resume:
        if out is None:
            raise InputError("resume needs the run folder: out='runs/...' (on the command line --out).")
        place = Path(out)
        spec = run_folder.read_spec(place)
    else:
        spec, notes = plan(
            task, data, arch=arch, config=config, valid=valid, settings=settings, columns=columns, options=options
        )
        for note in notes:
            say(note)
        place = fresh(out, f"{task}-{spec.arch or 'custom'}")
    device = pick_device(spec.fit.device)
    if spec.fit.threads:
        torch.set_num_threads(spec.fit.threads)
    if resume:
        learnt = task_class(spec.task).load(spec, place / "vocab")
        run_folder.reread(place, learnt, say)
    else:
        learnt = task_class(spec.task).learn(spec, say)
    torch.manual_seed(spec.fit.seed)
    model = build(spec, learnt.wiring(vectors_too=not resume))
    if init is not None and not resume:
        start_from(model, learnt, init, say)
    model.to(device)
    training, valid_data = learnt.training(say, model.carries)
    check_end(spec.fit)
    check_optimizer(spec.fit)
    check_sampling(model, spec.fit)
    check_checkpointing(model, spec.fit)
    check_validated(spec.fit, valid_data is not None)

    def meter() -> Meter:
        assert valid_data is not None
        return learnt.meter(model, valid_data)

    if valid_data is not None:
        check_metric(spec.fit.metric, model, valid_data, meter())
    if not resume:  # nothing that a person can mend stops it from here on, so the folder's name is not lost to it
        run_folder.begin(place, spec, learnt)
    events = train(
        model,
        training,
        valid_data,
        meter,
        spec.fit,
        place,
        resume=resume,
        higher_is_better=higher_is_better,
    )
    with closing(events):
        for event in events:
            if isinstance(event, Started):
                for wrong in event.passed_over:
                    say(f"passed over a damaged checkpoint: {wrong}")
            on_event(event)
    run_folder.finish(place, model)
    return Run(spec, learnt, model, place)


def load(path: str | Path, device: str = "cpu", *, say: Say | None = None) -> Run:
    """Load a run folder; `say` (a warning if None) hears that its training has not ended, where that is so.

    Raises CheckpointError where a file is missing, damaged or of another format.
    """
    place = Path(path)
    spec = run_folder.read_spec(place)
    task = task_class(spec.task).load(spec, place / "vocab")
    model = build(spec, task.wiring(vectors_too=False))
    if note := run_folder.read_weights(place, model):
        (say or warnings.warn)(note)
    return Run(spec, task, model.to(pick_device(device)), place)


def start_from(model: SequenceModel, task: Task, init: str, say: Say = lambda note: None) -> None:
    """Copy the weights of another run. Raises InputError where its vocabulary or shapes differ."""
    other = load(init, say=say)
    if other.task.digest() != task.digest():
        raise InputError(f"{init}: its vocabulary differs from this data's, so its weights would mean other words.")
    ours, theirs = dict(model.named_parameters()), dict(other.model.named_parameters())
    for name, parameter in ours.items():
        if name not in theirs or theirs[name].shape != parameter.shape:
            there = "is not there" if name not in theirs else f"is {tuple(theirs[name].shape)}"
            raise InputError(
                f"{init}: weight {name} {there}, this model needs {tuple(parameter.shape)}; same --arch and sizes?"
            )
    with torch.no_grad():
        for name, parameter in ours.items():
            parameter.copy_(theirs[name])


def pick_device(name: str) -> torch.device:
    """Turn "auto", "cpu" or "cuda" into a device. Raises ResourceError where there is no GPU."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ResourceError("device=cuda, but torch sees no GPU here (seqloom doctor). Use --device cpu.")
    return torch.device(name)
