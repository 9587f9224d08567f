"""`-s key=value` of verbs that are no training: keys and values read as those of a spec are."""

from collections.abc import Sequence
from typing import Any

from seqloom.errors import InputError


def flat(settings: Sequence[str]) -> dict[str, Any]:
    """Return {key: value}. Raises InputError for a setting without a value, or whose key has parts."""
    values: dict[str, Any] = {}
    for setting in settings:
        if "." in setting.partition("=")[0]:
            raise InputError(f"-s {setting}: an option here is one word, such as -s width=128.")
        _take(values, setting)
    return values


def grouped(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return {group: {key: value}} of settings group.key=value. Raises InputError for one without a group.

    What follows the first two parts is part of the value: what-if.force=encoder.*.f=1 sets `force`.
    """
    values: dict[str, dict[str, Any]] = {}
    for setting in settings:
        key, sign, text = setting.partition("=")
        group, dot, name = key.partition(".")
        if not (sign and dot and group and name) or "." in name:
            raise InputError(f"-s {setting}: write view.option=value, such as -s saliency.method=occlusion.")
        one: dict[str, Any] = {}
        _take(one, f"{name}={text}")
        values.setdefault(group, {}).update(one)
    return values


def _take(values: dict[str, Any], setting: str) -> None:
    from seqloom.override import override  # which knows the parts of models, and so torch

    override(values, [setting])
