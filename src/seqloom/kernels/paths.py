"""PATHS: every fast path there is, what it stands in for and what it needs. `seqloom doctor` prints them.

A path is chosen by one function in the file that owns it; this table tells what that choice comes to on this machine.
"""

from collections.abc import Callable
from dataclasses import dataclass

from seqloom.kernels import product
from seqloom.kernels.eager import eager
from seqloom.kernels.library import native, reason
from seqloom.kernels.switch import enabled


@dataclass(frozen=True)
class Path:
    """A fast path.

    about      what it is, and what is taken in its place
    functions  the native functions that it calls; none: it is written in torch
    idle       says why it is not taken on this machine though it could be, "" where it is; None: it always is
    """

    about: str
    functions: tuple[str, ...] = ()
    idle: Callable[[], str] | None = None

    def why_not(self) -> str:
        """Return "" where it is on, else why not."""
        if not enabled():
            return "switched off by SEQLOOM_KERNELS"
        if not self.functions:
            return ""
        library = native()
        if library is None:
            return f"no native library ({reason()})"
        missing = [name for name in self.functions if not library.has(name)]
        if missing:
            return f"the library lacks {', '.join(missing)}"
        return self.idle() if self.idle is not None else ""


PATHS: dict[str, Path] = {
    "nats": Path(
        "the output layer and its loss, some rows at a time; else all logits at once (kernels/nats.py)", ("nats",)
    ),
    "draw": Path(
        "a token drawn from its distribution, and the likeliest beside it; else by torch (decoding/sampling.py)",
        ("draw", "draw_steps"),
    ),
    "dropout": Path(
        "dropout, alone or with the sum or activation beside it; else the same noise by torch (kernels/dropout.py)",
        ("dropout", "activate", "activate_backward"),
    ),
    "heads": Path(
        "multi-head attention of short sequences, dropout included; else torch's or in the open (ops/attend.py)",
        ("heads_forward", "heads_backward"),
    ),
    "blockwise": Path(
        "attention of long sequences block by block, dropout included; else torch's or in the open (ops/attend.py)",
        ("blockwise_forward", "blockwise_backward"),
    ),
    "recurrent_step": Path(
        "a step of a recurrent decoder, reading or not, with packed weights; else torch's (decoders/recurrent.py)",
        ("recurrent_new", "step_open", "step_advance"),
    ),
    "adam": Path("Adam and AdamW in one pass over the weights; else in ten (training/adam.py)"),
    "product": Path(
        "products of float32 matrices with AVX-512 where the processor is not Intel's; else torch's (layers/linear.py)",
        ("matrix",),
        product.why_not,
    ),
    "cell_step": Path(
        "one step of rnn, lstm, gru, minGRU or minLSTM without gradients; else torch's operations (cells/*.py)",
        ("cell_step_floats", "cell_step_pack", "cell_step"),
    ),
    "recurrence": Path(
        "rnn, lstm and gru over whole batches, ragged ones too, and their gradients; else torch's kernels (cells/*.py)",
        ("recurrence_forward", "recurrence_backward", "recurrence_halves"),
    ),
    "scan": Path(
        "minGRU, minLSTM and linear recurrences in one pass over the steps; else in blocks, by torch (ops/scan.py)",
        ("scan_forward", "scan_backward", "mingru_forward", "mingru_backward", "minlstm_forward", "minlstm_backward"),
    ),
    "additive attention": Path(
        "weights of the additive and concat scores for all queries at once; else in the open (bridges/attention.py)",
        ("additive_forward", "additive_backward"),
    ),
    "attention decoder": Path(
        "training of bahdanau, gnmt and luong decoders as one loop; else step by step (decoders/fused.py)",
        ("attend_before_forward", "attend_before_backward", "attend_after_forward", "attend_after_backward"),
    ),
    "attention of all steps": Path(
        "attention of luong decoders that feed nothing back, all steps at once; else in parts (decoders/luong.py)",
        ("attend_all_forward", "attend_all_backward"),
    ),
    "linear": Path(
        "linear layers packed for use, as float32, bf16 or int8; else torch's (kernels/linear.py)",
        ("linear_new", "linear_run", "linear_free"),
    ),
    "encoder": Path(
        "a Transformer encoder over a whole batch, packed, without gradients; else layer by layer (kernels/encoder.py)",
        ("encoder_new", "encoder_run", "encoder_free"),
    ),
    "search": Path(
        "greedy and beam search with a Transformer decoder; else step by step (decoding/search.py)",
        ("search_open", "search_run", "step_open", "step_advance", "step_close", "step_free", "transformer_new"),
    ),
}
"""By name."""


def on(name: str) -> bool:
    """Whether the path of this name can be taken here and now."""
    return not PATHS[name].why_not() and eager()
