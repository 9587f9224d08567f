"""Ways to break how a decoder reads: bridges, scores, wirings, the start State, cross-attention."""

from mutant import Mutant

READING = [
    # the softmax over a Memory
    Mutant(
        "reading: padding is looked at",
        "bridges/attention.py",
        "scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1)",
        "scores.softmax(-1)",
    ),
    Mutant("reading: weights over the queries", "bridges/attention.py", ".min).softmax(-1)", ".min).softmax(1)"),
    Mutant("reading: weights are not probabilities", "bridges/attention.py", ".min).softmax(-1)", ".min).sigmoid()"),
    Mutant(
        "reading: an empty source is read",
        "bridges/attention.py",
        ".softmax(-1).masked_fill(hidden, 0)",
        ".softmax(-1)",
    ),
    # scores
    Mutant(
        "additive: coverage forgets",
        "bridges/additive.py",
        'state["coverage"] + weights.squeeze(1)',
        '0 * state["coverage"] + weights.squeeze(1)',
    ),
    Mutant(
        "additive: no tanh",
        "bridges/additive.py",
        "self.query(query).unsqueeze(2) + key).tanh()",
        "self.query(query).unsqueeze(2) + key)",
    ),
    Mutant("scaled dot: scaled twice", "bridges/scaled_dot.py", "size**-0.5 if scale", "1 / size if scale"),
    Mutant("scaled dot: never scaled", "bridges/scaled_dot.py", "size**-0.5 if scale", "1.0 if scale"),
    Mutant(
        "multihead: scaled twice", "bridges/multihead.py", "self.factor = 1.0 if scale", "self.factor = 0.5 if scale"
    ),
    Mutant(
        "multihead: values are keys",
        "bridges/multihead.py",
        '"values": self._cut(values)',
        '"values": self._cut(keys)',
    ),
    Mutant(
        "location: where it looked first",
        "bridges/location.py",
        'return {"last": weights.squeeze(1).to(state["last"].dtype)}',
        "return state",
    ),
    # the context vector
    Mutant(
        "context: what was squeezed out is still seen",
        "bridges/context.py",
        "final = memory.final if self.squeeze is None else None",
        "final = memory.final",
    ),
    Mutant(
        "context: not squeezed",
        "bridges/context.py",
        "self.squeeze(memory.summary).tanh()",
        "self.squeeze(memory.summary)",
    ),
    # wirings
    Mutant(
        "bahdanau: the bottom layer asks",
        "decoders/bahdanau.py",
        'self.read(stack.top(state["stack"])',
        'self.read(state["stack"]["0"]["forwards"]["h"]',
    ),
    Mutant("luong: what is fed is the state", "decoders/luong.py", '{"fed": out}', '{"fed": h}'),
    Mutant("luong: nothing is fed", "decoders/luong.py", '{"fed": out}', '{"fed": state["fed"]}'),
    Mutant(
        "gnmt: the top layer asks",
        "decoders/gnmt.py",
        'state["stack"]["0"]["forwards"]["h"]',
        'stack.top(state["stack"])',
    ),
    Mutant(
        "gnmt: upper layers forget",
        "decoders/gnmt.py",
        'hidden, after = stack(h, mask, state["stack"],',
        "hidden, after = stack(h, mask, None,",
    ),
    # around them
    Mutant("start: c like h", "decoders/start.py", 'piece.tanh() if part == "h" else piece', "piece.tanh()"),
    Mutant(
        "loop: padding moves the State",
        "decoders/recurrent.py",
        "state = new if here is None else keep(here[:, 0], new, state)",
        "state = new",
    ),
    Mutant("memory: keys stay where they were", "memory.py", "keys=states.reorder(self.keys, index)", "keys=self.keys"),
    Mutant(
        "stack: residual a layer late",
        "layers/stack.py",
        "layer + 1 >= self.residual_from",
        "layer >= self.residual_from",
    ),
    Mutant(
        "transformer: the question is not normed", "layers/transformer.py", 'self.norm(x) if norm == "pre" else x', "x"
    ),
    Mutant(
        "reading: dropout in evaluation",
        "bridges/attention.py",
        "dropout(weights, self.drop, self.training)",
        "dropout(weights, self.drop, True)",
    ),
    Mutant("reading: recorded after the fact", "bridges/attention.py", "weights = probe(", "probe("),
    Mutant(
        "reading: nothing is remembered",
        "bridges/attention.py",
        "return context, self.remember(weights, state)",
        "return context, state",
    ),
    Mutant("additive: coverage is not heard", "bridges/additive.py", "if self.covered is not None", "if False"),
    Mutant(
        "additive: coverage of the neighbour",
        "bridges/additive.py",
        'state["coverage"][:, None, :, None]',
        'state["coverage"].roll(1, 1)[:, None, :, None]',
    ),
    Mutant("dot: scaled", "bridges/dot.py", ".mT.to(query.dtype)", ".mT.to(query.dtype) / query.shape[-1] ** 0.5"),
    Mutant("general: keys as they are", "bridges/general.py", "self.key(memory.outputs)", "memory.outputs"),
    Mutant("concat: no tanh", "bridges/concat.py", 'keys["keys"].unsqueeze(1)).tanh()', 'keys["keys"].unsqueeze(1))'),
    Mutant(
        "concat: the same half for both",
        "bridges/concat.py",
        "query @ self.matrix[:, : self.query_size]",
        "query @ self.matrix[:, -self.query_size :]",
    ),
    Mutant("location: blind to places", "bridges/location.py", " + self.place(last)).tanh()", ").tanh()"),
    Mutant(
        "location: begins with padding too",
        "bridges/location.py",
        "held / held.sum(1, keepdim=True).clamp(min=1)",
        "torch.ones_like(held) / held.shape[1]",
    ),
    Mutant(
        "multihead: padding is looked at",
        "bridges/multihead.py",
        "visible = None if full else",
        "visible = None if True else",
    ),
    Mutant(
        "multihead: heads mixed up",
        "bridges/multihead.py",
        "self.out(mixed.transpose(1, 2).flatten(2))",
        "self.out(mixed.reshape(mixed.shape[0], mixed.shape[2], -1))",
    ),
    Mutant(
        "multihead: dropout in evaluation",
        "bridges/multihead.py",
        "drop = self.drop if self.training else 0.0",
        "drop = self.drop",
    ),
    Mutant(
        "context: the encoder's outputs leak",
        "bridges/context.py",
        "return Memory(context.unsqueeze(1), here, context,",
        "return Memory(memory.outputs, memory.mask, context,",
    ),
    Mutant(
        "context: read though given to the start",
        "bridges/context.py",
        'self.reads = to == "steps"',
        "self.reads = True",
    ),
    Mutant(
        "bahdanau: the state before answers",
        "decoders/bahdanau.py",
        'h, after = stack.step(x, state["stack"], noise)\n        return torch.cat([h, x], -1)',
        'h, after = stack.step(x, state["stack"], noise)\n        return torch.cat([stack.top(state["stack"]), x], -1)',
    ),
    Mutant(
        "luong: the state before asks",
        "decoders/luong.py",
        "self.read(h, keys,",
        'self.read(stack.top(state["stack"]), keys,',
    ),
    Mutant(
        "luong: context and state swapped", "decoders/luong.py", "[context.to(h.dtype), h]", "[h, context.to(h.dtype)]"
    ),
    Mutant(
        "luong: scanned though it remembers",
        "decoders/luong.py",
        "if self.reader.remembers:",
        "if False:",
    ),
    Mutant("gnmt: the context of the step before", "decoders/gnmt.py", "aside=context,", "aside=context.roll(1, 1),"),
    Mutant("gnmt: upper layers do not hear", "decoders/gnmt.py", "aside=context,", "aside=0 * context,"),
    Mutant(
        "gnmt: the bottom state is lost",
        "decoders/gnmt.py",
        'return hidden, {**state, "stack": {**state["stack"], **after}}',
        'return hidden, {**state, "stack": {**stack.start(h.shape[0], h), **after}}',
    ),
    Mutant(
        "wiring: a new coverage at every step",
        "decoders/wiring.py",
        'keys, memory, state["reader"], mask)',
        "keys, memory, self.reader.start(memory), mask)",
    ),
    Mutant(
        "start: layers in another order",
        "decoders/start.py",
        "for layer, ends in memory.final.items()",
        "for layer, ends in zip(memory.final, reversed(memory.final.values()))",
    ),
    Mutant(
        "start: h and c swapped",
        "decoders/start.py",
        '{"forwards": next(iter(ends.values()))}',
        '{"forwards": dict(zip(end := next(iter(ends.values())), reversed(end.values())))}',
    ),
    Mutant("start: layouts are not compared", "decoders/start.py", "if seen.final != wanted:", "if False:"),
    Mutant(
        "loop: State not handed on",
        "decoders/recurrent.py",
        "x_t, state, keys, memory, here, noise)",
        'x_t, {**state, "stack": self.begin(x_t, memory)}, keys, memory, here, noise)',
    ),
    Mutant(
        "loop: hidden vectors on padding",
        "decoders/recurrent.py",
        "(hidden if mask is None else hidden.masked_fill(~mask.unsqueeze(-1), 0))",
        "hidden",
    ),
    Mutant(
        "memory: the mask stays where it was", "memory.py", "mask=self.mask.index_select(0, index)", "mask=self.mask"
    ),
    Mutant("stack: a step adds nothing", "layers/stack.py", "x = y + x if self.skips(layer, x, y) else y", "x = y"),
    Mutant("stack: a loop drops anew", "layers/stack.py", "mask = noise.between[layer - 1]", "mask = None"),
    Mutant(
        "stack: a loop recalls everything",
        "layers/stack.py",
        "before if recall is None else {**before,",
        "before if True else {**before,",
    ),
    Mutant("stack: both ways in every layer", "layers/stack.py", 'if directions == "bottom" else', "if False else"),
    Mutant(
        "transformer: what was read is forgotten",
        "layers/transformer.py",
        'if state is None else state.get("reader", {})',
        "if True else {}",
    ),
    Mutant(
        "transformer: padding is remembered", "layers/transformer.py", "if after and mask is not None:", "if False:"
    ),
    Mutant(
        "transformer: every block reads with the first keys", "layers/transformer.py", "keys[str(number)]", 'keys["0"]'
    ),
    Mutant(
        "transformer: reads before it attends",
        "layers/transformer.py",
        "x = self._add(x, y, self.norms[0])\n",
        "pass\n",
    ),
    Mutant(
        "transformer: a reading decoder looks ahead",
        "decoders/transformer.py",
        "if not self.waits:\n            return self.stack(x, mask, True,",
        "if not self.waits:\n            return self.stack(x, mask, False,",
    ),
    Mutant(
        "transformer: the cache is dropped between steps",
        "decoders/transformer.py",
        "here, True, state, memory, keys)",
        "here, True, None, memory, keys)",
    ),
    Mutant(
        "transformer: scores that remember are not waited for",
        "decoders/transformer.py",
        "self.waits = any(",
        "self.waits = not all(",
    ),
    # the model around them
    Mutant("model: the bridge is walked past", "model.py", "self.bridge.view(memory)", "memory"),
    Mutant(
        "model: heads do not hear what is data",
        "model.py",
        "self._head(name, hidden, memory, mask) for",
        "self._head(name, hidden, memory, None) for",
    ),
    Mutant(
        "model: a copied word is heard as another",
        "model.py",
        "ids >= self.target.vocabulary, UNK)",
        "ids >= self.target.vocabulary, UNK - 1)",
    ),
    Mutant(
        "model: heads make their keys anew",
        "model.py",
        "self.heads[name](hidden, memory, prepared.get(name)",
        "self.heads[name](hidden, memory, None",
    ),
    Mutant(
        "build: a tie is a copy",
        "build.py",
        "made.table = target.table",
        "made.table.weight.data.copy_(target.table.weight)",
    ),
    Mutant(
        "refuse: a source that nobody hears", "refuse.py", 'if start in ("zero", "learned", "random"):', "if False:"
    ),
]
