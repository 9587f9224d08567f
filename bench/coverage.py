"""Coverage: how often the intervals of `seqloom compare` hold what they should, and how often it raises a false alarm.

    python bench/coverage.py [--draws 2000] [--again]

Every row is a made-up world whose truth is known: architectures, seeds and items are drawn anew 2,000 times, and
seqloom.comparing.statistics says of each what it would say of trained networks. Writes bench/results/coverage.md; rows
that coverage.json beside it holds are not run anew, but with --again. Half an hour on one core.
"""

import argparse
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.comparing.statistics import interval_over_seeds, stand
from seqloom.comparing.student import outside

Floats = NDArray[np.float64]
RESULTS = Path(__file__).resolve().parent / "results" / "coverage.md"
BOOTSTRAP = 1000  # draws of items in each of the 2,000; a comparison takes 2,000
NODES, MASSES = np.polynomial.hermite_e.hermegauss(41)


@dataclass(frozen=True)
class World:
    """Two architectures: what a row is like to each, how far seeds go apart, and how many there are.

    ease    mean of what decides a row (of rows right: normal; of F1: logit of recall)
    gain    how much more of it the second has
    taste   how far the architectures differ on a row, beyond the gain
    apart   how far seeds of either differ
    """

    measure: str
    ease: float
    apart: tuple[float, float]
    gain: float = 0.0
    taste: float = 0.0
    seeds: tuple[int, int] = (3, 3)
    items: int = 400
    collapse: float = 0.0

    def draw(self, rng: np.random.Generator) -> tuple[dict[str, Floats], dict[str, float], dict[str, float]]:
        """Return stats {arch: [seeds, items, k]}, the truth of all items there could be, and that of these items."""
        rows = rng.normal(0, 1, self.items)
        lengths = 1 + rng.poisson(9, self.items)
        stats, truth, here = {}, {}, {}
        for arch, n, apart, gain in zip("ab", self.seeds, self.apart, (0.0, self.gain), strict=True):
            own = rng.normal(0, self.taste, self.items)
            lifts = self.ease + gain + apart * rng.normal(0, 1, n) - 3.0 * (rng.random(n) < self.collapse)
            stats[arch], truth[arch], here[arch] = WAYS[self.measure](
                rng, rows + own, lengths, lifts, self, self.ease + gain, apart
            )
        return stats, truth, here


def accuracy(
    rng: np.random.Generator, rows: Floats, _: Floats, lifts: Floats, world: World, mean: float, apart: float
) -> tuple[Floats, float, float]:
    """Right or wrong: a row is right where its ease, the seed's and what this seed makes of this row are above 0."""
    right = lifts[:, None] + rows + rng.normal(0, 1, (len(lifts), len(rows))) > 0
    whole = math.sqrt(2 + world.taste**2 + apart**2)
    truth = _seeds(world, lambda lift: _phi((mean + lift) / whole))
    here = _seeds(world, lambda lift: float(np.mean(_phi((mean + lift + rows) / math.sqrt(1 + apart**2)))))
    return np.stack([right, np.ones_like(right)], -1).astype(np.float64), truth, here


def nats(
    rng: np.random.Generator, rows: Floats, lengths: Floats, lifts: Floats, world: World, mean: float, apart: float
) -> tuple[Floats, float, float]:
    """Nats a token: rows of unlike length, a longer one with more of them; heavy tails over rows."""
    each = np.exp(0.3 * rows) * (1 + 0.02 * (lifts[:, None] - mean) + 0.02 * mean)
    each = each + 0.1 * rng.normal(0, 1, each.shape)
    stats = np.stack([each * lengths, np.broadcast_to(lengths, each.shape)], -1)
    level = 1 + 0.02 * mean
    return (
        stats,
        level * math.exp(0.3**2 * (1 + world.taste**2) / 2),
        level * float((np.exp(0.3 * rows) * lengths).sum() / lengths.sum()),
    )


