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
        '"values": self._cut(self.value(',
        '"values": self._cut(self.key(',
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
        "final=memory.final if self.squeeze is None else None",
        "final=memory.final",
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
        "state = new if full or here is None else keep(here[:, 0], new, state)",
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
]
