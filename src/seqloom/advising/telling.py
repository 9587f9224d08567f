"""Telling: advice as a person reads it. Every sentence is built from what was measured."""

import math
from typing import Any

from seqloom.advising.advice import SOLID, Advice
from seqloom.advising.contestant import Contestant
from seqloom.advising.race import BLIND
from seqloom.report.terminal import table

FEW = 100
"""Items by which little can be told apart: 1.96 standard errors of a share are up to 10 points."""
SHORT = 50
"""Updates after which little has been learnt."""


def text(advice: Advice) -> str:
    """Return what `seqloom advise` prints."""
    parts = [
        f"Take {advice.pick}.",
        "",
        f"  {advice.command()}",
        "",
        *(f"- {reason}" for reason in reasons(advice)),
        "",
        _table(advice),
        "",
        _seen(advice.sight),
        *_left_out(advice),
        "",
        *(f"- {one}" for one in limits(advice)),
    ]
    compare = advice.comparison()
    if compare is not None:
        parts += ["", "To be sure, over seeds and at equal budgets:", f"  {compare}"]
    return "\n".join(parts)


def reasons(advice: Advice) -> list[str]:
    """Return why, the most telling first."""
    winner, name = advice.winner, advice.measure.name
    assert winner.best is not None
    said = [
        f"{advice.pick} came to {name} {_value(advice, winner.best.value)}{_pm(advice, winner.best.error)} after "
        f"{winner.seconds:.0f} s and {winner.updates:,} updates of training."
    ]
    said += _rivals(advice)
    said += _order(advice)
    said += _naive(advice)
    if winner.settled:
        said.append(f"It had learnt what it could: {_rounds(winner)}.")
    return said


def _rivals(advice: Advice) -> list[str]:
    said = []
    for one in advice.finalists:
        if one in (advice.winner, advice.blind()):
            continue
        assert one.best is not None
        ratio = one.cost / advice.winner.cost
        cost = f"a token of its training costs {ratio:.2g} x as much"
        if one in advice.equals:
            said.append(
                f"{one.name} ({_value(advice, one.best.value)}) is within one standard error of the best and so no "
                f"better for all that can be told here; {cost}."
            )
        else:
            value, half = advice.against(one)
            said.append(f"{one.name}, which came as far, is behind by {_apart(advice, value, half)}; {cost}.")
    return said


def _order(advice: Advice) -> list[str]:
    """Say whether what knows no order is behind."""
    blind = advice.blind()
    if blind is None or advice.media:
        return []
    if blind is advice.winner:
        others = [one for one in advice.placed if one.best is not None and one.name not in BLIND]
        does = "one architecture that does is not" if len(others) == 1 else f"of {len(others)} that do none is"
        return [
            f"It knows nothing of order, and {does} shown to be better: order of the input may not be worth modelling."
        ]
    value, half = advice.against(blind)
    after = "" if blind.rung == advice.winner.rung else f" (out after rung {blind.rung}, on less time)"
    if not math.isnan(half) and value > half:
        return [
            f"Order matters: {blind.name}, which does not see it, is behind by {_apart(advice, value, half)}{after}."
        ]
    return [
        f"That order matters is not shown: {blind.name}, which does not see it, is at "
        f"{_apart(advice, -value, half)}{after}."
    ]


def _naive(advice: Advice) -> list[str]:
    if advice.naive is None:
        return []
    about, look = advice.naive
    value, half = advice.against(look)
    without = f"Without a model ({about}): {_value(advice, look.value)}"
    if not math.isnan(half) and value > half:
        return [f"{without}; {advice.pick} is {_apart(advice, value, half)} better."]
    return [
        f"{without}. {advice.pick} is not shown to be better: a model may not be needed, the data may hold nothing "
        "more, or the budget was too short to see it."
    ]


def limits(advice: Advice) -> list[str]:
    """Return what this advice does not tell."""
    winner = advice.winner
    assert winner.best is not None
    said = [
        f"One seed each, default sizes and learning rates, {winner.seconds:.0f} s of training at most: what learns "
        "slowly but ends higher can be ruled out too early.",
        f"Judged on {len(winner.best.stats):,} held-out items, which also chose it: the number flatters it a little. "
        "Intervals are over those items alone; other seeds differ more.",
    ]
    if len(winner.best.stats) < FEW:
        said.append(f"{len(winner.best.stats)} items are few, and chance may have chosen: hold out more (--valid).")
    if winner.updates < SHORT:
        said.append(f"{winner.updates} updates are few: a larger --budget would tell more.")
    if len(winner.curve) > 1 and winner.curve[-1][1] == winner.best.value != winner.curve[-2][1]:
        said.append(f"{advice.pick} was still gaining when the time was over: train it for longer.")
    return said


