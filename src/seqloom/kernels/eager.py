"""Whether operations simply run: native code is seen by nothing that traces, counts, transforms or differentiates
forwards, so that nothing of it may be taken then."""

import torch
from torch.autograd import forward_ad


def eager() -> bool:
    """Whether operations simply run: nothing traces, counts, transforms or differentiates them forwards."""
    return (
        torch._C._len_torch_dispatch_stack() == 0
        and torch._C._get_tracing_state() is None
        and torch._C._functorch.peek_interpreter_stack() is None
        and forward_ad._current_level < 0
        and not torch.compiler.is_compiling()
    )
