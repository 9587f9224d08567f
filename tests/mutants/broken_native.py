"""Ways to break native code, and the choice of it: gradients, masks, tails of vectors, rows, shares of threads, int8,
order among answers, draws."""

from mutant import Mutant

NATIVE = [
    # recurrences
    Mutant(
        "native GRU: the gradient of h past the product",
        "kernels/native/recurrence.h",
        "at.store(dh, arrived * z);",
        "at.store(dh, arrived * (one() - z));",
    ),
    Mutant(
        "native LSTM: a sign in the candidate's gradient",
        "kernels/native/recurrence.h",
        "all * i * (one() - g * g)",
        "all * i * (one() + g * g)",
    ),
    Mutant(
        "native RNN: relu lets everything back",
        "kernels/native/recurrence.h",
        "RELU ? less(zero(), now, arrived, zero())",
        "RELU ? arrived",
    ),
    Mutant(
        "native rows: a step after the end",
        "kernels/native/rows.h",
        "rows.steps(index(known - 1)) <= step",
        "rows.steps(index(known - 1)) < step",
    ),
    Mutant(
        "native rows: backwards from the padding",
        "kernels/native/rows.h",
        "reverse ? steps(k) - 1 - step",
        "reverse ? time - 1 - step",
    ),
    Mutant(
        "native recurrence: the second thread's gradients are lost",
        "kernels/native/recurrence.cpp",
        "answer.add(others, threads - 1, thread, threads);",
        "answer.add(others, 0, thread, threads);",
    ),
    Mutant(
        "native recurrence: padding keeps what was there",
        "kernels/native/recurrence.cpp",
        "if (rows.order)  // padding reads as zero",
        "if (false)",
    ),
    Mutant(
        "native recurrence: the bias of the past counts twice",
        "kernels/native/recurrence.cpp",
        "add_rows(Cell::TWO ? e : d, lead, wide, filled, b_hh);",
        "add_rows(d, lead, wide, filled, b_hh);",
    ),
    Mutant(
        "native minLSTM: a sign in the input gate's gradient",
        "kernels/native/scan.cpp",
        "d[1] = (sl::zero() - slope) * gates.input",
        "d[1] = slope * gates.input",
    ),
    Mutant(
        "native scan: a share of columns too short",
        "kernels/native/scan.cpp",
        "vectors * (piece + 1) / pieces * sl::WIDTH);",
        "(vectors * (piece + 1) / pieces - (pieces > 1)) * sl::WIDTH);",
    ),
    Mutant(
        "native step: one bias",
        "kernels/native/cell_step.cpp",
        "return head.b[row] + (head.c ? head.c[row] : 0);",
        "return head.b[row];",
    ),
    # products
    Mutant("native product: the last lane", "kernels/native/gemm.h", "else if (left > 0)", "else if (left > 1)"),
    Mutant(
        "native matrix: the bias is written over",
        "kernels/native/matrix.cpp",
        "!starts || bias);",
        "!starts);",
    ),
    Mutant(
        "native matrix: a share of panels too short",
        "kernels/native/matrix.cpp",
        "panels * (g + 1) / groups, accumulate);",
        "panels * (g + 1) / groups - (groups > 1), accumulate);",
    ),
    Mutant(
        "native int8: steps of 128",
        "kernels/native/linear.h",
        "scale[column] = size <= 3e38f ? size / 127.0f",
        "scale[column] = size <= 3e38f ? size / 128.0f",
    ),
    Mutant(
        "native int8: what was added stays",
        "kernels/native/linear.h",
        "shift[column] = SHIFT * sum;",
        "shift[column] = 0 * sum;",
    ),
    Mutant("native bf16: rounded down", "kernels/native/linear.h", "bits + 0x7fff + ((bits >> 16) & 1)", "bits"),
    # loss, noise, attention
    Mutant(
        "native nats: smoothing not given back",
        "kernels/native/nats.cpp",
        "x[wanted] -= 1.0f - smoothing;",
        "x[wanted] -= 1.0f;",
    ),
    Mutant(
        "native noise: one more is dropped", "kernels/native/noise.h", "mine[i] >= threshold", "mine[i] > threshold"
    ),
    Mutant(
        "native heads: a sign in the softmax's gradient",
        "kernels/native/heads.cpp",
        "(row[s] * factor[s] - total) * scale",
        "(row[s] * factor[s] + total) * scale",
    ),
    Mutant(
        "native reading: the mean is added",
        "kernels/native/reading.h",
        "mean += weights[s] *",
        "mean -= weights[s] *",
    ),
    Mutant(
        "native attention decoder: h loses what comes past the product",
        "kernels/native/attend_before.cpp",
        "going, now.top_state(), size, true);",
        "going, now.top_state(), size, false);",
    ),
    Mutant(
        "native attention decoder: feeding is forgotten",
        "kernels/native/attend_after.cpp",
        "fed.run(now.x, count, going, d_o, size, false);",
        "memset(d_o, 0, sizeof(float) * going * size);",
    ),
    Mutant(
        "native layers: residual from the layer above",
        "kernels/native/layers.h",
        "l && l + 1 >= to.residual",
        "l && l + 1 > to.residual",
    ),
    # search and draws
    Mutant(
        "native Transformer: the past of the same place",
        "kernels/native/transformer_step.cpp",
        "past + parent[r] * steps",
        "past + r * steps",
    ),
    Mutant(
        "native decoder: the State of the same place",
        "kernels/native/recurrent_step.cpp",
        "begun ? now + parent[r] * state",
        "begun ? now + r * state",
    ),
    Mutant(
        "native decoder: the start of the first sentence",
        "kernels/native/recurrent_step.cpp",
        "(memory.starts == 1 ? 0 : owner[r])",
        "(memory.starts == 1 ? 0 : 0 * owner[r])",
    ),
    Mutant(
        "native search: the last of equals first",
        "kernels/native/search.cpp",
        "a.token != b.token ? a.token < b.token",
        "a.token != b.token ? a.token > b.token",
    ),
    Mutant(
        "native search: answers worst first",
        "kernels/native/search.cpp",
        "return found.score[place] < score;",
        "return found.score[place] > score;",
    ),
    Mutant(
        "native search: the end too soon",
        "kernels/native/search.cpp",
        "if (time < asked.least) scores",
        "if (time + 1 < asked.least) scores",
    ),
    Mutant(
        "native search: n-grams of one more",
        "kernels/native/search.cpp",
        "const int64_t before = asked.no_repeat - 1;",
        "const int64_t before = asked.no_repeat;",
    ),
    Mutant(
        "native search: a thread leaves sentences out",
        "kernels/native/search.cpp",
        "i += parts) order",
        "i += parts + (parts > 1)) order",
    ),
    Mutant(
        "native draw: the last of equals first", "kernels/native/draw.cpp", "x[a] > x[b] : a < b", "x[a] > x[b] : a > b"
    ),
    Mutant(
        "native draw: a nucleus not of one",
        "kernels/native/draw.cpp",
        "before += mass[token] / whole;",
        "before += mass[token];",
    ),
    Mutant(
        "native draw: the first token is read again",
        "kernels/native/draw.cpp",
        "taken ? ids + (taken - 1) * rows : token",
        "token",
    ),
    # choices
    Mutant(
        "scan: float64 is rounded",
        "kernels/scan.py",
        'one.device.type == "cpu" and one.dtype in HALVES',
        'one.device.type == "cpu"',
    ),
    Mutant(
        "recurrence: a State of other rows",
        "kernels/recurrence.py",
        "all(one.shape == (batch, weights[1].shape[1]) for one in state)",
        "len(state) > 0",
    ),
    Mutant("step: what is dropped out is kept", "kernels/cell_step.py", 'and "recall" not in state', "and True"),
    Mutant("step: a Tape sees nothing", "kernels/cell_step.py", "and not asked(cell, *cell.probes)", "and True"),
    Mutant(
        "product: x of another width",
        "kernels/product.py",
        "and weight.shape[1:] == x.shape[-1:]",
        "and len(weight.shape) == 2",
    ),
    Mutant(
        "eager: under torch.func",
        "kernels/eager.py",
        "torch._C._functorch.peek_interpreter_stack() is None",
        "True",
    ),
    Mutant("eager: differentiated forwards", "kernels/eager.py", "forward_ad._current_level < 0", "True"),
    Mutant(
        "nats: a bias of another length", "kernels/nats.py", "and bias.shape == weight.shape[:1]", "and bias.dim() == 1"
    ),
    Mutant(
        "draw: more alternatives than tokens",
        "kernels/draw.py",
        "max(self._largest, self._top - 1) < vocabulary",
        "self._largest < vocabulary",
    ),
    Mutant(
        "attention decoder: a recurrence that is dropped out",
        "decoders/fused.py",
        "if stack.training and stack.recurrent_drop:",
        "if False:",
    ),
]
