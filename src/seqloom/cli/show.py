"""`seqloom show`: what a name stands for, read off the presets and the tables themselves."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
import yaml

from seqloom.cli.listing import KINDS, everything
from seqloom.cli.output import aligned, document
from seqloom.errors import InputError, nearest

Part = tuple[list[type], Mapping[str, Any]]
"""The classes whose docs tell of a part, and its options."""


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An architecture, cell, encoder, decoder, head, ...")],
    task: Annotated[
        str | None, typer.Option("--task", help="Only this task's YAML, ready to edit for train --config.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show an architecture as YAML, a part with its options.

    \b
    seqloom show gru
    seqloom show gru --task classify > my.yaml    to edit, and then
    seqloom train classify DATA --config my.yaml
    """
    if task is not None:
        spec = _expansion(name, task)
        if json:
            document(spec)
        else:
            print(_yaml(spec), end="")
        return
    archs, parts = _archs(name), _parts(name)
    if not archs and not parts:
        known = {one for kind in KINDS for one in everything(kind)}
        raise InputError(f"nothing is called '{name}'" + nearest(name, known, "see seqloom list archs"))
    if json:
        document({"name": name, "arch": archs, "parts": {title: _as_json(part) for title, part in parts.items()}})
        return
    texts = [_arch_text(name, archs)] if archs else []
    told: set[type] = set()
    for title, part in parts.items():
        texts.append(_part_text(title, part, told))
        told.update(part[0])
    print("\n\n".join(texts))


def _archs(name: str) -> dict[str, Any]:
    """Return {task: spec, or the reason why it cannot be} of an architecture; empty where there is none."""
    from seqloom.presets import PRESETS, parts_of
    from seqloom.tasks import TASKS, task_class

    if name not in PRESETS:
        return {}
    shown: dict[str, Any] = {}
    for task in TASKS:
        kind = task_class(task)
        parts = parts_of(name, kind.shape(kind.form_of(name, None)), kind.reads)
        shown[task] = parts if isinstance(parts, str) else _expansion(name, task)
    return shown


def _expansion(name: str, task: str) -> dict[str, Any]:
    from seqloom.presets import preset
    from seqloom.tasks import task_class

    kind = task_class(task)
    form = kind.form_of(name, None)
    section, _, key = kind.form_key.partition(".")
    said = {} if form is None else {section: {key: form}}
    return {"task": task, "arch": name, **said, **preset(name, kind.shape(form), kind.reads)}


def _parts(name: str) -> dict[str, Part]:
    """Return what bears a name, by what it is: "encoder gru", "decoder gru"."""
    from seqloom.bridges import BRIDGES, SCORES, bridge_options
    from seqloom.cells import CELLS
    from seqloom.decoders import DECODERS, WIRINGS, decoder_options
    from seqloom.decoders import kinds as decoder_kinds
    from seqloom.decoders.recurrent import RecurrentDecoder
    from seqloom.encoders import ENCODERS, cell_of, encoder_options
    from seqloom.encoders import kinds as encoder_kinds
    from seqloom.encoders.recurrent import RecurrentEncoder
    from seqloom.explaining import VIEWS
    from seqloom.fronts import FRONTS
    from seqloom.heads import HEADS
    from seqloom.metrics import METRICS
    from seqloom.studies import STUDIES
    from seqloom.table import options
    from seqloom.tasks import TASKS

    found: dict[str, Part] = {}
    if name in FRONTS:
        found[f"front {name}"] = [FRONTS[name]], options(FRONTS[name])
    if name in encoder_kinds():
        cell = cell_of(name)
        found[f"encoder {name}"] = (
            ([CELLS[cell], RecurrentEncoder] if cell else [ENCODERS[name]]),
            encoder_options(name),
        )
    if name in BRIDGES:
        found[f"bridge {name}"] = [BRIDGES[name]], bridge_options(name)
    if name in SCORES:
        found[f"score {name}"] = [SCORES[name]], options(SCORES[name])
    if name in WIRINGS:
        found[f"wiring {name}"] = [WIRINGS[name]], options(WIRINGS[name])
    if name in decoder_kinds():
        classes = [CELLS[name], RecurrentDecoder] if name in CELLS else [DECODERS[name]]
        found[f"decoder {name}"] = classes, decoder_options(name)
    if name in HEADS:
        found[f"head {name}"] = [HEADS[name]], options(HEADS[name])
    if name in METRICS:
        found[f"metric {name}"] = [METRICS[name]], options(METRICS[name])
    if name in VIEWS:
        found[f"view {name}"] = [VIEWS[name]], options(VIEWS[name])
    if name in STUDIES:
        found[f"study {name}"] = [STUDIES[name]], options(STUDIES[name])
    if name in TASKS:
        found[f"task {name}"] = [TASKS[name]], {}
    return found