def spans(
    rng: np.random.Generator, rows: Floats, lengths: Floats, lifts: Floats, world: World, mean: float, apart: float
) -> tuple[Floats, float, float]:
    """F1 of spans: a row has some, a seed finds a share of them, harder in some rows, and tells of others besides."""
    true = rng.poisson(1.5, len(rows))
    chance = _logistic(lifts[:, None] + 0.7 * rows)
    both = rng.binomial(true, chance)
    told = both + rng.poisson(0.3, chance.shape)
    stats = np.stack([np.broadcast_to(true, both.shape), told, both], -1).astype(np.float64)

    def f1(lift: float) -> float:
        spread = 0.7 * math.sqrt(1 + world.taste**2)
        recall = float((_logistic(lift + spread * NODES) * MASSES).sum() / MASSES.sum())
        return 2 * 1.5 * recall / (1.5 + 1.5 * recall + 0.3)

    def f1_here(lift: float) -> float:
        found = float((true * _logistic(lift + 0.7 * rows)).sum())
        return 2 * found / (true.sum() + found + 0.3 * len(rows))

    masses = MASSES / MASSES.sum()
    truth = sum(mass * f1(mean + apart * node) for node, mass in zip(NODES, masses, strict=True))
    here = sum(mass * f1_here(mean + apart * node) for node, mass in zip(NODES, masses, strict=True))
    return stats, truth, here


Way = Callable[[np.random.Generator, Floats, Floats, Floats, World, float, float], tuple[Floats, float, float]]
WAYS: dict[str, Way] = {"accuracy": accuracy, "nats": nats, "f1": spans}
VALUES: dict[str, Callable[[Floats], Floats]] = {
    "accuracy": lambda sums: sums[..., 0] / sums[..., 1],
    "nats": lambda sums: sums[..., 0] / sums[..., 1],
    "f1": lambda sums: 2 * sums[..., 2] / (sums[..., 0] + sums[..., 1]),
}


def covered(world: World, draws: int) -> dict[str, float]:
    """Return, in %, how often each interval held its truth; and how far seeds go apart beside items."""
    rng = np.random.default_rng(7)
    value = VALUES[world.measure]
    hits: dict[str, list[bool]] = {key: [] for key in ("seeds", "both", "pair", "alarm")}
    ratios = []
    for draw in range(draws):
        stats, truth, here = world.draw(rng)
        standing = stand(stats, value, BOOTSTRAP, draw)
        one, pair = standing.archs[0], standing.pairs[0]
        over = interval_over_seeds(standing.scores.values["a"])
        hits["seeds"].append(_in(over.low, here["a"], over.high))
        hits["both"].append(_in(one.hlow, truth["a"], one.hhigh))
        hits["pair"].append(_in(pair.low, truth["a"] - truth["b"], pair.high))
        hits["alarm"].append(pair.p is not None and pair.p < 0.05)
        held = standing.scores.draws["a"].mean(1).var(ddof=1)
        ratios.append((standing.scores.values["a"].var(ddof=1) / world.seeds[0], held))
    means = np.mean(ratios, 0)
    return {**{key: 100 * float(np.mean(of)) for key, of in hits.items()}, "ratio": float(means[0] / means[1])}


def alarms(world: World, draws: int) -> dict[str, float]:
    """Return, in %, how often other ways call two architectures different that are one: `world.gain` must be 0."""
    rng = np.random.default_rng(7)
    value = VALUES[world.measure]
    found: dict[str, list[bool]] = {"items": [], "naive": [], "seeds": [], "ours": []}
    for draw in range(draws):
        stats, _, _ = world.draw(rng)
        standing = stand(stats, value, BOOTSTRAP, draw)
        values, moved = standing.scores.values, standing.scores.draws
        gap = moved["a"][:, 0] - moved["b"][:, 0]
        found["items"].append(not _in(*np.percentile(gap, [2.5]), 0.0, *np.percentile(gap, [97.5])))
        again = [np.take_along_axis(of, rng.integers(0, of.shape[1], of.shape), 1).mean(1) for of in moved.values()]
        ends = np.percentile(again[0] - again[1], [2.5, 97.5])
        found["naive"].append(not _in(ends[0], 0.0, ends[1]))
        found["seeds"].append(_welch(values["a"], values["b"]) < 0.05)
        pair = standing.pairs[0]
        found["ours"].append(pair.p is not None and pair.p < 0.05)
    return {key: 100 * float(np.mean(of)) for key, of in found.items()}