def _table(advice: Advice) -> str:
    rows = []
    for one in advice.placed:
        look = one.best
        rows.append(
            {
                "architecture": one.name,
                advice.measure.name: "" if look is None else _value(advice, look.value) + _pm(advice, look.error),
                "parameters": f"{one.parameters:,}",
                "trained": f"{one.seconds:.1f} s",
                "updates": f"{one.updates:,}",
                "s / M tokens": "" if math.isinf(one.cost) else f"{one.cost * 1e6:.3g}",
                "": advice.status(one) + (f": {one.failed}" if one.failed else ""),
            }
        )
    return table(rows, dict.fromkeys(rows[0], ""))


def _seen(sight: Any) -> str:
    about = "" if sight["whole"] else "about "
    said = [f"{about}{sight['rows']:,} rows to train on, {about}{sight['tokens']:,} steps"]
    if sight["lengths"]:
        has = sight["lengths"]
        said.append(f"{has['least']:.0f} to {has['most']:.0f} a row, median {has['median']:.0f}")
    said += [f"{size:,} {name} tokens known" for name, size in sight["vocabulary"].items()]
    for name, one in sight["labels"].items():
        common, share = next(iter(one["commonest"].items()))
        said.append(f"{one['count']} labels ({name}), the commonest {common} ({share:.0%})")
    said += [*_noise(sight.get("noise")), *_simple(sight.get("order"))]
    machine = sight["machine"]
    where = machine.get("gpu") or f"{machine['processor']}, {machine['threads']} threads"
    return f"Data: {'; '.join(said)}. Machine: {where}."


def _noise(noise: Any) -> list[str]:
    """Say what of the rows contradicts itself, or is known before."""
    if noise is None:
        return []
    said = [f"{noise['twice']:,} rows are there twice"] if noise["twice"] else []
    if noise["unlike"]:
        said.append(f"{noise['unlike']:,} are told in more than one way ({noise['best']:.1%} can be right at best)")
    if leaked := sum(noise["leaked"].values()):
        said.append(f"{leaked:,} held-out rows are, or are nearly, in training too (seqloom check tells which)")
    return said


def _simple(order: Any) -> list[str]:
    """Say what a simple score, before any training, says of order."""
    if order is None or "shown" not in order:
        return []
    return [f"a simple score {'shows' if order['shown'] else 'does not show'} that order matters (seqloom check)"]


def _left_out(advice: Advice) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for name, why in advice.left_out.items():
        if name not in advice.unfit:
            by_reason.setdefault(why.rstrip("."), []).append(name)
    said = [f"Did not race: {', '.join(names)}: {why}." for why, names in by_reason.items()]
    if advice.unfit:
        said.append(f"Not for these data or this task (--json says why): {', '.join(advice.unfit)}.")
    return said


def _rounds(one: Contestant) -> str:
    return f"the last {one.waited} looks brought no gain"


def _value(advice: Advice, value: float) -> str:
    return f"{100 * value:.1f} %" if advice.measure.unit == "points" else f"{value:.4g}"


def _pm(advice: Advice, error: float) -> str:
    if not math.isfinite(error):
        return ""
    scaled = SOLID * error * (100 if advice.measure.unit == "points" else 1)
    return f" +- {scaled:.1f}" if advice.measure.unit == "points" else f" +- {scaled:.2g}"


def _apart(advice: Advice, value: float, half: float) -> str:
    value = 0.0 if abs(value) < 1e-12 else value
    times = 100 if advice.measure.unit == "points" else 1
    unit = f" {advice.measure.unit}" if advice.measure.unit else ""
    digits = ".1f" if times == 100 else ".3g"
    pm = "" if math.isnan(half) else f" +- {half * times:{'.1f' if times == 100 else '.2g'}}"
    return f"{value * times:{digits}}{pm}{unit}"
