"""Plan: from a few words to a whole spec.

Later wins: the task's template, the preset, a config file, columns and files named, keyword options, `-s` settings.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from seqloom.architecture import Structure
from seqloom.errors import InputError
from seqloom.fronts import FRONTS
from seqloom.override import expand_options, override
from seqloom.presets import preset
from seqloom.spec import Spec, parse

DEFAULT: dict[Structure, str] = {
    "summary": "bigru",
    "steps": "bilstm",
    "language": "lstm",
    "sequence": "transformer",
    "joined": "vqa-lstm",
}
"""The architecture where none is named, by structure."""
_PARTS = {"encoder", "decoder", "bridge"}
_BUDGET = {"steps", "epochs", "minutes"}
AT_LEAST = "at_least"
"""Goes with the epochs that a template has; whoever names a budget means that one."""


def make(
    task: str,
    structure: Structure,
    template: Mapping[str, Any],
    data: str,
    *,
    arch: str | None = None,
    config: str | None = None,
    valid: str | float | None = None,
    settings: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    default: str | None = None,
    media: Sequence[str] = (),
    named: Mapping[str, str] | None = None,
) -> tuple[Spec, list[str]]:
    """Return the spec and what should be said aloud. Raises InputError for whatever cannot be used.

    `columns` may name "text" (one, or two with a comma between) and "label", or for pairs "source" (one, or several)
    and "target"; `options` are keyword arguments as `seqloom.fit` takes them. `default` is the architecture where none
    is named and `named` what a column may be for, where they are not those of the structure; `media` are the kinds of
    recordings, pictures and films that the task reads.
    """
    values: dict[str, Any] = {"task": task}
    merge(values, template)
    given = _read(config) if config else {}
    if given.get("task", task) != task:
        raise InputError(f"{config}: is a spec of task '{given['task']}', not '{task}'.")
    chosen = arch or given.get("arch") or (None if _PARTS & set(given) else default or DEFAULT[structure])
    if chosen is not None:
        merge(values, preset(chosen, structure, media))
        if values.get("target", {}).get("tokens") == "series":
            values["target"].pop("tie", None)  # a decoder of numbers has no embedding to share
        values["arch"] = chosen
    merge(values, given)
    merge(values, {"data": {"train": data, **({} if valid is None else {"valid": _share(valid)})}})
    merge(values, _columns(task, COLUMNS[structure] if named is None else named, columns or {}))
    merge(values, expand_options(dict(options or {})))
    before = dict(values.get("fit", {}))
    notes = override(values, settings)
    _one_budget(values, before, settings)
    notes += _fronted(values)
    return parse(values), notes


def _fronted(values: dict[str, Any]) -> list[str]:
    """Take an encoder that is a front end for one before the bag, which leaves its steps as they are."""
    part = values.get("encoder")
    if not isinstance(part, dict) or part.get("kind") not in FRONTS:
        return []
    values["source"] = {**(values.get("source") or {}), "front": part}
    values["encoder"] = {"kind": "bag"}
    return [f"encoder={part['kind']} is source.front={part['kind']}, whose steps an encoder of kind bag leaves as is."]


COLUMNS: dict[Structure, dict[str, str]] = {
    "summary": {"text": "source", "label": "target"},
    "steps": {"text": "source", "label": "target"},
    "language": {"text": "target"},
    "sequence": {"source": "source", "target": "target"},
    "joined": {"source": "source", "label": "target"},
}
"""What a column may be for in each structure, and the side of the spec it belongs to."""


def wished(key: str, config: str | None, settings: Sequence[str], options: Mapping[str, Any] | None) -> Any:
    """Return what a person says of one key, "section.key", before anything else is known of the spec; None: nothing."""
    said: dict[str, Any] = {}
    merge(said, _read(config) if config else {})
    merge(said, expand_options(dict(options or {})))
    section, _, name = key.partition(".")
    override(said, [one for one in settings if one.partition("=")[0].strip() == key])
    return (said.get(section) or {}).get(name)


def _columns(task: str, known: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, Any]:
    """Return the sides of a spec with the columns named. Raises InputError for a name that is no part of this task."""
    sides: dict[str, Any] = {}
    for what, given in columns.items():
        if not given:
            continue
        if what not in known:
            ways = " and ".join(f"--{one}-column" for one in known) or "-s series.values=[...] and its like"
            raise InputError(f"--{what}-column {given}: {task} has none of that kind; its columns go by {ways}.")
        names = [name.strip() for name in given.split(",")]
        sides[known[what]] = {"column": names if known[what] == "source" else given}
    return sides


def merge(values: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Lay `more` over `values` section by section; a model part of another kind replaces the old one whole.

    A budget (steps, epochs or minutes) replaces the budget that was there.
    """
    for name, new in more.items():
        old = values.get(name)
        if not isinstance(new, Mapping):
            values[name] = new
            continue
        if name == "fit" and _BUDGET & set(new) and isinstance(old, dict):
            for budget in (*_BUDGET, AT_LEAST):
                old.pop(budget, None)
        fresh = not isinstance(old, dict) or ("kind" in new and old.get("kind") != new["kind"])
        base: dict[str, Any] = {} if fresh else values[name]
        values[name] = base
        merge(base, new)


def _one_budget(values: dict[str, Any], before: Mapping[str, Any], settings: Sequence[str]) -> None:
    """Where -s sets a budget, drop those that it did not set."""
    named = {
        setting.partition("=")[0].strip().removeprefix("fit.") for setting in settings if setting.startswith("fit.")
    }
    if named & _BUDGET:
        for budget in {*_BUDGET, AT_LEAST} - named:
            if budget in before:
                values["fit"].pop(budget, None)


def _share(valid: str | float) -> str | float:
    """Take "0.1" for a share and anything else for a file."""
    try:
        return float(valid)
    except ValueError:
        return valid


def _read(config: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{config}: cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        raise InputError(f"{config}: not YAML: {error}") from None
    if not isinstance(values, dict):
        raise InputError(f"{config}: a spec is a mapping such as 'task: classify'.")
    return values
