"""Drawing what comes next in one native call: the token, its ln p and the best alternatives (decoding/sampling.py)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.kernels.decoder_step import DecoderSession
from seqloom.kernels.library import native


class NoTokenError(Exception):
    """Scores are NaN, infinite or all forbidden."""


class Draw:
    """Settings of a text that is written, checked by whoever made them.

    temperature 0 takes the best token; `top` asks for that many alternatives.
    """

    def __init__(
        self,
        forbidden: Sequence[int],
        temperature: float,
        top_k: int | None,
        top_p: float | None,
        min_p: float | None,
        top: int,
    ) -> None:
        self._forbidden = torch.tensor(list(forbidden), dtype=torch.long)
        self._largest = max(forbidden, default=0)
        self._shaping = temperature, top_k or 0, top_p or 0.0, min_p or 0.0
        self._top = top

    def usable(self, logits: Tensor) -> bool:
        """Choose: True for the native form of logits [rows, vocabulary], False for the plain one."""
        return (
            logits.dtype is torch.float32
            and logits.is_cpu
            and logits.is_contiguous()
            and self.fits(logits.shape[1])
            and native() is not None
        )

    def fits(self, vocabulary: int) -> bool:
        """Whether all tokens that are named, and as many as are asked for, are in a vocabulary of this size."""
        return max(self._largest, self._top - 1) < vocabulary

    def choose(self, logits: Tensor, even: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return ids [rows], their ln p [rows], the best ids [rows, top] and their ln p, all ln p in float64.

        `even` [rows] are numbers even in [0, 1), float64. Raises NoTokenError.
        """
        ids = torch.empty(len(logits), dtype=torch.long)
        return ids, *self._run(logits, ids, even)

    def look(self, logits: Tensor, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the same of ids [rows] that are given, without them."""
        return self._run(logits, ids.contiguous(), None)

    def write(self, session: DecoderSession, ids: Tensor, even: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Write on from `ids` [rows] in one call: what `choose` returns for each of the steps, [steps, rows ...], by
        `even` [steps, rows]. There are fewer steps where no token could be chosen at the next one. Raises ValueError
        where the session has no room for them."""
        steps, rows = even.shape
        session.check_room(rows, steps)
        found = torch.empty(steps, rows, dtype=torch.long)
        logprobs = torch.empty(steps, rows, dtype=torch.float64)
        top_ids = torch.empty(steps, rows, self._top, dtype=torch.long)
        top_logprobs = torch.empty(steps, rows, self._top, dtype=torch.float64)
        run = session.step.library.bind("draw_steps", "pppppiipididdpipppp", "i")
        ids = ids.contiguous()
        taken = run(
            session.step.handle,
            session.handle,
            ids.data_ptr(),
            session.itself.data_ptr(),
            session.owner.data_ptr(),
            rows,
            steps,
            self._forbidden.data_ptr(),
            len(self._forbidden),
            *self._shaping,
            even.data_ptr(),
            self._top,
            found.data_ptr(),
            logprobs.data_ptr(),
            top_ids.data_ptr(),
            top_logprobs.data_ptr(),
        )
        session.taken += steps
        return found[:taken], logprobs[:taken], top_ids[:taken], top_logprobs[:taken]

    def _run(self, logits: Tensor, ids: Tensor, even: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        rows, size = logits.shape
        logprobs = torch.empty(rows, dtype=torch.float64)
        top_ids = torch.empty(rows, self._top, dtype=torch.long)
        top_logprobs = torch.empty(rows, self._top, dtype=torch.float64)
        library = native()
        assert library is not None
        wrong = library.bind("draw", "piipididdpipppp", "i")(
            logits.data_ptr(),
            rows,
            size,
            self._forbidden.data_ptr(),
            len(self._forbidden),
            *self._shaping,
            None if even is None else even.data_ptr(),
            self._top,
            ids.data_ptr(),
            logprobs.data_ptr(),
            top_ids.data_ptr(),
            top_logprobs.data_ptr(),
        )
        if wrong >= 0:
            raise NoTokenError(f"row {wrong}")
        return logprobs, top_ids, top_logprobs