def family(draws: int, archs: int = 5) -> float:
    """Return, in %, how often any pair of five copies of one architecture is shown to differ, after Holm."""
    rng = np.random.default_rng(7)
    shown = []
    for draw in range(draws):
        rows = rng.normal(0, 1, 400)
        stats = {}
        for name in range(archs):
            lifts = 1.2 + 0.1 * rng.normal(0, 1, 3)
            right = lifts[:, None] + rows + rng.normal(0, 1, (3, 400)) > 0
            stats[str(name)] = np.stack([right, np.ones_like(right)], -1).astype(np.float64)
        shown.append(any(pair.shown for pair in stand(stats, VALUES["accuracy"], BOOTSTRAP, draw).pairs))
    return 100 * float(np.mean(shown))


MID = World("accuracy", 0.1, (0.05, 0.05))
HIGH = World("accuracy", 2.35, (0.1, 0.1))
COVER: dict[str, World] = {
    "accuracy near 0.5, seeds alike but for rows": replace(MID, apart=(0.0, 0.0), gain=0.1, taste=0.4),
    "accuracy near 0.5, seeds a little apart": replace(MID, gain=0.1, taste=0.4),
    "accuracy near 0.5, seeds apart as items": replace(MID, apart=(0.15, 0.15), gain=0.3, taste=0.4),
    "accuracy near 0.5, seeds far apart": replace(MID, apart=(0.6, 0.6), gain=0.3, taste=0.4),
    "accuracy near 0.95, seeds alike but for rows": replace(HIGH, apart=(0.0, 0.0), gain=-0.3, taste=0.4),
    "accuracy near 0.95, seeds apart": replace(HIGH, apart=(0.2, 0.2), gain=-0.3, taste=0.4),
    "accuracy near 0.95, rows that both see alike": replace(HIGH, gain=-0.3),
    "F1 of spans, seeds apart": World("f1", 1.0, (0.15, 0.15), gain=0.2, taste=0.4),
    "nats a token, seeds apart": World("nats", 0.0, (1.0, 1.0), gain=1.0, taste=0.3),
    "accuracy, seeds of one 3 x as far apart": replace(MID, apart=(0.1, 0.3), gain=0.2, taste=0.4),
    "accuracy, 100 rows": replace(MID, items=100, apart=(0.2, 0.2), gain=0.2, taste=0.4),
}
SEEDS = ((3, 3), (5, 5))
MORE: dict[str, World] = {
    "2 and 2 seeds": replace(COVER["accuracy near 0.5, seeds apart as items"], seeds=(2, 2)),
    "2 and 3 seeds": replace(COVER["accuracy near 0.5, seeds apart as items"], seeds=(2, 3)),
    "3 and 5 seeds": replace(COVER["accuracy near 0.5, seeds apart as items"], seeds=(3, 5)),
    "3 and 3 seeds, of one 10 x as far apart": replace(MID, apart=(0.06, 0.6), gain=0.2, taste=0.4),
    "3 and 3 seeds, one in ten fails to learn": replace(MID, apart=(0.05, 0.05), ease=1.5, taste=0.4, collapse=0.1),
}
NULLS: dict[str, World] = {
    "near 0.5, seeds alike but for rows": replace(MID, apart=(0.0, 0.0)),
    "near 0.5, seeds a little apart": MID,
    "near 0.5, seeds apart": replace(MID, apart=(0.15, 0.15)),
    "near 0.5, seeds far apart": replace(MID, apart=(0.6, 0.6)),
    "near 0.95, seeds alike but for rows": replace(HIGH, apart=(0.0, 0.0)),
    "near 0.95, seeds apart": replace(HIGH, apart=(0.2, 0.2)),
    "near 0.95, seeds far apart": replace(HIGH, apart=(0.6, 0.6)),
    "F1 of spans, seeds apart": World("f1", 1.0, (0.15, 0.15)),
    "nats a token, seeds apart": World("nats", 0.0, (1.0, 1.0)),
}


