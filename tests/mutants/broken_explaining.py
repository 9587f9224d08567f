"""Ways to break what explains an answer."""

from mutant import Mutant

EXPLAINING = [
    # gates, gradients, Jacobians
    Mutant("half-life: the wrong sign", "explaining/half_life.py", "return np.log(0.5) /", "return np.log(2.0) /"),
    Mutant(
        "half-life: a mean of half-lives",
        "explaining/half_life.py",
        "_steps(_logs(keep).mean(0))",
        "half_life(keep).mean(0)",
    ),
    Mutant(
        "highway: from the first step to t",
        "explaining/half_life.py",
        "np.exp(np.cumsum(later[::-1], 0)[::-1])",
        "np.exp(np.cumsum(logs, 0))",
    ),
    Mutant(
        "highway: the step's own gate too",
        "explaining/half_life.py",
        "np.concatenate([logs[1:], np.zeros_like(logs[:1])])",
        "logs",
    ),
    Mutant(
        "gates: backwards is forwards",
        "explaining/gates_view.py",
        "read_in_order(highway(read_in_order(keep, place)), place)",
        "highway(keep)",
    ),
    Mutant("decay: any slope below 0 vanishes", "explaining/decay.py", "if slope < -STEEP else", "if slope < 0 else"),
    Mutant("decay: the horizon of 99 %", "explaining/decay.py", "math.log(LEFT) / slope", "math.log(1 - LEFT) / slope"),
    Mutant(
        "jacobian: product in the wrong order",
        "explaining/jacobian.py",
        "product = product @ one.double()",
        "product = one.double() @ product",
    ),
    Mutant(
        "jacobian: h and c are tied",
        "explaining/jacobian.py",
        "return each(lambda value: next(pieces).reshape(value.shape), like)",
        "first = next(pieces)\n    return each(lambda value: first.reshape(value.shape), like)",
    ),
    Mutant(
        "jacobian: backwards reads forwards",
        "explaining/jacobian.py",
        'return read.flip(0) if way == "backwards" else read',
        "return read",
    ),
    Mutant("jacobian: slope of tanh", "explaining/jacobian.py", "1 - hidden.square()", "1 - hidden.abs()"),
    Mutant(
        "back norms: from the first step on",
        "explaining/back_norms.py",
        "step = len(one) - distance\n",
        "step = first + distance - 1\n",
    ),
    Mutant(
        "recurrences: every step reads what the first did",
        "explaining/recurrences.py",
        "pull(lambda now: self.step(self.read[step : step + 1], now)",
        "pull(lambda now: self.step(self.read[:1], now)",
    ),
    Mutant("gradients: left on weights", "explaining/gradients_view.py", "one.requires_grad_(False)", "pass"),
    Mutant("gradients: weights learn no more", "explaining/gradients_view.py", "one.requires_grad_(True)", "pass"),
    Mutant("gradients: no window", "explaining/gradients_view.py", "if self.step <= self.first:", "if False:"),
    # attention
    Mutant(
        "rollout: without the residual half",
        "explaining/rollout.py",
        "return 0.5 * mean + 0.5 * np.eye(len(mean))",
        "return mean",
    ),
    Mutant("rollout: layers from the top", "explaining/rollout.py", "_step(weights) @ found", "found @ _step(weights)"),
    Mutant("rollout: what was read is not what it holds", "explaining/rollout.py", "found @ read", "found"),
    Mutant("attended: what is masked counts as seen", "explaining/attended.py", "(weights > 0)", "(weights >= 0)"),
    Mutant("attended: long rows look ahead", "explaining/attended.py", "        if causal:\n", "        if False:\n"),
    Mutant(
        "thinning: rows are added up",
        "explaining/thinning.py",
        "return averaged(summed(weights, columns, -1), rows, -2)",
        "return summed(summed(weights, columns, -1), rows, -2)",
    ),
    Mutant(
        "axes: words are shifted by one",
        "explaining/subject.py",
        "word != self.words[at - 1]",
        "word != self.words[min(at + 1, len(self.words) - 1)]",
    ),
    Mutant("axes: a byte too far", "explaining/axes.py", "0x80 <= one - UNK - 1 < 0xC0", "0x80 <= one - UNK < 0xC0"),
    # saliency and scores
    Mutant(
        "integrated gradients: without the baseline",
        "explaining/attributing.py",
        "inputs[name].detach() - baselines[name]",
        "inputs[name].detach()",
    ),
    Mutant(
        "integrated gradients: from zero whatever the baseline",
        "explaining/attributing.py",
        "baselines[name] + place * way[name]",
        "place * way[name]",
    ),
    Mutant(
        "occlusion: another token",
        "explaining/attributing.py",
        "worth[here] = float(lost)",
        "worth[part == int(part.max()) - number] = float(lost)",
    ),
    Mutant(
        "occlusion: what is won",
        "explaining/attributing.py",
        "whole - score({**inputs, name: changed})",
        "score({**inputs, name: changed}) - whole",
    ),
    Mutant(
        "saliency: equal ranks are not shared",
        "explaining/saliency_view.py",
        "(ends - (counts - 1) / 2)[inverse]",
        "ends[inverse]",
    ),
    Mutant(
        "saliency: an input beside another goes along",
        "explaining/saliency_view.py",
        "lambda one: score({**inputs, **one})",
        "lambda one: score({**nothing, **one})",
    ),
    Mutant(
        "scores: a step of the prompt",
        "explaining/scores.py",
        "place = first + step_at(at, len(ids) - first)",
        "place = step_at(at, len(ids) - first)",
    ),
    Mutant("scores: the prompt counts", "explaining/scores.py", "counted[:, first:] = True", "counted[:] = True"),
    Mutant("scores: tag of the step before", "explaining/scores.py", "[name][0, place]", "[name][0, place - 1]"),
    # states, and what is read back
    Mutant(
        "probe: judged on its training rows",
        "explaining/reading_back.py",
        "learn, ask = at[~test], at[test]",
        "learn, ask = at[~test], at[~test]",
    ),
    Mutant(
        "probe: reads into the row before",
        "explaining/reading_back.py",
        "at = at[heard.rows[at] == heard.rows[at - back]]",
        "at = at[heard.rows[at] >= 0]",
    ),
    Mutant(
        "probe: nothing is shuffled",
        "explaining/reading_back.py",
        "_classified(heard.states[learn], wanted[other], heard.states[ask])",
        "_classified(heard.states[learn], wanted, heard.states[ask])",
    ),
    Mutant(
        "patterns: against one is not after it",
        "explaining/patterns.py",
        "abs(self.r) > self.chance",
        "self.r > self.chance",
    ),
    Mutant("nearest: padding is near", "explaining/nearest.py", ".masked_fill(~mask, -2)", ""),
    Mutant(
        "row quality: padding is right",
        "explaining/row_quality.py",
        "return RIGHT, ((right & target.mask).sum(1), target.mask.sum(1))",
        "return RIGHT, (right.sum(1), target.mask.sum(1))",
    ),
    # what comes next, and what if
    Mutant("next: the likeliest is the second", "explaining/next_view.py", "(some > own)", "(some >= own)"),
    Mutant(
        "what if: other weights stay",
        "explaining/moves.py",
        "total * (1 - value) / other.clamp(",
        "total / other.clamp(",
    ),
    Mutant(
        "what if: backwards counts forwards",
        "explaining/moves.py",
        "first = self._heard[path].steps - 1 - first",
        "pass",
    ),
    Mutant(
        "what if: nothing is changed",
        "explaining/what_if_view.py",
        "after, second = _look(other, new, self.moves)",
        "after, second = _look(other, new, ())",
    ),
    Mutant(
        "explain: a refused view is run",
        "explaining/explain.py",
        "refused[name] = reason\n            continue",
        "refused[name] = reason",
    ),
    Mutant(
        "tree: what has ended goes on",
        "decoding/tree.py",
        "            if not ended:\n                live.append(len(self.nodes))",
        "            live.append(len(self.nodes))",
    ),
    Mutant("tree: what was kept is thrown away too", "decoding/tree.py", " not in taken", " not in ()"),
    # views
    Mutant("states: the bottom cell", "explaining/states_view.py", "in reversed(places) if", "in places if"),
    Mutant(
        "states: backwards ends at the last step",
        "explaining/states_view.py",
        '(0 if place.way == "backwards" else length - 1)',
        "(length - 1)",
    ),
    Mutant(
        "saliency: the strongest are above 0",
        "explaining/saliency_figures.py",
        "np.argsort(-np.abs(steps)",
        "np.argsort(-steps",
    ),
    Mutant(
        "edit: what is copied stays",
        "explaining/edits.py",
        'inputs["copy"] = replace(inputs["copy"], values=_copied(subject, said, at, new))',
        "pass",
    ),
    Mutant(
        "answer: padding may come next", "explaining/answering.py", "logits[[PAD, BOS, SEP, UNK]] = -torch.inf", "pass"
    ),
    Mutant(
        "subject: yes for no",
        "explaining/subjects.py",
        "logits[0] if index else -logits[0]",
        "-logits[0] if index else logits[0]",
    ),
    Mutant(
        "subject: a number about its mean",
        "explaining/subjects.py",
        "* task.scale.deviation + task.scale.mean",
        "* task.scale.deviation",
    ),
    Mutant(
        "subject: a forecast about its center",
        "explaining/subjects_forecast.py",
        " + center.to(given.dtype)",
        "",
    ),
    Mutant(
        "subject: padding may come next",
        "explaining/subjects_text.py",
        'logits[[PAD, BOS, SEP, UNK]] = float("-inf")',
        "pass",
    ),
    Mutant(
        "inputs: the mean of each row of a picture",
        "explaining/inputs.py",
        "tuple(range(1, value.dim() - 1))",
        "(value.dim() - 2,)",
    ),
    Mutant("by length: the first above the last", "explaining/by_length.py", "mean[1] - mean[0]", "mean[0] - mean[1]"),
    Mutant(
        "by length: steps of a row are drawn apart",
        "explaining/by_length.py",
        "np.unique(rows, return_inverse=True)",
        "np.unique(np.arange(len(rows)), return_inverse=True)",
    ),
    Mutant(
        "probe: what can be guessed is not taken off",
        "explaining/reading_back.py",
        "better = guess if back and guess.mean() >= shuffled.mean() else shuffled",
        "better = shuffled",
    ),
    Mutant(
        "probe: reach ends at one gap",
        "explaining/reading_back.py",
        "elif place and lags[place - 1].more_low <= 0:",
        "else:",
    ),
    Mutant(
        "nearest: State is not carried on",
        "explaining/nearest.py",
        "run.model(batch, carried)[1]",
        "run.model(batch)[1]",
    ),
    Mutant(
        "passing: backwards reads forwards",
        "explaining/passing.py",
        "states, read = flip(states, mask), flip(read, mask)",
        "pass",
    ),
    Mutant("jacobian: the whole row is followed", "explaining/jacobian_view.py", "max(0, length - self.steps)", "0"),
    Mutant(
        "jacobian: steps from 0",
        "explaining/jacobian_view.py",
        "np.array(sampled, np.float64) + 1",
        "np.array(sampled, np.float64)",
    ),
    Mutant("gates: z twice", "explaining/gates_view.py", '("1 - z", 1 - value)', '("1 - z", value)'),
    Mutant(
        "gradients: the window of a backward direction is at its end",
        "explaining/gradients_view.py",
        "ordered = read_in_order(norm, paths[path])",
        "ordered = norm",
    ),
    Mutant(
        "attention: what a place gives is received",
        "explaining/attention_view.py",
        "weights.mean(-2, dtype",
        "weights.mean(-1, dtype",
    ),
    Mutant(
        "what if: before less after", "explaining/what_if_view.py", "moved = scores - before", "moved = before - scores"
    ),
]
