"""Ways to break how numbers are read and told: heads, RevIN, patches, free running, windows, scales, measures."""

from mutant import Mutant

NUMBERS = [
    # heads
    Mutant(
        "numbers: unknown values are counted",
        "heads/numbers.py",
        "return _known(target).sum().float()",
        "return torch.ones_like(target.values).sum().float()",
    ),
    Mutant("numbers: unknown values are learnt", "heads/numbers.py", ".masked_fill(~known, 0).sum()", ".sum()"),
    Mutant(
        "numbers: padding is learnt",
        "heads/numbers.py",
        "return known & target.mask.view(",
        "return known | target.mask.view(",
    ),
    Mutant(
        "numbers: what is known is not heard",
        "heads/numbers.py",
        "memory.known.to(x.dtype)], -1)",
        "memory.known.to(x.dtype) * 0], -1)",
    ),
    Mutant(
        "numbers: the scale stays off", "heads/numbers.py", "if memory is None or memory.scale is None:", "if True:"
    ),
    Mutant(
        "point: center forgotten",
        "heads/point.py",
        "raw * spread.unsqueeze(-1) + center.unsqueeze(-1)",
        "raw * spread.unsqueeze(-1)",
    ),
    Mutant(
        "point: huber without its half",
        "heads/point.py",
        "error.square() / 2, self.delta",
        "error.square(), self.delta",
    ),
    Mutant(
        "point: mae for mse",
        "heads/point.py",
        'if self.error == "mse":\n            return error.square()',
        'if self.error == "mse":\n            return error',
    ),
    Mutant("quantiles: they cross", "heads/quantiles.py", "gaps = softplus(torch.cat", "gaps = (torch.cat"),
    Mutant(
        "quantiles: turned over",
        "heads/quantiles.py",
        "torch.maximum(levels * error, (levels - 1) * error)",
        "torch.maximum((1 - levels) * error, -levels * error)",
    ),
    Mutant("quantiles: below in the wrong order", "heads/quantiles.py", ".flip(-1).cumsum(-1).flip(-1)", ".cumsum(-1)"),
    Mutant(
        "quantiles: no line between",
        "heads/quantiles.py",
        "return torch.lerp(low, high, share)",
        "return torch.lerp(low, high, share.round())",
    ),
    Mutant(
        "normal: sigma is not scaled",
        "heads/normal.py",
        "(softplus(width) + FLOOR) * spread",
        "(softplus(width) + FLOOR)",
    ),
    Mutant("normal: without ln sigma", "heads/normal.py", "+ sigma.log() +", "+ 0 * sigma +"),
    Mutant(
        "normal: quantiles turned over",
        "heads/normal.py",
        "mean + sigma * torch.special",
        "mean - sigma * torch.special",
    ),
    Mutant(
        "student: freedom is scaled",
        "heads/student.py",
        "LEAST + FLOOR + softplus(freedom)]",
        "LEAST + FLOOR + softplus(freedom) * spread]",
    ),
    Mutant("student: a gamma missing", "heads/student.py", "- torch.lgamma((v + 1) / 2)", ""),
    # input
    Mutant(
        "RevIN: padding is measured",
        "layers/revin.py",
        "seen = mask.unsqueeze(-1).to(values.dtype)",
        "seen = torch.ones_like(mask).unsqueeze(-1).to(values.dtype)",
    ),
    Mutant(
        "RevIN: what was missing is measured",
        "layers/revin.py",
        "return seen * values[..., self.channels : 2 * self.channels]",
        "return seen.expand(-1, -1, self.channels)",
    ),
    Mutant(
        "RevIN: bias lost",
        "layers/revin.py",
        "return mean - self.bias * spread, spread",
        "return mean + 0 * self.bias * spread, spread",
    ),
    Mutant(
        "RevIN: a constant window divides by nothing",
        "layers/revin.py",
        "torch.where(differs, variance, torch.ones_like(variance)).sqrt()",
        "variance.sqrt()",
    ),
    Mutant(
        "RevIN: covariates are normalised",
        "layers/revin.py",
        "return torch.cat([x, values[..., self.channels :]], -1)",
        "return torch.cat([x, values[..., self.channels :] * 2], -1)",
    ),
    Mutant(
        "RevIN: decoder inputs stay as they are",
        "model.py",
        "values = self.scaling.apply_to(values, memory.scale)",
        "pass",
    ),
    Mutant(
        "patches: junk behind a row's end",
        "layers/series.py",
        "return values.gather(1, index)",
        "return torch.cat([values, values.new_full((values.shape[0], max(more, 0), values.shape[2]), 9.0)], 1)",
    ),
    Mutant("patches: one too many", "layers/series.py", "self._more(lengths) + 1, 0)", "self._more(lengths) + 2, 0)"),
    Mutant(
        "patches: strides ignored",
        "layers/series.py",
        "x.unfold(1, self.patch, self.stride)",
        "x.unfold(1, self.patch, 1)",
    ),
    # free running
    Mutant(
        "free: hears what was there",
        "decoding/numbers.py",
        "torch.cat([values, heard[:, step, channels:]], -1)",
        "heard[:, step]",
    ),
    Mutant(
        "free: what is known comes late",
        "decoding/numbers.py",
        "heard[:, step, channels:]], -1)",
        "heard[:, max(step - 1, 0), channels:]], -1)",
    ),
    Mutant(
        "free: hears normalised values", "decoding/numbers.py", "x = model.scaling.apply_to(x, memory.scale)", "pass"
    ),
    Mutant(
        "free: every row draws the same", "decoding/numbers.py", 'f"{seed} {number}".encode()', 'f"{seed}".encode()'
    ),
    Mutant(
        "free: the first step of an aligned forecast",
        "decoding/numbers.py",
        "last = mask.sum(1) - 1",
        "last = mask.sum(1) * 0",
    ),
    # data
    Mutant(
        "windows: a step too far",
        "data/series_windows.py",
        "begin = np.maximum(origins - self.look_back, 0)",
        "begin = np.maximum(origins - self.look_back + 1, 0)",
    ),
    Mutant(
        "windows: the value of now is heard",
        "data/series_windows.py",
        "before = self._source[ahead - 1]",
        "before = self._source[ahead]",
    ),
    Mutant(
        "windows: another track",
        "data/series_windows.py",
        "np.minimum(begin[:, None] + steps, origins[:, None] - 1) + first[:, None]",
        "np.minimum(begin[:, None] + steps, origins[:, None] - 1) + first[0]",
    ),
    Mutant(
        "split: validation overlaps the test",
        "data/series_split.py",
        "return Parts(length - tested - validated, length - tested, length)",
        "return Parts(length - tested - validated, length, length)",
    ),
    # measures
    Mutant(
        "MASE: of another season",
        "metrics/forecasting.py",
        "values[season:] - values[:-season]",
        "values[1:] - values[:-1]",
    ),
    Mutant("sMAPE: half", "metrics/forecasting.py", "200 * np.abs(_error", "100 * np.abs(_error"),
    Mutant(
        "seasonal naive: a season late", "metrics/naive.py", "place = (time + phase) % season", "place = phase % season"
    ),
    Mutant(
        "drift: flat", "metrics/naive.py", "np.asarray(last + ahead * slope)", "np.asarray(last + 0 * ahead * slope)"
    ),
]
