"""Ways to break what holds rows out, compares architectures, checks data, searches settings and advises."""

from mutant import Mutant

COMPARING = [
    # what is held out
    Mutant("parts: test rows are learnt", "tasks/parts.py", "rest, test = hold(whole", "_, test = hold(whole"),
    Mutant(
        "parts: a share to validate on is of the rest",
        "tasks/parts.py",
        "data.valid * len(whole) / len(rest)",
        "data.valid",
    ),
    Mutant(
        "parts: a test is of validation rows",
        "tasks/parts.py",
        "self.test if path == TEST else",
        "self.valid if path == TEST else",
    ),
    Mutant(
        "split: the seed of training parts rows",
        "spec.py",
        "self.fit.seed if self.data.split is None else self.data.split",
        "self.fit.seed",
    ),
    Mutant(
        "split: pairs ignore it",
        "tasks/pair_rows.py",
        "SPLIT if spec.data.split is None else spec.data.split",
        "SPLIT",
    ),
    # what rows are worth
    Mutant(
        "gathered: rows in the order of batches",
        "comparing/gathered.py",
        'np.argsort(rows, kind="stable")',
        "np.arange(len(rows))",
    ),
    Mutant(
        "measures: the error rate is to be high",
        "comparing/measures.py",
        '"word error rate", POINTS, False',
        '"word error rate", POINTS, True',
    ),
    Mutant(
        "measures: BLEU is short where answers are long",
        "comparing/measures.py",
        "np.where(written < wanted",
        "np.where(written > wanted",
    ),
    Mutant(
        "measures: MCC of what was told alone",
        "comparing/measures.py",
        "(told * true).sum(-1)",
        "(told * told).sum(-1)",
    ),
    Mutant("measures: a cross term once", "comparing/measures.py", "1 - (xx - 2 * xy + yy)", "1 - (xx - xy + yy)"),
    Mutant(
        "rarity: the most frequent is the rarest", "comparing/rarity.py", "ranks(-own[own > 0]", "ranks(own[own > 0]"
    ),
    Mutant(
        "breakdown: rows without a length move the others",
        "comparing/breakdown.py",
        "known[rows]) for rows in bins_of(lengths",
        "rows) for rows in bins_of(lengths",
    ),
    Mutant(
        "breakdown: classes by how many rows they have",
        "comparing/breakdown.py",
        "for place in sorted(kept)",
        "for place in kept",
    ),
    Mutant(
        "breakdown: told for true",
        "comparing/breakdown.py",
        "labels + size, labels + 2 * size",
        "labels + 2 * size, labels + size",
    ),
    # what can be told apart
    Mutant(
        "standing: n in place of n - 1",
        "comparing/statistics.py",
        "self.values[arch].var(ddof=1)",
        "self.values[arch].var()",
    ),
    Mutant(
        "standing: the spread of a seed, not of a mean",
        "comparing/statistics.py",
        ".var(ddof=1)) / n\n",
        ".var(ddof=1))\n",
    ),
    Mutant(
        "standing: what seeds make of items counts twice",
        "comparing/statistics.py",
        "float(together.var(ddof=1)) - own",
        "float(together.var(ddof=1))",
    ),
    Mutant(
        "standing: a degree of freedom more",
        "comparing/statistics.py",
        "below + part**2 / (n - 1)",
        "below + part**2 / n",
    ),
    Mutant(
        "standing: one mean shorter than over its seeds",
        "comparing/statistics.py",
        "half = max(half, abs(weight)",
        "half = min(half, abs(weight)",
    ),
    Mutant(
        "standing: no items count for many",
        "comparing/statistics.py",
        "int((stats != 0).any((0, 2)).sum())",
        "stats.shape[1]",
    ),
    Mutant(
        "standing: coins that fell alike prove all",
        "comparing/statistics.py",
        "return max(least, outside(",
        "return max(0.0, outside(",
    ),
    Mutant("standing: b less a", "comparing/statistics.py", "{a: 1.0, b: -1.0}", "{a: -1.0, b: 1.0}"),
    Mutant(
        "standing: shown by p alone",
        "comparing/statistics.py",
        "p_holm is not None and p_holm < 1 - LEVEL",
        "one.p is not None and one.p < 1 - LEVEL",
    ),
    Mutant(
        "t-interval: a degree of freedom more",
        "comparing/statistics.py",
        "quantile(len(array) - 1, LEVEL)",
        "quantile(len(array), LEVEL)",
    ),
    Mutant("Holm: no running maximum", "comparing/statistics.py", "least = max(least, min(", "least = max(0.0, min("),
    Mutant("Holm: Bonferroni", "comparing/statistics.py", "(len(tested) - rank) *", "len(tested) *"),
    Mutant(
        "Holm: what is no test counts", "comparing/statistics.py", "(len(tested) - rank) *", "(len(chances) - rank) *"
    ),
    Mutant("Hedges: few seeds are many", "comparing/statistics.py", " / pooled * (1 - 3 / (4 * df - 1))", " / pooled"),
    Mutant(
        "resampling: items of its own for each",
        "comparing/resampling.py",
        "counts @ stats",
        "rng.permuted(counts, axis=1) @ stats",
    ),
    Mutant(
        "resampling: groups of neighbours",
        "comparing/resampling.py",
        "rng.permutation(items) % MOST",
        "np.arange(items) * MOST // items",
    ),
    Mutant(
        "student: freedom the wrong way",
        "comparing/student.py",
        "outside(t, math.exp(middle)) > 1 - level",
        "outside(t, math.exp(middle)) < 1 - level",
    ),
    # what is said of it
    Mutant("verdict: errors are to be high", "comparing/verdict.py", "sign = -1 if measure.higher else 1", "sign = -1"),
    Mutant(
        "verdict: ahead is better", "comparing/verdict.py", "return ahead and self._pair(a, b).shown", "return ahead"
    ),
    Mutant("verdict: any cost is told", "comparing/verdict.py", "spent >= MUCH * least[0]", "spent > least[0]"),
    Mutant(
        "verdict: failed of those that ended",
        "comparing/verdict.py",
        "{failed} of {failed + ended} seeds",
        "{failed} of {ended} seeds",
    ),
    Mutant(
        "front: errors are to be high",
        "comparing/verdict.py",
        '(one["mean"] - other["mean"]) * (1 if higher else -1)',
        '(one["mean"] - other["mean"])',
    ),
    Mutant("front: a machine's mood counts", "comparing/verdict.py", "mine > ALIKE * theirs", "mine > theirs"),
    Mutant(
        "numbers: a digit too many",
        "comparing/comparison_numbers.py",
        "[len(halves) // 2] / 10 if halves",
        "[len(halves) // 2] / 100 if halves",
    ),
    Mutant(
        "comparison: failed runs are among the others",
        "comparing/comparison.py",
        'job.arch == arch and one["status"] == "done"]',
        "job.arch == arch]",
    ),
    Mutant(
        "comparison: the cost of the first seed",
        "comparing/comparison.py",
        "float(np.median(numbers))",
        "float(numbers[0])",
    ),
    Mutant(
        "comparison: minutes for seconds",
        "comparing/comparison.py",
        "60 * (grid.minutes or 0):g}s",
        "(grid.minutes or 0):g}s",
    ),
    Mutant(
        "comparison: the first seed is forgotten",
        "comparing/comparison.py",
        "grid.seeds[0] != FIRST_SEED",
        "grid.seeds[0] == FIRST_SEED",
    ),
    # what is run
    Mutant("budget: a rate tried costs a run", "comparing/budget.py", "(runs + tries * SHARE)", "(runs + tries)"),
    Mutant("budget: several workers are one", "comparing/budget.py", "-(-archs * seeds // workers)", "archs * seeds"),
    Mutant(
        "budget: a rate is tried for all of it",
        "comparing/budget.py",
        "Budget(minutes=self.minutes * SHARE)",
        "Budget(minutes=self.minutes)",
    ),
    Mutant("grid: each seed its own split", "comparing/grid.py", "data.split={SPLIT}", "data.split={seed}"),
    Mutant("grid: a run may stop early", "comparing/grid.py", '"fit.patience=null", ', ""),
    Mutant("grid: a rate that is set is searched", "comparing/grid.py", 'key_of(one) == "fit.lr"', 'one == "fit.lr"'),
    Mutant(
        "grid: two entries have one folder",
        "comparing/grid.py",
        'return f"{plain}-{blake2b(arch.encode(), digest_size=3).hexdigest()}"',
        "return plain",
    ),
    Mutant(
        "course: time between sessions counts",
        "comparing/course.py",
        'kind != "started" and before is not None',
        "before is not None",
    ),
    Mutant(
        "course: the last is the best",
        "comparing/course.py",
        "(max if higher_is_better(metric) else min)(known)",
        "known[-1]",
    ),
    Mutant(
        "conduct: one architecture after the other",
        "comparing/conduct.py",
        "for seed in grid.seeds\n        for arch in grid.archs",
        "for arch in grid.archs\n        for seed in grid.seeds",
    ),
    Mutant(
        "conduct: rates tried with a seed that counts", "comparing/conduct.py", "min(grid.seeds) - 1", "min(grid.seeds)"
    ),
    Mutant(
        "conduct: the rate of another architecture",
        "comparing/conduct.py",
        'job.arch == arch and record["status"] == "done"',
        'record["status"] == "done"',
    ),
    Mutant(
        "conduct: the highest loss is the best rate",
        "comparing/conduct.py",
        "(max if higher_is_better(known[0][2]) else min)(known",
        "max(known",
    ),
    Mutant(
        "conduct: what failed is always run again",
        "comparing/conduct.py",
        '(retry and one["status"] == "failed")',
        'one["status"] == "failed"',
    ),
    Mutant(
        "conduct: what is done is done again", "comparing/conduct.py", "if one is None or (", "if one is not None or ("
    ),
    Mutant(
        "job: a record at another rate will do",
        "comparing/job.py",
        "== asdict(job)",
        "is not None",
    ),
    Mutant(
        "job: weights of another rate are gone on with",
        "comparing/job.py",
        '["job"] != asdict(job)',
        '["job"] == asdict(job)',
    ),
    Mutant(
        "job: a rate is tried for a whole run",
        "comparing/job.py",
        "grid.budget.tried if job.tried else grid.budget",
        "grid.budget",
    ),
    Mutant(
        "judged: by what weights were chosen on", "comparing/judged.py", "None if grid.test is None else TEST", "None"
    ),
    Mutant("prepare: a rate tried counts as a run", "comparing/prepare.py", "(runs + tunes * SHARE)", "(runs + tunes)"),
    # equal parameters, and costs
    Mutant("match: a tenth off is near", "comparing/match.py", "<= AIM * self.target", "<= 10 * AIM * self.target"),
    Mutant(
        "match: tables that do not learn count",
        "comparing/match.py",
        "isinstance(one, nn.Embedding) and one.weight.requires_grad}",
        "isinstance(one, nn.Embedding)}",
    ),
    Mutant(
        "match: rotary halves are odd",
        "comparing/match_widths.py",
        '2 * heads if positions == "rotary"',
        'heads if positions == "rotary"',
    ),
    Mutant(
        "match: a State is copied to another width",
        "comparing/match_widths.py",
        'if decoder.get("start") == "copy":',
        "if False:",
    ),
    Mutant(
        "flops: a product without its sum",
        "comparing/cost_flops.py",
        "return 2 * matrix[0] * matrix[1]",
        "return matrix[0] * matrix[1]",
    ),
    Mutant("latency: seconds for milliseconds", "comparing/cost_speed.py", "1000 * float(half)", "float(half)"),
    Mutant(
        "horizon: of what reaches least far",
        "comparing/cost_horizon.py",
        "return max(each), max(",
        "return min(each), max(",
    ),
    # checking
    Mutant("leaks: exact ones are normal ones too", "checking/leaks.py", "& ~exact & counted", "& counted"),
    Mutant("leaks: texts for the rows that have them", "checking/leaks.py", "int(sizes[odd].sum())", "len(odd)"),
    Mutant(
        "near: a part of a text is near to it",
        "checking/near.py",
        "whole = len(first | second)",
        "whole = min(len(first), len(second))",
    ),
    Mutant("near: all was compared", "checking/near.py", "return found, False", "return found, True"),
    Mutant("normal: case parts texts", "checking/normal.py", ".casefold()", ""),
    Mutant("kernels: a row tells itself", "checking/kernels.py", "/ (squares @ inverse)[:, None]", "* ridge"),
    Mutant(
        "order: rows of one group are strangers",
        "checking/order.py",
        "_, place = np.unique(groups, return_inverse=True)",
        "place = np.arange(len(values))",
    ),
    Mutant("order: any drop is one", "checking/order.py", "self.drop[1] > 0 and self.gain[1] > 0", "self.drop[0] > 0"),
    Mutant(
        "order of text: what is scored was counted",
        "checking/order_text.py",
        "np.unique(code[:end], return_counts=True)",
        "np.unique(code, return_counts=True)",
    ),
    Mutant(
        "forecasts: what is scored was fitted",
        "checking/series.py",
        "early.append(windows[:border])",
        "early.append(windows)",
    ),
    Mutant("echo: the season less one", "checking/series.py", "float(found[season])", "float(found[season - 1])"),
    Mutant(
        "grouping: rows by their groups",
        "checking/grouping.py",
        "rows = sum(of[name] for name in both)",
        "rows = len(both)",
    ),
    Mutant(
        "grouping: early is before all of training",
        "checking/grouping.py",
        "ahead.values <= behind.values.max()",
        "ahead.values <= behind.values.min()",
    ),
    Mutant("balance: nats for labels", "checking/balance.py", "math.exp(entropy)", "entropy"),
    # tuning
    Mutant(
        "tuning: the highest loss is the best of a training",
        "tuning/trial.py",
        "max if higher_is_better(metric) else min",
        "max",
    ),
    Mutant(
        "tuning: the highest loss leads",
        "tuning/proposals.py",
        "outcome.value > best.value if self.higher else outcome.value < best.value",
        "outcome.value > best.value",
    ),
    Mutant(
        "tuning: the highest loss is found",
        "tuning/found.py",
        "(max if self.higher else min)(self.done",
        "max(self.done",
    ),
    Mutant(
        "tuning: a training more",
        "tuning/search.py",
        "len(self.proposals.ended()) >= self.plan.trials",
        "len(self.proposals.ended()) > self.plan.trials",
    ),
    Mutant("tuning: a range without its end", "tuning/space.py", "1 + math.floor((", "math.floor(("),
    Mutant("tuning: heads do not divide a width", "tuning/usual.py", "and size // 2 % (2 * heads) == 0 else", "else"),
    # advising
    Mutant("halving: a rung too small", "advising/halving.py", "-(-found[-1] // KEEP)", "found[-1] // KEEP"),
    Mutant("halving: a lost one's own doubt is taken", "advising/halving.py", "<= first.error", "<= one.error"),
    Mutant("halving: the cheapest by a hair", "advising/halving.py", "one.cost <= ALIKE * least", "one.cost <= least"),
    Mutant(
        "halving: nothing to measure order against",
        "advising/halving.py",
        "if not any(one.name in yardsticks for one in best):",
        "if False:",
    ),
    Mutant("judging: a deviation for an interval", "advising/judging.py", "1.96 * float(apart", "float(apart"),
    Mutant(
        "naive: padding counts",
        "advising/naive.py",
        "values = target.values if target.mask is None else target.values[target.mask]",
        "values = target.values",
    ),
    Mutant(
        "contestant: the highest loss is kept",
        "advising/contestant.py",
        "look.loss < than.loss",
        "look.loss > than.loss",
    ),
    Mutant(
        "contestant: looks without gain in all",
        "advising/contestant.py",
        "self.best, self.waited = look, 0",
        "self.best = look",
    ),
    Mutant("race: looks take no time", "advising/race.py", "max(seconds - looks * look,", "max(seconds,"),
    # pages
    Mutant(
        "curves: beyond the end of a run",
        "pages/comparison_curves.py",
        "min(x[-1] for x, _ in courses)",
        "max(x[-1] for x, _ in courses)",
    ),
    Mutant(
        "figures: the front of errors is their worst",
        "pages/comparison_figures.py",
        "front(x, means if higher(told) else -means)",
        "front(x, means)",
    ),
    Mutant(
        "figures: seeds of all architectures",
        "pages/comparison_figures.py",
        ' for one in told["cells"] if one["arch"] == arch["arch"]]',
        ' for one in told["cells"]]',
    ),
    Mutant("run page: an interval too long", "pages/run_measures.py", "(100 + COVERED) / 2])", "100])"),
    Mutant(
        "run page: what was told for what is true",
        "pages/run_labels.py",
        "(told.argmax(1) == true)[true == number]",
        "(told.argmax(1) == true)[told.argmax(1) == number]",
    ),
    Mutant("runs: the first that was best", "pages/run_table.py", 'best[-1].get("metrics")', 'best[0].get("metrics")'),
]
