"""Spec: one whole choice of data, model and training, as `spec.yaml` beside the weights writes it.

Parts of the model (`encoder`, `bridge`, `decoder`, `heads`) are dicts whose `kind` names an entry of a table; their
other keys are checked against that entry's constructor when the model is built, so this file knows none of them.
"""

from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from seqloom.errors import InputError, nearest
from seqloom.section import Section
from seqloom.spec_media import AudioSpec, ImageSpec, MediaSpec, TracksSpec, VideoSpec

FORMAT = 1
Part = dict[str, Any]
MEDIA = ("audio", "image", "video")
"""Kinds of tokens that are recordings, pictures and films."""
Cut = Literal["char", "jamo", "byte", "word", "symbol", "bpe", "unigram"]


class DataSpec(Section):
    """Where rows come from.

    `valid` and `test` are a file, or the share of `train` that is held out (whole duplicates together, by a hash
    that does not depend on the order of the file; the end of the text for a language model). Forecasts: a share of the
    end of each series, or from 1 on so many of its last steps; `test` comes after `valid`. Rows that are labelled: also
    a column and its cells, "subject=5" or "subject=5,7", whose rows are held out. `test` is held out first: nothing is
    learnt from it, no vocabulary either, and nothing is chosen on it; `seqloom evaluate RUN --test` measures there.
    """

    train: str | None = None
    """A file; pairs also as two files of lines with a comma between: train.de,train.en; labels also as one file each:
    good=a.txt,bad=b.txt."""
    valid: str | float | None = None
    test: str | float | None = None
    split: int | None = None
    """The seed of what is held out, so that trainings of several `fit.seed` hold out the same; None: `fit.seed`, and
    for pairs always the same."""
    format: Literal[
        "auto",
        "tsv",
        "csv",
        "jsonl",
        "text",
        "labelled",
        "fasta",
        "ts",
        "conll",
        "conllu",
        "slots",
        "tracks",
        "folder",
        "npz",
        "idx",
        "tar",
        "parquet",
    ] = "auto"
    header: bool | None = None
    """None: a first row that holds the column names asked for, or the usual ones, is a header."""
    on_bad_row: Literal["error", "skip"] = "error"
    variants: bool = False
    """Pairs: the rows of one source are one question with several right answers, when answers are measured. Questions
    of pictures: those of one picture and one question are what several people answered."""
    ablate: Literal["image", "question"] | None = None
    """Questions of pictures: which of both is read as nothing, in training and ever after, to see what it is worth."""


