"""Ways to break what measures in a study, what draws a figure, and the command that explains."""

from mutant import Mutant

STUDYING = [
    # studies
    Mutant("statistics: n in place of n - 1", "studies/statistics.py", "array.std(ddof=1)", "array.std()"),
    Mutant(
        "statistics: a degree of freedom more",
        "studies/statistics.py",
        "_student(array.size - 1)",
        "_student(array.size)",
    ),
    Mutant(
        "statistics: one seed rules",
        "studies/statistics.py",
        'must be above {bound:g}"\n    if found.count < 2:\n        return Ruling("inconclusive"',
        'must be above {bound:g}"\n    if found.count < 2:\n        return Ruling("holds"',
    ),
    Mutant(
        "statistics: the mean alone is above",
        "studies/statistics.py",
        "if found.low > bound:",
        "if found.mean > bound:",
    ),
    Mutant(
        "statistics: a part may be open", "studies/statistics.py", 'elif "inconclusive" in outcomes or not', "elif not"
    ),
    Mutant(
        "conduct: seeds are not offset",
        "studies/conduct.py",
        "tuple(range(seed, seed + count))",
        "tuple(range(FIRST_SEED, FIRST_SEED + count))",
    ),
    Mutant(
        "conduct: every process has the first seed",
        "studies/conduct.py",
        "dict(given), number)",
        "dict(given), seed)",
    ),
    Mutant("learning: measured on what was learnt", "studies/learning.py", "seed * SALT + part", "seed * SALT"),
    Mutant(
        "learning: accuracy over padding",
        "studies/learning.py",
        "right if target.mask is None else right[target.mask]",
        "right",
    ),
    Mutant(
        "learning: no dropout after the first look",
        "studies/learning.py",
        "                    model.train()\n    finally:",
        "    finally:",
    ),
    Mutant(
        "learning: the first of two counted twice",
        "studies/learning.py",
        "torch.cat([torch.zeros_like(said), said], -1)",
        "torch.cat([torch.ones_like(said), said], -1)",
    ),
    Mutant(
        "puzzles: blanks count", "studies/puzzles.py", "counted[:, items + lag :] = True", "counted[:, items:] = True"
    ),
    # what is drawn
    Mutant("page: </script> ends the data", "report/sections_page.py", '.replace("<", "\\\\u003c")', ""),
    Mutant("page: numbers are HTML", "report/sections_page.py", "<pre>{escape(told)}</pre>", "<pre>{told}</pre>"),
    Mutant("heat: below 0 is above", "report/heat_svg.py", "(BELOW, shares < 0)", "(ABOVE, shares < 0)"),
    Mutant("heat: a cell says another row", "report/heat_svg.py", "heat.rows[row * drawn.by[0]]", "heat.rows[row]"),
    Mutant("marked: a token is HTML", "report/marked.py", "{mark}{escape(visible(token))}", "{mark}{visible(token)}"),
    Mutant(
        "lines: the band has no upper end",
        "report/line_chart.py",
        '"h": number(high[place])',
        '"h": number(low[place])',
    ),
    Mutant(
        "lines: 0 stands on a logarithmic scale",
        "report/line_chart.py",
        "x, y = drawable(line.x, figure.x_scale), drawable(line.y, figure.y_scale)\n        there",
        "x, y = line.x, line.y\n        there",
    ),
    # the command
    Mutant("cli: the row after", "cli/explain.py", "islice(rows, number - 1, None)", "islice(rows, number, None)"),
    Mutant("cli: the step is forgotten", "cli/explain.py", "at=at, options", "at=None, options"),
    Mutant(
        "cli: the last option of a view",
        "cli/settings.py",
        "values.setdefault(group, {}).update(one)",
        "values[group] = one",
    ),
    Mutant("conduct: one thread for ever", "studies/conduct.py", "torch.set_num_threads(threads)", "pass"),
    Mutant("conduct: what is timed shares its cores", "studies/conduct.py", "1 if study.alone else min(", "min("),
    Mutant(
        "heat: a scale with a sign is not even",
        "report/shades.py",
        "high = max(abs(low), abs(high))",
        "high = abs(high)",
    ),
    Mutant("tree: all that was searched was kept", "report/tree_svg.py", "' stroke-dasharray=\"3 3\"'", '""'),
    Mutant(
        "cli: a language model hears no line end",
        "cli/explain.py",
        'text if model.spec.task == "language" else text.rstrip("\\n")',
        'text.rstrip("\\n")',
    ),
]
