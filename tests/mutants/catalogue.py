"""Ways to break the code, each a replacement of one text in one file of src/seqloom."""

from broken_comparing import COMPARING
from broken_decoding import DECODING
from broken_explaining import EXPLAINING
from broken_media import MEDIA
from broken_native import NATIVE
from broken_numbers import NUMBERS
from broken_reading import READING
from broken_seeing import SEEING
from broken_studying import STUDYING
from broken_tags import TAGS
from mutant import Mutant

MUTANTS = [
    # cells
    Mutant("LSTM: i and f swapped", "cells/lstm.py", "i, f, g, o = gates.chunk", "f, i, g, o = gates.chunk"),
    Mutant("LSTM: g and o swapped", "cells/lstm.py", "i, f, g, o = gates.chunk", "i, f, o, g = gates.chunk"),
    Mutant("LSTM: a bias dropped", "cells/lstm.py", "self.w_hh, self.b_hh)", "self.w_hh)"),
    Mutant("LSTM: h without tanh", "cells/lstm.py", 'probe("h", o * c.tanh())', 'probe("h", o * c)'),
    Mutant("LSTM: scan forgets the mask", "cells/lstm.py", "if mask is not None:", "if False:"),
    Mutant(
        "LSTM: c leaks on padding",
        "cells/lstm.py",
        "mark[0], mark[1] = -CLOSED, CLOSED",
        "mark[0], mark[1] = -CLOSED, 0.0",
    ),
    Mutant(
        "LSTM: c is fed on padding",
        "cells/lstm.py",
        "mark[0], mark[1] = -CLOSED, CLOSED",
        "mark[0], mark[1] = 0.0, CLOSED",
    ),
    Mutant(
        "LSTM: forget bias on the input gate",
        "cells/lstm.py",
        "self.b_ih.data[size : 2 * size]",
        "self.b_ih.data[:size]",
    ),
    Mutant(
        "GRU: z for 1 - z",
        "cells/gru.py",
        '(1 - z) * n + z * state["h"])',
        'z * n + (1 - z) * state["h"])',
    ),
    Mutant("GRU: r and z swapped", "cells/gru.py", "x_r, x_z, x_n = linear", "x_z, x_r, x_n = linear"),
    Mutant("GRU: reset before for after", "cells/gru.py", 'if self.reset == "after":', 'if self.reset == "before":'),
    Mutant(
        "GRU: fast scan for reset before",
        "cells/gru.py",
        'self._scan if reset == "after" else None',
        "self._scan",
    ),
    Mutant("GRU: reset bias outside", "cells/gru.py", "n = linear(r * h, u_n, c_n)", "n = linear(r * h, u_n)"),
    Mutant("GRU: dropout on what is kept", "cells/gru.py", '+ z * state["h"])', "+ z * h)"),
    Mutant("GRU: a probe not named", "cells/gru.py", '("r", "z", "n", "h")', '("z", "n", "h")'),
    Mutant("RNN: relu for tanh", "cells/rnn.py", 'h = probe("h", a.tanh() if', 'h = probe("h", a.relu() if'),
    Mutant("RNN: tanh for relu in the scan", "cells/rnn.py", "else torch.rnn_relu", "else torch.rnn_tanh"),
    Mutant("MGU: candidate sees all of h", "cells/mgu.py", "linear((1 - z) * h, u_n, c_n)", "linear(h, u_n, c_n)"),
    Mutant("MGU: reset by z", "cells/mgu.py", "linear((1 - z) * h, u_n, c_n)", "linear(z * h, u_n, c_n)"),
    Mutant(
        "minGRU: z for 1 - z in the scan",
        "cells/mingru.py",
        "linear_scan(z, (1 - z) * n,",
        "linear_scan(1 - z, z * n,",
    ),
    Mutant("minGRU: g without its half", "cells/mingru.py", "torch.where(x >= 0, x + 0.5,", "torch.where(x >= 0, x,"),
    Mutant(
        "minLSTM: gates not normalised",
        "cells/minlstm.py",
        "(softplus(-i) - softplus(-f)).sigmoid()",
        "f.sigmoid()",
    ),
    Mutant("minLSTM: f and i swapped", "cells/minlstm.py", "f, i, n = gates.chunk", "i, f, n = gates.chunk"),
    Mutant(
        "exchange: biases swapped",
        "cells/interchange.py",
        '"bias_ih": "b_ih", "bias_hh": "b_hh"',
        '"bias_ih": "b_hh", "bias_hh": "b_ih"',
    ),
    # ops
    Mutant(
        "last step of the padding", "ops/lengths.py", "index = (lengths - 1)", "index = (0 * lengths + x.shape[1] - 1)"
    ),
    Mutant("an empty row reads its padding", "ops/lengths.py", "lengths.unsqueeze(1) > 0", "lengths.unsqueeze(1) >= 0"),
    Mutant(
        "flip ignores lengths",
        "ops/lengths.py",
        "    if mask is None:\n        return x.flip(1)",
        "    return x.flip(1)",
    ),
    Mutant(
        "step loop forgets the mask",
        "ops/unroll.py",
        "state = new if mask is None else keep(mask[:, step], new, state)",
        "state = new",
    ),
    Mutant("outputs on padding", "ops/unroll.py", "outputs = outputs.masked_fill(~mask.unsqueeze(-1), 0)", "pass"),
    Mutant(
        "a backward answer is not turned back",
        "ops/unroll.py",
        "(flip(outputs, mask) if reverse else outputs)",
        "outputs",
    ),
    Mutant("the scan is taken under dropout", "ops/unroll.py", "recall is None and not", "not"),
    Mutant(
        "the scan is taken under a Tape",
        "ops/unroll.py",
        "recall is None and not asked(cell, *cell.probes)",
        "recall is None",
    ),
    Mutant("scan: carry dropped", "ops/scan.py", "torch.addcmul(partial, product, carry)", "partial"),
    Mutant(
        "scan: carry without its product",
        "ops/scan.py",
        "torch.addcmul(partial[:, block, -1], product[:, block, -1], carries[-1])",
        "partial[:, block, -1] + carries[-1]",
    ),
    Mutant(
        "scan: gradient off by one",
        "ops/scan.py",
        "torch.cat([a[:, 1:], torch.zeros_like(a[:, :1])], 1).flip(1)",
        "a.flip(1)",
    ),
    Mutant("scan: start's gradient", "ops/scan.py", "total[:, 0] * a[:, 0]", "total[:, 0]"),
    Mutant("mean over padding too", "ops/pool.py", "weights.sum(1, keepdim=True).clamp(min=1)", "x.shape[1]"),
    Mutant(
        "maximum sees padding",
        "ops/pool.py",
        "x.masked_fill(~mask.unsqueeze(-1), lowest).amax(1)",
        "x.amax(1)",
    ),
    Mutant(
        "attention pool sees padding",
        "ops/pool.py",
        "score.masked_fill(~mask, lowest).softmax(-1)",
        "score.softmax(-1)",
    ),
    Mutant("causal mask off by one, open", "ops/attend.py", ".tril()", ".tril(1)"),
    Mutant("causal mask missing, fused", "ops/attend.py", "is_causal=causal", "is_causal=False"),
    Mutant(
        "scores without 1 / sqrt(d)", "ops/attend.py", "query @ key.mT / math.sqrt(query.shape[-1])", "query @ key.mT"
    ),
    Mutant("a blind query answers, fused", "ops/attend.py", "return out.masked_fill(~seen, 0)", "return out"),
    Mutant(
        "a blind query answers, open",
        "ops/attend.py",
        "masked.softmax(-1).masked_fill(~visible, 0)",
        "masked.softmax(-1)",
    ),
    Mutant("open attention never drops", "ops/attend.py", "dropout(weight, drop) if drop else weight", "weight"),
    Mutant("sinusoids: cos for sin", "ops/positions.py", "[angle.sin(), angle.cos()]", "[angle.cos(), angle.sin()]"),
    Mutant("sinusoids: wrong rates", "ops/positions.py", "/ max(count, 1)", "/ max(count - 1, 1)"),
    Mutant("rotation: wrong sign", "ops/positions.py", "left * cos - right * sin", "left * cos + right * sin"),
    # layers
    Mutant(
        "key mask missing",
        "layers/attention.py",
        "visible = None if causal or mask is None else mask[:, None, None, :]",
        "visible = None",
    ),
    Mutant(
        "cache: a step does not see itself",
        "layers/attention.py",
        "<= position[:, None, :, None]",
        "< position[:, None, :, None]",
    ),
    Mutant(
        "cache: position off by one",
        "layers/attention.py",
        "place = position[:, None, :, None]",
        "place = (position[:, None, :, None] - 1).clamp(min=0)",
    ),
    Mutant(
        "cache: a block too late",
        "layers/attention.py",
        "if needed > keys.shape[2]:",
        "if needed > keys.shape[2] + 1:",
    ),
    Mutant("cache: rows are taken for level", "layers/attention.py", "level = first + time == end", "level = True"),
    Mutant("cache: a step sees those after it", "layers/attention.py", "if not level or time != 1:", "if not level:"),
    Mutant(
        "cache: written over what a gradient needs",
        "layers/attention.py",
        "if torch.is_grad_enabled() else (keys, values)",
        "if False else (keys, values)",
    ),
    Mutant(
        "cross: padding is read",
        "bridges/multihead.py",
        "visible = None if full else memory.mask[:, None, None, :]",
        "visible = None",
    ),
    Mutant(
        "rotary: keys only",
        "layers/attention.py",
        "query, key = rotate(query, position), rotate(key, position)",
        "key = rotate(key, position)",
    ),
    Mutant(
        "attention: dropout in evaluation",
        "layers/attention.py",
        "drop = self.drop if self.training else 0.0",
        "drop = self.drop",
    ),
    Mutant(
        "attention: bias on keys",
        "layers/attention.py",
        "self.key = Linear(size, size, bias=False)",
        "self.key = Linear(size, size)",
    ),
    Mutant("cache: length not advanced", "layers/transformer.py", '"length": length + new}', '"length": length}'),
    Mutant(
        "cache: length counts padding",
        "layers/transformer.py",
        "new = mask.sum(1) if mask is not None else torch.full(",
        "new = torch.full(",
    ),
    Mutant(
        "positions restart in each piece",
        "layers/transformer.py",
        "position = length[:, None] +",
        "position = 0 * length[:, None] +",
    ),
    Mutant(
        "block: residual missing",
        "layers/transformer.py",
        "x = add_dropped(x, y, self.drop, self.training)",
        "x = dropout(y, self.drop, self.training)",
    ),
    Mutant(
        "block: norm order",
        "layers/transformer.py",
        'asks = self.norms[0](x) if self.norm == "pre"',
        'asks = self.norms[0](x) if self.norm == "post"',
    ),
    Mutant("stack: last norm missing", "layers/transformer.py", "x = self.last(x)", "pass"),
    Mutant("stack: embeddings not scaled", "layers/transformer.py", "scale = self.size**0.5", "scale = 1.0"),
    Mutant("stack: outputs on padding", "layers/transformer.py", "x = x.masked_fill(~mask.unsqueeze(-1), 0)", "pass"),
    Mutant("recurrent: residual missing", "layers/stack.py", "layer + 1 >= self.residual_from and", "False and"),
    Mutant(
        "recurrent: dropout in evaluation",
        "layers/stack.py",
        "return dropout(x, self.drop, self.training)",
        "return dropout(x, self.drop, True)",
    ),
    Mutant(
        "recurrent: recall dropped in evaluation",
        "layers/stack.py",
        "if not (self.training and self.recurrent_drop):",
        "if not self.recurrent_drop:",
    ),
    Mutant(
        "recurrent: a mask a step, not a sequence",
        "layers/stack.py",
        "x.new_ones(x.shape[0], 1, x.shape[2])",
        "torch.ones_like(x)",
    ),
    Mutant(
        "recurrent: random start in evaluation",
        "layers/stack.py",
        'self.start_kind == "random" and self.training',
        'self.start_kind == "random"',
    ),
    Mutant("recurrent: both directions alike", "layers/stack.py", 'way == "backwards", recall)', "False, recall)"),
    Mutant("recurrent: summary of the bottom", "layers/stack.py", "state[str(len(self.ways) - 1)]", 'state["0"]'),
    Mutant("recurrent: start State ignored", "layers/stack.py", "if state is None else state", "if True else state"),
    Mutant(
        "embedding: PAD is learned",
        "layers/embedding.py",
        "nn.Embedding(vocabulary, size, padding_idx=PAD)",
        "nn.Embedding(vocabulary, size)",
    ),
    Mutant("embedding: one-hot PAD", "layers/embedding.py", " * (ids != PAD).unsqueeze(-1)", ""),
    # encoders and decoders
    Mutant("running mean: count restarts", "encoders/bag.py", 'count + state["count"]', "count"),
    Mutant(
        "mlp: outputs on padding", "encoders/mlp.py", "self.net(x).masked_fill(~mask.unsqueeze(-1), 0)", "self.net(x)"
    ),
    Mutant(
        "a bidirectional encoder goes on",
        "encoders/recurrent.py",
        "if not self.causal:\n            self.refuse_state(state",
        "if False:\n            self.refuse_state(state",
    ),
    Mutant(
        "a bidirectional encoder says it is causal",
        "encoders/recurrent.py",
        'self.causal = directions == "forwards"',
        "self.causal = True",
    ),
    Mutant(
        "an encoder that is causal",
        "encoders/transformer.py",
        "self.stack(x, mask, False, None)",
        "self.stack(x, mask, True, None)",
    ),
    Mutant(
        "a decoder that looks ahead",
        "decoders/transformer.py",
        "self.stack(x, mask, True, state)",
        "self.stack(x, mask, False, state)",
    ),
    Mutant(
        "a decoder that forgets",
        "decoders/recurrent.py",
        "self.stack(x, mask, self.begin(x, memory) if state is None else state)",
        "self.stack(x, mask, self.begin(x, memory))",
    ),
    # heads
    Mutant(
        "tokens: smoothing in evaluation",
        "heads/tokens.py",
        "nats(outputs, target, self.smoothing if self.training else 0.0)",
        "nats(outputs, target, self.smoothing)",
    ),
    Mutant("tokens: mean for sum", "heads/nats.py", 'reduction="sum"', 'reduction="mean"'),
    Mutant(
        "tokens: the loss of padding",
        "heads/nats.py",
        "target.values if target.mask is None else target.values.masked_fill(~target.mask, -100)",
        "target.values",
    ),
    Mutant(
        "tokens: padding is counted",
        "heads/tokens.py",
        "return target.mask.sum().float()",
        "return torch.tensor(float(target.mask.numel()))",
    ),
    Mutant(
        "tokens: tied weights are a copy",
        "heads/tokens.py",
        "self.weight = tied",
        "self.weight = nn.Parameter(tied.detach().clone())",
    ),
    Mutant(
        "label: smoothing in evaluation", "heads/label.py", "self.smoothing if self.training else 0.0", "self.smoothing"
    ),
    Mutant(
        "label: smoothing too strong",
        "heads/label.py",
        "(1 - smoothing) + smoothing / 2",
        "(1 - smoothing) + smoothing",
    ),
    Mutant(
        "label: yes and no swapped", "heads/label.py", "torch.cat([1 - yes, yes], 1)", "torch.cat([yes, 1 - yes], 1)"
    ),
    Mutant(
        "label: rows counted without weights",
        "heads/label.py",
        "self.weights[target.values].sum()",
        "torch.tensor(float(len(target.values)))",
    ),
    Mutant(
        "label: the first of two counted twice",
        "heads/label.py",
        "torch.cat([torch.zeros_like(outputs), outputs], 1)",
        "torch.cat([torch.ones_like(outputs), outputs], 1)",
    ),
    Mutant(
        "label: several, mean for sum",
        "heads/label.py",
        "(each * (truth * weights + (1 - truth))).mean(1).sum()",
        "(each * (truth * weights + (1 - truth))).mean()",
    ),
    # the nouns
    Mutant(
        "reorder ignores Memory",
        "memory.py",
        "outputs=self.outputs.index_select(0, index)",
        "outputs=self.outputs",
    ),
    Mutant(
        "keep inverted", "state.py", "fresh, past)\n\n    return each(choose", "past, fresh)\n\n    return each(choose"
    ),
    Mutant("caches padded at the front", "state.py", "for n in (0, want - have)", "for n in (want - have, 0)"),
    Mutant(
        "Tape: cuts the gradient",
        "tape.py",
        "else None))\n        return value",
        "else None))\n        return value.detach()",
    ),
    Mutant("Tape: hooks stay", "tape.py", "handle.remove()", "pass"),
    Mutant("Tape: backward in its own order", "tape.py", "if run.reverse:", "if False:"),
    Mutant("Tape: padding recorded", "tape.py", "return _masked(stacked, 1, run.mask)", "return stacked"),
    Mutant("Tape: asks for everything", "tape.py", "any(self._wants(_join(where, name)) for name in names)", "True"),
    Mutant(
        "Tape: sees before the Patch",
        "tape.py",
        "key=lambda watcher: not watcher.writes",
        "key=lambda watcher: watcher.writes",
    ),
    # the copy head
    Mutant("copy: padding may be copied", "heads/copy.py", "memory.mask & (tokens >= SPECIALS)", "tokens >= SPECIALS"),
    Mutant("copy: specials may be copied", "heads/copy.py", "memory.mask & (tokens >= SPECIALS)", "memory.mask"),
    Mutant(
        "copy: gate inverted",
        "heads/copy.py",
        ".masked_fill(blind, 0), logsigmoid(-x)",
        ".masked_fill(blind, 0), logsigmoid(x)",
    ),
    Mutant("copy: a blind row is gated", "heads/copy.py", "logsigmoid(x).masked_fill(blind, 0)", "logsigmoid(x)"),
    Mutant(
        "copy: only the first place of a word counts",
        "heads/copy.py",
        "first.where(first >= 0, place)",
        "place.expand_as(first)",
    ),
    Mutant("copy: a tiny weight underflows", "heads/copy.py", "(logs - top.gather(2, group)).exp()", "logs.exp()"),
    Mutant(
        "copy: smoothing in evaluation", "heads/copy.py", "if self.training and self.smoothing:", "if self.smoothing:"
    ),
    Mutant(
        "model: a copied word is heard beyond the vocabulary",
        "model.py",
        "ids.masked_fill(ids >= self.target.vocabulary, UNK)",
        "ids.clamp(max=self.target.vocabulary - 1)",
    ),
    Mutant("model: a step gives the first logits", "model.py", "hidden[:, -1:]", "hidden[:, :1]"),
    Mutant(
        "model: State not handed on",
        "model.py",
        "self.decoder(self.target(ids), None, state, memory)",
        "self.decoder(self.target(ids), None, None, memory)",
    ),
    *DECODING,
    *READING,
    *TAGS,
    *NUMBERS,
    *MEDIA,
    *NATIVE,
    *SEEING,
    *EXPLAINING,
    *STUDYING,
    *COMPARING,
]