class SideSpec(Section):
    """One side of the task: its columns, how text becomes ids, and how ids become vectors."""

    column: list[str] | str | int | None = None
    tokens: Literal[
        "char",
        "jamo",
        "byte",
        "word",
        "symbol",
        "bpe",
        "unigram",
        "kmer",
        "vector",
        "series",
        "audio",
        "image",
        "video",
    ] = "bpe"
    """vector (source of pairs): a row is numbers, the same count in each, and one step. series: a row is many steps of
    numbers. kmer: runs of `k` letters that overlap, for DNA and proteins. audio, image, video: a row names a recording,
    a picture or a film."""
    front: Part | None = None
    """audio, image, video: what turns the numbers of an item into the steps that an encoder reads; None: the usual."""
    vocab: int = Field(8000, ge=1)
    """The largest vocabulary; characters and bytes have the size they have."""
    k: int | None = Field(None, ge=1)
    """kmer: letters of each; None: 4."""
    complement: bool = False
    """Training reads each sequence of DNA or RNA forwards or from its other strand, by a coin a row and epoch."""
    noise: float = Field(0.0, ge=0)
    """series: training adds Gaussian noise of this deviation to the standardised values, anew in each epoch."""
    lowercase: bool = False
    max_length: int | None = Field(None, ge=1)
    """Longer rows are cut to this many tokens; pairs are left out of training instead. How many is said."""
    joint: bool = False
    """Target: one vocabulary, learnt from both sides."""
    embed: Literal["learned", "onehot", "dummy"] = "learned"
    """dummy (target): every input is the same learned vector, so that a decoder hears nothing of what it wrote."""
    size: int = Field(128, ge=1)
    vectors: str | None = None
    """A file of word vectors: word2vec (text or binary), fastText or GloVe text."""
    freeze: bool = False
    letters: Literal["none", "cnn", "lstm"] = "none"
    """Tag: a network that reads the letters of each word, beside its embedding."""
    letters_size: int = Field(50, ge=1)
    casing: bool = False
    """Tag: how a word is cased is a feature of its own."""
    digits: bool = False
    """Tag: every digit of a word is read as 0, so that all years are one word."""
    unknown_rate: float = Field(0.0, ge=0, le=1)
    """Tag: how often training reads a word that it has once alone as an unknown one, which else it would never meet."""
    tie: bool = False
    """Target: share the embedding with the output layer. Source: share the target's embedding (joint)."""
    dropout: float = Field(0.0, ge=0, lt=1)
    labels: list[str] | None = None
    multilabel: str | None = None
    """The separator between several labels of one row, e.g. ","; None: one label a row."""
    scheme: Literal["auto", "as-is", "iob1", "iob2", "bioes"] = "auto"
    """Tag: how training writes spans (auto: iob2), whatever the file does; answers are written as the file does."""
    intent: str | int | Literal[False] | None = None
    """Tag: the column of a label for the whole sentence; None: the usual one if it is there, false: none."""

    @field_validator("front", mode="before")
    @classmethod
    def _kind_alone(cls, value: Any) -> Any:
        """Take a bare kind for a part."""
        return {"kind": value} if isinstance(value, str) else value

    @property
    def cut(self) -> Cut:
        """How text becomes tokens. Raises InputError for a side that is no text."""
        if self.tokens in ("vector", "series", "kmer", *MEDIA):
            raise InputError(f"tokens: {self.tokens} is no way to cut text.")
        return self.tokens  # type: ignore[return-value]


class BesideSpec(SideSpec):
    """One more input, read beside the source by an encoder of its own."""

    encoder: Part | None = None

    @field_validator("encoder", mode="before")
    @classmethod
    def _encoder_alone(cls, value: Any) -> Any:
        """Take a bare kind for a part."""
        return {"kind": value} if isinstance(value, str) else value


