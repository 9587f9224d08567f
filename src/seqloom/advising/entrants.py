"""Entrants: which architectures can race for a task and its data, and why the others cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqloom.errors import InputError, SeqloomError
from seqloom.presets import PRESETS, parts_of
from seqloom.spec import Spec
from seqloom.tasks import task_class
from seqloom.training.run import plan

FIRST = (
    *("bag", "gru", "lstm", "transformer", "bahdanau", "bigru", "bilstm", "luong", "rnn", "mingru", "gnmt-small"),
    *("mlp", "minlstm"),
)
"""Who races where there is no time for all: one of each family, then another; before them what is made for the media
that are read."""
UNSAID = frozenset({"arch"})


@dataclass(frozen=True)
class Wanted:
    """What is to be trained: the words of `seqloom.fit`, but for the architecture."""

    task: str
    data: str
    valid: str | float | None = None
    config: str | None = None
    settings: tuple[str, ...] = ()
    columns: Mapping[str, str] | None = None

    def plan(self, arch: str | None) -> tuple[Spec, list[str]]:
        """Return the spec of an architecture (None: the usual one) and its notes."""
        return plan(
            self.task,
            self.data,
            arch=arch,
            config=self.config,
            valid=self.valid,
            settings=self.settings,
            columns=self.columns,
        )


@dataclass(frozen=True)
class Entrants:
    """The specs of those that can race, by name, in the order of FIRST; why each other one cannot; and what the plans
    say aloud."""

    specs: Mapping[str, Spec]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]


def entrants(wanted: Wanted, archs: Sequence[str] | None = None) -> Entrants:
    """Plan every preset, or those named. Raises InputError for settings that no architecture can have, for a name that
    is unknown or cannot do the task, and where fewer than two are left."""
    if archs is not None:
        return _named(wanted, archs)
    usual, notes = wanted.plan(None)  # what a person said wrong is said as it is
    media = usual.source.tokens if usual.source is not None else ""
    specs: dict[str, Spec] = {}
    left_out: dict[str, str] = {}
    kind = task_class(wanted.task)
    for name in sorted(PRESETS, key=_place):
        form = getattr(usual.series, "form", None) if kind.form_key == "series.form" else None
        shape = kind.shape(kind.form_of(name, None if form == "direct" else form))
        parts = parts_of(name, shape, kind.reads)
        if isinstance(parts, str):
            left_out[name] = parts
            continue
        reads = PRESETS[name].reads
        if reads and reads != media:
            left_out[name] = f"it reads {reads}, and these data are not"
            continue
        try:
            spec, more = wanted.plan(name)
        except SeqloomError as error:
            left_out[name] = str(error)
            continue
        twin = next((other for other, one in specs.items() if _alike(one, spec)), None)
        if twin is not None:
            left_out[name] = f"here it is the same as {twin}"
            continue
        specs[name] = spec
        notes += [note for note in more if note not in notes]
    return _whole(specs, left_out, notes)


def _place(name: str) -> int:
    return -1 if PRESETS[name].reads else FIRST.index(name) if name in FIRST else len(FIRST)


def _named(wanted: Wanted, archs: Sequence[str]) -> Entrants:
    specs: dict[str, Spec] = {}
    notes: list[str] = []
    for name in dict.fromkeys(archs):
        specs[name], more = wanted.plan(name)
        notes += [note for note in more if note not in notes]
    return _whole(specs, {}, notes)


def _whole(specs: dict[str, Spec], left_out: dict[str, str], notes: list[str]) -> Entrants:
    if len(specs) < 2:
        raise InputError(
            f"advice is a choice between two architectures at least, and here there is "
            f"{next(iter(specs)) if specs else 'none'}: name more with --archs, or train it."
        )
    return Entrants(specs, left_out, tuple(notes))


def _alike(one: Spec, other: Spec) -> bool:
    return one.model_dump(exclude=set(UNSAID)) == other.model_dump(exclude=set(UNSAID))


def settled(planned: Mapping[str, Any], learnt: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `wanted` says, with what reading the data changed in another spec: `planned` became `learnt`.

    Specs are plain dicts of sections; what both plans agree on is taken as it was settled.
    """
    found = dict(wanted)
    for name, value in wanted.items():
        before, after = planned.get(name), learnt.get(name)
        if value == before:
            found[name] = after
        elif isinstance(value, Mapping) and isinstance(before, Mapping) and isinstance(after, Mapping):
            if "kind" in value:  # a part of the model is taken whole
                continue
            found[name] = settled(before, after, value)
            found[name] |= {key: one for key, one in after.items() if key not in before and key not in value}
    return found