HEAD = """# Coverage of the intervals of `seqloom compare`

`python bench/coverage.py`: each row {draws:,} draws of a made-up world whose truth is known, in % of them (so many
draws leave it uncertain by 1). Each draw: new networks, 400 new rows unless said, and {bootstrap:,} draws of the
bootstrap.

An interval of 95 % should hold the truth in 93 to 97 % of the draws. *Over seeds*: Student's t, other seeds on the same
rows. *Over both*: the hierarchical bootstrap, other seeds on other rows. *Difference*: that of the two architectures,
likewise. *Seeds : items*: the variance of a mean of seeds beside that of drawing items.

{cover}

Beyond what is promised: fewer seeds than three, numbers that differ, and seeds that are not alike.

{more}

Where one seed in ten fails to learn, three seeds mostly hold no such one, and no interval knows of what was never seen.

## False alarms

Both are seeds of one architecture: a difference is shown at p < 0.05 in so many % of the draws, which should be 6 at
most. *Items alone*: a paired bootstrap over items, of one seed each. *Naive*: percentiles of a bootstrap that draws
seeds and items. *Seeds alone*: Welch's t. *Here*: what `compare` does.

{alarms}

Five architectures that are one, ten pairs, three seeds each: any of them is shown, after Holm's correction, in
{family:.1f} % of the draws.
"""
COVERED = "| world | seeds | seeds : items | over seeds | over both | difference |\n|---|---|---|---|---|---|"
ALARMED = "| world | seeds | items alone | naive | seeds alone | here |\n|---|---|---|---|---|---|"


def main() -> None:
    """Run the rows that are not there yet, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--again", action="store_true")
    chosen = parser.parse_args()
    kept = RESULTS.with_suffix(".json")
    there = kept.is_file() and not chosen.again
    rows: dict[str, dict[str, float]] = json.loads(kept.read_text(encoding="utf-8")) if there else {}

    def row(name: str, run: Callable[[], dict[str, float]]) -> dict[str, float]:
        name = f"{name}, {chosen.draws} draws"
        if name not in rows:
            rows[name] = run()
            kept.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
            print(name, rows[name], flush=True)
        return rows[name]

    def table(title: str, worlds: dict[str, World], all_seeds: Sequence[tuple[int, int]], is_cover: bool) -> str:
        lines = [COVERED if is_cover else ALARMED]
        for name, world in worlds.items():
            for seeds in all_seeds or (world.seeds,):
                way, at = covered if is_cover else alarms, replace(world, seeds=seeds)
                told = row(f"{title}: {name}, {seeds[0]} and {seeds[1]}", lambda way=way, at=at: way(at, chosen.draws))
                keys = ("seeds", "both", "pair") if is_cover else ("items", "naive", "seeds", "ours")
                cells = [f"{told['ratio']:.2g}"] if is_cover else []
                cells += [f"{told[key]:.1f}" for key in keys]
                lines.append(f"| {name} | {seeds[0]} and {seeds[1]} | {' | '.join(cells)} |")
        return "\n".join(lines)

    page = HEAD.format(
        draws=chosen.draws,
        bootstrap=BOOTSTRAP,
        cover=table("covered", COVER, SEEDS, True),
        more=table("covered", MORE, (), True),
        alarms=table("alarms", NULLS, SEEDS, False),
        family=row("family", lambda: {"any": family(chosen.draws)})["any"],
    )
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


def _seeds(world: World, at: Callable[[float], float]) -> float:
    """Return the mean over seeds, some of which fail to learn."""
    return (1 - world.collapse) * at(0.0) + (world.collapse * at(-3.0) if world.collapse else 0.0)


def _in(low: float | None, truth: float, high: float | None) -> bool:
    return low is not None and high is not None and low <= truth <= high


def _welch(a: Floats, b: Floats) -> float:
    parts = [float(of.var(ddof=1)) / len(of) for of in (a, b)]
    if not sum(parts) > 0:
        return 1.0
    df = sum(parts) ** 2 / sum(part**2 / (len(of) - 1) for part, of in zip(parts, (a, b), strict=True))
    return outside(float(a.mean() - b.mean()) / math.sqrt(sum(parts)), df)


def _phi(x: Floats | float) -> Floats | float:
    return np.vectorize(lambda one: 0.5 * math.erfc(-one / math.sqrt(2)))(x)


def _logistic(x: Floats | float) -> Floats:
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


if __name__ == "__main__":
    main()