class FitSpec(Section):
    """How to train. `steps` are optimizer updates; what is reached first of `steps`, `epochs`, `minutes` ends it."""

    steps: int | None = Field(None, ge=1)
    epochs: float | None = Field(None, gt=0)
    minutes: float | None = Field(None, gt=0)
    at_least: int | None = Field(None, ge=1)
    """Updates at least where epochs end the training, so that a small file is learnt too."""
    batch_tokens: int = Field(4096, ge=1)
    """Positions in a batch, padding included."""
    window: int = Field(128, ge=1)
    """Language: steps a gradient flows through (truncated BPTT), and the context of an attention model."""
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop"] = "adamw"
    lr: float = Field(1e-3, gt=0)
    momentum: float = Field(0.0, ge=0, lt=1)
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = Field(0.0, ge=0)
    schedule: Literal["constant", "linear", "cosine", "noam", "plateau"] = "constant"
    warmup: int = Field(0, ge=0)
    """Steps of linear rise before the schedule."""
    clip: float | None = Field(1.0, gt=0)
    clip_by: Literal["norm", "value"] = "norm"
    accumulate: int = Field(1, ge=1)
    precision: Literal["fp32", "bf16"] = "fp32"
    checkpointing: bool = False
    """Compute activations again in the backward pass and keep few: less memory, more time, the same numbers. Measured:
    Transformer 3+3 on Multi30k: 0.92 of the memory of a step, 1.25 times the processor's time
    (bench/speed_memory.py)."""
    sampling: float = Field(0.0, ge=0, le=1)
    """Scheduled sampling: the share of the model's own tokens among its inputs, reached at the end of training."""
    sampling_rise: Literal["linear", "exponential", "sigmoid"] = "linear"
    ema: float | None = Field(None, gt=0, lt=1)
    """Decay of an exponential moving average of the weights, which is then what is validated and shipped."""
    average: int = Field(0, ge=0)
    """Ship the mean of the last k checkpoints."""
    metric: str = "loss"
    """What validation compares: decides best, early stopping and plateau."""
    patience: int | None = Field(None, ge=1)
    """Stop after this many validations without gain."""
    valid_every: int | None = Field(None, ge=1)
    save_every: int | None = Field(None, ge=1)
    keep: int = Field(3, ge=1)
    """Checkpoints kept on disk, beside the best."""
    seed: int = 7
    workers: int = Field(0, ge=0)
    threads: int | None = Field(None, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    keep_blocks: bool = True
    """On a CPU with glibc: keep memory from step to step, which is quicker and takes more of it; see
    training/allocator.py. False leaves the allocator as it is."""


class DecodeSpec(Section):
    """How answers are searched for, in validation and, unless asked otherwise, in prediction."""

    beam: int = Field(5, ge=1)
    """Hypotheses kept at each step; 1 is greedy."""
    length_penalty: Literal["none", "gnmt", "average"] = "average"
    alpha: float = Field(1.0, ge=0)
    """Exponent of the length penalty."""
    coverage: float = Field(0.0, ge=0)
    """Weight of the coverage penalty (beta of Wu et al. 2016)."""
    max_length: int | None = Field(None, ge=1)
    """None: twice the source and 20 more."""
    min_length: int = Field(0, ge=0)
    no_repeat: int = Field(0, ge=0)
    """No n-gram of this length is written twice; 0: any may be."""
    rows: int | None = Field(1000, ge=1)
    """Rows that each validation of a training decodes; None: all."""
    ctc: float | None = Field(None, ge=0, lt=1)
    """Transcribe by both heads: the share of CTC in the score of a text; None: 0.5."""
    bleu: Literal["13a", "intl", "char", "none"] = "13a"
    """What BLEU counts as a token: as WMT does, by Unicode punctuation, characters (usual for Korean), or by spaces."""


class SeriesSpec(Section):
    """Numbers over time: which columns they stand in, how far back is read and how far ahead is told."""

    time: str | None = None
    """The column of the time, or several from the year on with commas between; None: the one that holds dates."""
    dates: Literal["auto", "day", "month"] = "auto"
    """What comes first in 03/04/2024; auto: as the column itself shows."""
    until: str | None = None
    """The last time that is read."""
    id: str | None = None
    """The column that names the series of a row, in a file that holds several under one another."""
    values: list[str] | None = None
    """The columns to tell; None: every column of numbers that is named nowhere else."""
    past: list[str] = Field(default_factory=list)
    """Columns known up to now, read beside the values."""
    known: list[str] = Field(default_factory=list)
    """Columns known for the future too (a price that is set, a holiday)."""
    calendar: str | list[str] = "none"
    """Features of the date, for each step read and told: hour, weekday, day, month, year-day; auto: by frequency."""
    frequency: str | None = None
    """One step, such as "15 minutes", "business day" or "row" (rows as they come); None: as the times have it."""
    season: int | None = Field(None, ge=1)
    """Steps after which the series comes round (12: months of a year), for baselines and MASE."""
    look_back: int | None = Field(None, ge=1)
    """Steps read."""
    horizon: int | None = Field(None, ge=1)
    """Steps told."""
    form: Literal["direct", "aligned", "sequence"] = "direct"
    """direct: all steps at once from what was read. aligned: at every step read, the next ones. sequence: a decoder
    tells one step after the other and hears what it told."""
    channels: Literal["together", "apart"] = "together"
    """apart: each column is a series of its own, told by one model."""
    scale: Literal["none", "series", "window"] = "series"
    """series: by the mean and deviation of the training part. window: by those of each window (RevIN)."""
    gaps: Literal["error", "interpolate", "previous", "missing"] = "error"
    """What is read where nothing was measured; missing: nothing, and a flag that says so."""
    repeats: Literal["error", "mean", "first", "last"] = "error"
    """What is taken of several rows of one time."""
    patch: int | None = Field(None, ge=1)
    """Steps that are read as one (Nie et al. 2023, arXiv:2211.14730)."""
    stride: int | None = Field(None, ge=1)
    """Steps from one patch to the next; None: patches that touch."""

    @field_validator("until", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        """Take back what YAML made of a date."""
        return str(value) if isinstance(value, date | int | float) and not isinstance(value, bool) else value


class Spec(Section):
    """The whole choice. `arch` is the preset it grew from, kept for the reader; the parts are what is built."""

    format: int = FORMAT
    task: str
    arch: str | None = None
    data: DataSpec = Field(default_factory=DataSpec)
    source: SideSpec | None = None
    target: SideSpec | None = None
    series: SeriesSpec | None = None
    media: MediaSpec | None = None
    audio: AudioSpec | None = None
    image: ImageSpec | None = None
    video: VideoSpec | None = None
    tracks: TracksSpec | None = None
    beside: dict[str, BesideSpec] | None = None
    """What is read beside the source, by name, each with its encoder; `fuse` joins them."""
    encoder: Part | None = None
    fuse: Part | None = None
    """How the source and what is beside it become one: concat, multiply or attend."""
    bridge: Part | None = None
    decoder: Part | None = None
    heads: dict[str, Part] = Field(default_factory=dict)
    decode: DecodeSpec | None = None
    fit: FitSpec = Field(default_factory=FitSpec)

    @property
    def split_seed(self) -> int:
        """The seed of what is held out of labelled and tagged rows."""
        return self.fit.seed if self.data.split is None else self.data.split

    @model_validator(mode="before")
    @classmethod
    def _known_format(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("format", FORMAT) != FORMAT:
            raise ValueError(f"format {values['format']} is not known to this version, which reads format {FORMAT}")
        return values


def parse(values: dict[str, Any], where: str = "spec") -> Spec:
    """Check a plain dict. Raises InputError that names the key, the value and the nearest known key."""
    try:
        return Spec.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{where}: {_explain(error)}") from None


def read(path: Path) -> Spec:
    """Read a YAML spec. Raises InputError where the file is missing, is not YAML, or says something unknown."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a YAML file in UTF-8: {error}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: a spec is a mapping such as 'task: classify', this holds {type(values).__name__}.")
    return parse(values, str(path))


def write(spec: Spec) -> str:
    """Return the YAML text of a spec, leaving out what is unset; a default switched off stays, as `clip: null`."""
    return yaml.safe_dump(_set(spec), sort_keys=False, allow_unicode=True)


def _set(section: Section) -> dict[str, Any]:
    """Return the plain values of a section without those that are None by default."""
    values = section.model_dump(mode="json")
    for name, known in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            values[name] = _set(value)
        elif name == "beside" and value is not None:
            values[name] = {one: _set(side) for one, side in value.items()}
        elif value is None and known.default is None:
            del values[name]
    return values


def _explain(error: ValidationError) -> str:
    """Say the first problem of a pydantic error in a sentence."""
    first = error.errors()[0]
    place = [str(key) for key in first["loc"]]
    name = ".".join(place)
    if first["type"] == "extra_forbidden":
        sections: dict[str, type[Section]] = {
            "data": DataSpec,
            "source": SideSpec,
            "target": SideSpec,
            "series": SeriesSpec,
            "media": MediaSpec,
            "audio": AudioSpec,
            "image": ImageSpec,
            "video": VideoSpec,
            "tracks": TracksSpec,
            "decode": DecodeSpec,
            "fit": FitSpec,
        }
        known = {f"{section}.{key}": key for section, kind in sections.items() for key in kind.model_fields}
        if len(place) == 1:
            homes = [path for path, key in known.items() if key == name]
            if homes:
                return f"unknown key '{name}'; did you mean {' or '.join(repr(home) for home in homes)}?"
            return f"unknown key '{name}'" + nearest(name, Spec.model_fields)
        sections["beside"] = BesideSpec
        return f"unknown key '{name}'" + nearest(place[-1], sections[place[0]].model_fields)
    if not name:
        return first["msg"].removeprefix("Value error, ") + "."
    return f"{name}={first['input']!r} cannot be used: {first['msg']}."
