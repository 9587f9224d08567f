"""The tables of a comparison, each from what `Comparison.to_dict` tells and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from seqloom.comparing.comparison_numbers import chance, digits_of, lacking, lasting, memory, plainly, size
from seqloom.report.figures import Table

Told = Mapping[str, Any]
COSTS = {
    "parameters": ("parameters", size),
    "parameters_without_embeddings": ("without embeddings", size),
    "seconds": ("time to train", lasting),
    "steps": ("updates", size),
    "tokens": ("tokens read", size),
    "flops_forward": ("FLOPs a token, forward", size),
    "flops_train": ("FLOPs a token, training", size),
    "train_tokens_per_second": ("tokens/s, training", size),
    "predict_tokens_per_second": ("tokens/s, predicting", size),
    "memory": ("peak memory", memory),
    "cuda_memory": ("peak memory of the GPU", memory),
    "latency_p50": ("latency of a row, median (ms)", size),
    "latency_p95": ("latency of a row, 95 of 100 (ms)", size),
    "horizon": ("effective memory (steps)", size),
    "threads": ("threads they were measured with", size),
}
"""What an architecture costs: each key of "cost", how it is called and written. Others are shown by their own name."""
ABOUT = "horizon_about"
"""Why an architecture has no effective memory, or how it is to be read: a text among its costs."""
BINS = {"by_length": "length", "by_class": "class", "by_rarity": "rarity"}
"""What quality is broken down by, and how its column is called."""


def quality(told: Told) -> Table:
    """Return how good each architecture is, best first: mean over seeds, both intervals, seeds, and what failed."""
    digits = digits_of(told)
    name = measured(told, digits.unit)
    rows: list[tuple[str, ...]] = [
        (
            one["arch"],
            digits.value(one.get("mean")),
            digits.between(one.get("low"), one.get("high")),
            digits.between(one.get("hlow"), one.get("hhigh")),
            count(one.get("seeds")),
            count(one.get("failed")),
        )
        for one in ranked(told)
    ]
    columns = ["architecture", name, "95 % over seeds", "95 % over seeds and rows", "seeds", "failed"]
    if not any(one.get("failed") for one in told["archs"]):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return Table("", columns, rows, right=columns[1:])


def pairs(told: Told) -> Table:
    """Return what can be told apart: each pair, the better first, its difference, interval, p, p after Holm, effect."""
    digits = digits_of(told)
    rows = [
        (
            f"{one['a']} - {one['b']}",
            digits.difference(one.get("difference")),
            digits.signed_between(one.get("low"), one.get("high")),
            chance(one.get("p")),
            chance(one.get("p_holm")),
            "-" if lacking(one.get("effect")) else f"{one['effect']:+.2f}",
            told_apart(one),
        )
        for one in turned(told)
    ]
    difference = f"difference ({digits.step})" if digits.step else "difference"
    columns = ("pair", difference, "95 %", "p", "p (Holm)", "Hedges' g", "shown")
    return Table("", columns, rows, right=columns[1:6])


def turned(told: Told) -> list[dict[str, Any]]:
    """Return the pairs, each turned so that the better stands first, in the order of the best."""
    order = {one["arch"]: place for place, one in enumerate(ranked(told))}
    found = []
    for pair in told["pairs"]:
        one = dict(pair)
        if order[one["a"]] > order[one["b"]]:
            one |= {"a": pair["b"], "b": pair["a"], "low": _minus(pair.get("high")), "high": _minus(pair.get("low"))}
            one |= {name: _minus(pair.get(name)) for name in ("difference", "effect")}
        found.append(one)
    return sorted(found, key=lambda one: (order[one["a"]], order[one["b"]]))


def told_apart(pair: Told) -> str:
    """Say whether the first of a pair that was turned is shown to be better."""
    if lacking(pair.get("p")):
        return "not tested"
    return f"{pair['a']} is better" if pair.get("shown") else "no difference shown"


def costs(told: Told) -> Table:
    """Return what each architecture costs: a row for each cost that any of them has, a column for each of them."""
    archs = [one["arch"] for one in ranked(told)]
    known = {one["arch"]: costs_of(one) for one in told["archs"]}
    names = [name for name in COSTS if any(name in cost for cost in known.values())]
    names += list(dict.fromkeys(name for cost in known.values() for name in cost if name not in (*COSTS, ABOUT)))
    rows = [
        (COSTS[name][0] if name in COSTS else name.replace("_", " "), *(_cost(name, known[arch]) for arch in archs))
        for name in names
    ]
    rows = [row for row in rows if any(cell != "-" for cell in row[1:])]
    return Table("", ["cost", *archs], rows, right=archs)


def cost_notes(told: Told) -> list[str]:
    """Say how the effective memory is to be read, or why there is none; of architectures of which it is the same
    together."""
    said: dict[str, list[str]] = {}
    for one in ranked(told):
        if about := costs_of(one).get(ABOUT):
            said.setdefault(plainly(about), []).append(one["arch"])
    return [f"Effective memory of {', '.join(archs)}: {about.rstrip('.')}." for about, archs in said.items()]


def costs_of(arch: Told) -> dict[str, Any]:
    """Return the costs of an architecture by name; those inside others as outer_inner."""
    found = {name: arch.get(name) for name in ("parameters", "seconds", "steps", "tokens")}
    for name, value in (arch.get("cost") or {}).items():
        if isinstance(value, Mapping):
            found |= {f"{name}_{inner}": one for inner, one in value.items()}
        else:
            found[name] = value
    return found


def runs(told: Told) -> Table:
    """Return every run: its seed, quality, learning rate, work and time; of one that failed, why."""
    digits = digits_of(told)
    rows = [
        (
            one["arch"],
            str(one["seed"]),
            digits.value(one.get("quality")) if one.get("status") == "done" else "failed",
            "-" if lacking(one.get("lr")) else f"{one['lr']:.3g}",
            count(one.get("steps")),
            count(one.get("tokens")),
            lasting(one.get("seconds")),
            plainly(one.get("error") or one.get("ended")),
        )
        for one in told["cells"]
    ]
    columns = ("architecture", "seed", measured(told, digits.unit), "learning rate", "updates", "tokens", "time", "end")
    return Table("", columns, rows, right=columns[1:7])


def failures(told: Told) -> Table:
    """Return the runs that failed, each with what it said."""
    failed = [one for one in told["cells"] if one.get("status") != "done"]
    rows = [(one["arch"], str(one["seed"]), plainly(one.get("error"))) for one in failed]
    return Table("", ("architecture", "seed", "what it said"), rows)


def rates(told: Told) -> Table:
    """Return the learning rates that were tried for each architecture, and the one that was taken."""
    rows = []
    for arch in dict.fromkeys(one["arch"] for one in told["cells"]):
        cell: Told = next((one for one in told["cells"] if one["arch"] == arch and one.get("tuned")), {})
        for tried in cell.get("tuned", ()):
            taken = not lacking(cell.get("lr")) and abs(tried["lr"] - cell["lr"]) <= 1e-9 * abs(cell["lr"])
            value = "-" if lacking(tried.get("value")) else f"{tried['value']:.4g}"
            rows.append((arch, f"{tried['lr']:.3g}", value, "yes" if taken else "no"))
    columns = ("architecture", "learning rate", "value on validation rows", "taken")
    return Table("", columns, rows, right=columns[1:3])


def breakdown(told: Told, by: str) -> Table:
    """Return quality by length, class or rarity (`by`, a key of the comparison): a row for each bin, with intervals."""
    digits = digits_of(told)
    archs = [one["arch"] for one in ranked(told) if (told.get(by) or {}).get(one["arch"])]
    bins = {arch: {one["name"]: one for one in told[by][arch]} for arch in archs}
    names = list(dict.fromkeys(name for arch in archs for name in bins[arch]))
    rows = []
    for name in names:
        held = next(bins[arch][name] for arch in archs if name in bins[arch])
        cells = []
        for arch in archs:
            one = bins[arch].get(name, {})
            between = digits.between(one.get("low"), one.get("high"))
            cells.append(digits.value(one.get("mean")) + ("" if between == "-" else f" {between}"))
        rows.append((name, count(held.get("items")), *cells))
    return Table("", (BINS[by], "rows", *archs), rows, right=("rows", *archs))


def plan(told: Told) -> Table:
    """Return what was run: every key of the plan that says something, the machine and the versions."""
    rows = [("command", plainly(told.get("command")))]
    for name in ("plan", "machine", "versions"):
        part = told.get(name) or {}
        inside = part.items() if isinstance(part, Mapping) else [(name, part)]
        rows += [(str(key), plainly(value)) for key, value in inside if plainly(value) != "-" and key != "format"]
    return Table("", ("what", "as"), rows)


def ranked(told: Told) -> list[Told]:
    """Return architectures, best mean first; those without one last, and of equals the first named first."""
    sign = -1.0 if higher(told) else 1.0
    return sorted(told["archs"], key=lambda one: (lacking(one.get("mean")), sign * (one.get("mean") or 0.0)))


def higher(told: Told) -> bool:
    """Say whether more of the measure is better."""
    return bool((told["measure"] or {}).get("higher", True))


def measure_name(told: Told) -> str:
    """Return the name of what is measured; where every run failed, nothing is."""
    return str(told["measure"]["name"]) if told["measure"] else "quality"


def measured(told: Told, unit: str) -> str:
    """Return the name of the measure with its unit."""
    name = measure_name(told)
    return f"{name} ({unit})" if unit and unit != name else name


def number_of(value: Any) -> int:
    """Return a count, or of a list how many are in it; 0 for nothing."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return len(value)
    return 0 if lacking(value) else round(value)


def count(value: Any) -> str:
    """Write a count; a dash where there is none."""
    return "-" if value is None else f"{number_of(value):,d}"


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _cost(name: str, cost: Told) -> str:
    value = cost.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return plainly(value)
    return COSTS[name][1](value) if name in COSTS else size(value)