def _as_json(part: Part) -> dict[str, Any]:
    classes, known = part
    return {
        "about": "\n\n".join(inspect.cleandoc(told.__doc__ or "") for told in classes),
        "options": {
            one.name: {"type": kind_text(one.kind), **({} if _required(one) else {"default": one.default})}
            for one in known.values()
        },
    }


def _arch_text(name: str, archs: Mapping[str, Any]) -> str:
    from seqloom.presets import PRESETS

    one = PRESETS[name]
    lines = [f"# architecture {name}: {one.about} ({one.paper})"]
    for task, spec in archs.items():
        if isinstance(spec, str):
            lines += ["", f"# not for {task}: {spec}"]
        else:
            lines += ["", f"# seqloom train {task} DATA --arch {name}", _yaml(spec).rstrip()]
    return "\n".join(lines)


def _part_text(title: str, part: Part, told: set[type]) -> str:
    """Tell of a part: the docs of its classes that have not been told yet, then its options."""
    classes, known = part
    place, _, name = title.partition(" ")
    lines = [f"# {title}"]
    for one in classes:
        if one not in told:
            lines += ["", inspect.cleandoc(one.__doc__ or "")]
    key = {
        "head": f"heads.{_called(name)}.",
        "score": "bridge.",
        "wiring": "decoder.",
        "front": "source.front.",
        "view": f"{name}.",
        "study": "",
    }.get(place, f"{place}.")
    if known:
        lines += ["", f"Options{f', set with -s {key}OPTION=VALUE' if place != 'metric' else ''}:"]
        lines.append(
            aligned(
                (
                    f"  {one.name}",
                    kind_text(one.kind),
                    "required" if _required(one) else f"default {_value(one.default)}",
                )
                for one in known.values()
            )
        )
    elif place not in ("metric", "task"):
        lines += ["", "It has no options."]
    return "\n".join(lines)


def _called(head: str) -> str:
    """Return what a head of this kind is called in the tasks that have one."""
    from seqloom.heads import NUMBERS, STEPWISE

    if head in NUMBERS:
        return "forecast"
    return "tags" if head in STEPWISE else head if head == "label" else "words"


def kind_text(kind: Any) -> str:
    """Write a type as a person reads it: "before | after", "whole number or null"."""
    if get_origin(kind) is Literal:
        return " | ".join(str(one) for one in get_args(kind))
    if kind is type(None):
        return "null"
    if get_origin(kind) in (dict, list, tuple):
        inside = [kind_text(one) for one in get_args(kind) if one is not ...]
        return "{" + ": ".join(inside) + "}" if get_origin(kind) is dict else f"[{', '.join(inside)}]"
    if get_args(kind):
        return " or ".join(kind_text(one) for one in get_args(kind))
    names = {int: "whole number", float: "number", str: "text", bool: "true | false"}
    return names.get(kind, getattr(kind, "__name__", str(kind)))


def _yaml(values: Mapping[str, Any]) -> str:
    """Return YAML with each part on one line, as people write it."""
    lines = []
    for key, value in values.items():
        text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1000)
        lines.append(f"{key}: {text.strip().removesuffix('...').strip()}\n")
    return "".join(lines)


def _required(one: Any) -> bool:
    return one.default is inspect.Parameter.empty


def _value(value: Any) -> str:
    """Write a default as YAML does."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value)
