"""Ways to break decoding: beam search, its rules and penalties, samples, ensembles, scheduled sampling."""

from mutant import Mutant

DECODING = [
    # the beam
    Mutant(
        "beam: rows are the parents' neighbours",
        "decoding/beam.py",
        "parent = (first.unsqueeze(1) + order // k)[taken]",
        "parent = (first.unsqueeze(1) + order // k - 1).clamp(min=0)[taken]",
    ),
    Mutant(
        "beam: no slot is kept", "decoding/beam.py", "self._free = self._free - finished.bincount", "finished.bincount"
    ),
    Mutant(
        "beam: slots of the neighbour sentence",
        "decoding/beam.py",
        "self._free[names]",
        "self._free[names - 1]",
    ),
    Mutant("beam: one continuation of each", "decoding/beam.py", "best(allowed, self._slots)", "best(allowed, 1)"),
    Mutant(
        "beam: ln p of the last token alone",
        "decoding/beam.py",
        "sums = total.unsqueeze(1) +",
        "sums = 0 * total.unsqueeze(1) +",
    ),
    Mutant("beam: logits for ln p", "decoding/beam.py", "(values - norm.unsqueeze(1))", "(values - 9)"),
    Mutant("beam: ties by hypothesis", "decoding/beam.py", "(token * wide + ", "(token * 0 + "),
    Mutant("beam: ties at the border as they come", "decoding/beam.py", "if border.any():", "if False:"),
    Mutant(
        "beam: ties within as they come",
        "decoding/beam.py",
        "place, order = place.sort(1)",
        "order = place.argsort(1) * 0 + torch.arange(k)",
    ),
    # the search
    Mutant("search: EOS not frozen", "decoding/search.py", "live = ~(finished | cut)", "live = ~cut"),
    Mutant(
        "search: State not reordered",
        "decoding/search.py",
        "return reorder(state, index)",
        "return reorder(state, index * 0 + torch.arange(len(index)) % rows)",
    ),
    Mutant(
        "search: State moved off by one",
        "decoding/search.py",
        "return reorder(state, index)",
        "return reorder(state, (index + 1) % rows)",
    ),
    Mutant("search: Memory stays", "decoding/search.py", "memory = memory.reorder(parent)", "pass"),
    Mutant(
        "search: Memory off by one",
        "decoding/search.py",
        "memory = memory.reorder(parent)",
        "memory = memory.reorder((parent + 1) % len(owner))",
    ),
    Mutant(
        "search: penalty applied twice",
        "decoding/search.py",
        "score = rows.total / length_penalty(",
        "score = rows.total / length_penalty(asked.length_penalty, asked.alpha, length) / length_penalty(",
    ),
    Mutant(
        "search: the end is free",
        "decoding/search.py",
        "before.total + logprob,",
        "before.total + logprob.where(ids != 2, 0),",
    ),
    Mutant(
        "search: the end has no length",
        "decoding/search.py",
        "length = torch.full_like(rows.owner, rows.written.shape[1])",
        "length = torch.full_like(rows.owner, rows.written.shape[1] - finished)",
    ),
    Mutant(
        "search: stops at the first that finishes",
        "decoding/search.py",
        "return hope < to_beat",
        "return to_beat > -torch.inf",
    ),
    Mutant(
        "search: stops by the length of today",
        "decoding/search.py",
        "settings.alpha, limits[owner])",
        "settings.alpha, limits[owner] * 0 + 1)",
    ),
    Mutant(
        "search: stops while one may still tie", "decoding/search.py", "return hope < to_beat", "return hope <= to_beat"
    ),
    Mutant("search: never stops early", "decoding/search.py", "return hope < to_beat", "return hope < -torch.inf"),
    Mutant(
        "search: a token longer",
        "decoding/search.py",
        "(self._limits[rows.owner] <= rows",
        "(self._limits[rows.owner] < rows",
    ),
    Mutant(
        "search: the limit of the first",
        "decoding/search.py",
        "(self._limits[rows.owner] <= rows",
        "(self._limits[0] <= rows",
    ),
    Mutant(
        "search: the parent is written",
        "decoding/search.py",
        "rows, ids, parent = rows.pick(on), ids[on], parent[on]",
        "rows, ids, parent = rows.pick(on), ids[: len(on)], parent[on]",
    ),
    Mutant("search: no numbers are let pass", "decoding/search.py", "if not norm.isfinite().all():", "if False:"),
    Mutant(
        "search: coverage of the row before",
        "decoding/search.py",
        'seen = state["coverage"][parent]',
        'seen = state["coverage"][parent - 1]',
    ),
    Mutant("search: the stuck are lost", "decoding/search.py", "if choice.stuck.any():", "if False:"),
    # what is answered
    Mutant(
        "pool: cut ones among the finished",
        "decoding/hypotheses.py",
        "return (not hypothesis.finished, ",
        "return (True, ",
    ),
    Mutant("pool: worst first", "decoding/hypotheses.py", "-hypothesis.score, hyp", "hypothesis.score, hyp"),
    Mutant(
        "pool: the best is to beat", "decoding/hypotheses.py", "return answer[-1].score if", "return answer[0].score if"
    ),
    Mutant("pool: what is cut need not be beaten", "decoding/hypotheses.py", " and answer[-1].finished else", " else"),
    # penalties
    Mutant(
        "penalty: gnmt without its 5", "decoding/penalties.py", "((5 + length) / 6) ** alpha", "(length / 6) ** alpha"
    ),
    Mutant("penalty: average without alpha", "decoding/penalties.py", "return length**alpha if", "return length if"),
    Mutant("penalty: coverage above one counts", "decoding/penalties.py", ".clamp(LEAST, 1)", ".clamp(LEAST)"),
    Mutant("penalty: coverage of the mean place", "decoding/penalties.py", ".log().sum(1)", ".log().mean(1)"),
    # rules
    Mutant(
        "rules: the prefix is a step late",
        "decoding/rules.py",
        "self._prefix[owner, time]",
        "self._prefix[owner, time - 1]",
    ),
    Mutant(
        "rules: the prefix of the first row",
        "decoding/rules.py",
        "self._prefix[owner, time]",
        "self._prefix[owner * 0, time]",
    ),
    Mutant(
        "rules: a prefix keeps to the rules",
        "decoding/rules.py",
        "logits.masked_fill(~only, -math.inf), allowed)",
        "allowed.masked_fill(~only, -math.inf), allowed)",
    ),
    Mutant(
        "rules: an end too soon", "decoding/rules.py", "if time < self._min_length:", "if time < self._min_length - 1:"
    ),
    Mutant(
        "rules: the first token of a word is barred",
        "decoding/rules.py",
        "allowed[begun, word[-1]]",
        "allowed[begun, word[0]]",
    ),
    Mutant(
        "rules: n-grams of one more", "decoding/rules.py", "before = self._no_repeat - 1", "before = self._no_repeat"
    ),
    Mutant(
        "rules: the model's own logits are changed",
        "decoding/rules.py",
        "logits.index_fill(1, barred",
        "logits.index_fill_(1, barred",
    ),
    # samples and ensembles
    Mutant(
        "samples: all from one number",
        "decoding/samples.py",
        "self._drawn[parent.cpu(), 0]",
        "self._drawn[parent.cpu(), 0] * 0 + 0.5",
    ),
    Mutant("samples: the same number at each step", "decoding/samples.py", "[index.cpu(), 1:]", "[index.cpu()]"),
    Mutant(
        "samples: the number of the row is its place",
        "decoding/samples.py",
        "{settings.seed} {number}",
        "{settings.seed} {row}",
    ),
    Mutant("sampling: nothing below the best", "decoding/sampling.py", "+ math.log(p), -math.inf", ", -math.inf"),
    Mutant(
        "ensemble: mean of ln p",
        "decoding/writer.py",
        "return each.logsumexp(0) - math.log(len(logits))",
        "return each.mean(0)",
    ),
    Mutant(
        "ensemble: not a probability",
        "decoding/writer.py",
        "return each.logsumexp(0) - math.log(len(logits))",
        "return torch.stack(list(logits)).logsumexp(0)",
    ),
    Mutant("ensemble: the State of the first", "decoding/writer.py", "state.get(str(number))", 'state.get("0")'),
    Mutant("writer: State forgotten", "decoding/writer.py", "state.get(str(number))", "None"),
    Mutant("writer: padding must be covered", "decoding/writer.py", "(~own[0].mask).to(", "(own[0].mask & False).to("),
    Mutant(
        "writer: coverage of the last step", "decoding/writer.py", "before + torch.stack(looks)", "torch.stack(looks)"
    ),
    Mutant(
        "writer: coverage of the first head",
        "decoding/writer.py",
        "weights.mean(1).squeeze(1)",
        "weights[:, 0].squeeze(1)",
    ),
    # scheduled sampling
    Mutant("scheduled: padding is drawn", "decoding/scheduled.py", "own &= given.mask", "pass"),
    Mutant(
        "scheduled: what was given is heard",
        "decoding/scheduled.py",
        "heard = heard.index_copy",
        "heard, mixed[-1] = values[:, time : time + 1], heard.index_copy",
    ),
    Mutant("scheduled: ends are drawn", "decoding/scheduled.py", "(PAD, BOS, EOS, SEP)", "(PAD, BOS, SEP)"),
    Mutant(
        "scheduled: each share is the last",
        "decoding/scheduled.py",
        "return fit.sampling * done",
        "return fit.sampling",
    ),
    Mutant(
        "scheduled: from an empty State",
        "decoding/scheduled.py",
        "logits, state = model.step(heard, state, memory)",
        "logits, state = model.step(heard, None if time == 1 else state, memory)",
    ),
    Mutant(
        "update: each batch is heard from the start",
        "training/update.py",
        "share, state if self._carries else None)",
        "share, None)",
    ),
]
