"""Tape, Patch and probe: watch what a model computes, or change it, without touching the model's code.

    z = probe("z", sigmoid(...))                              # one line in the model; returns its input

    with Tape(model, only="decoder.*", grad=True) as tape:    # a Tape only listens
        loss(model(batch)).backward()
    tape["decoder.stack.cells.0.z"]                           # [batch, time, hidden], .grad filled by backward

    with Patch(model, {"encoder.*.f": lambda f: torch.ones_like(f)}):   # a Patch is the one writer
        model(batch)

A path is the module's path in the model and the probe's name. What a fused kernel would hide is computed step by
step only while somebody `asks` for it. Hooks live as long as the `with` block.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

_watchers: ContextVar[tuple["_Watcher", ...]] = ContextVar("watchers", default=())
_sequence: ContextVar["_Sequence | None"] = ContextVar("sequence", default=None)


def probe(name: str, value: Tensor, *, time: int | None = None, mask: Tensor | None = None) -> Tensor:
    """Offer `value` to whoever watches and return it (or what a Patch made of it).

    `time` is the axis of `value` that runs over time, None for one step of a recurrence `[batch, hidden]`.
    `mask` [batch, time] tells which steps of a whole-sequence value are data; inside `sequence` it is known.
    """
    watchers = _watchers.get()
    if not watchers:
        return value
    for watcher in watchers:  # Patches come first, so that a Tape sees what was made of the value
        value = watcher.meet(name, value, time, mask)
    return value


def asked(module: nn.Module, *names: str) -> bool:
    """Say whether somebody watches one of these probes of `module`, so that it must be computed in the open."""
    return any(watcher.asks(module, names) for watcher in _watchers.get())


def watched() -> bool:
    """Say whether a Tape or a Patch is on, whatever it asks for."""
    return bool(_watchers.get())


@contextmanager
def sequence(mask: Tensor | None, reverse: bool) -> Iterator[None]:
    """Mark a step loop: its probes are steps of one sequence, and `reverse` says the loop read it backwards."""
    if not _watchers.get():
        yield
        return
    token = _sequence.set(_Sequence(mask, reverse))
    try:
        yield
    finally:
        _sequence.reset(token)


@dataclass(frozen=True, eq=False)
class _Sequence:
    mask: Tensor | None
    reverse: bool


@dataclass(frozen=True)
class _Piece:
    value: Tensor
    time: int | None
    mask: Tensor | None
    run: _Sequence | None


class _Watcher:
    """Knows where in the model the program is, by hooks that live only inside the `with` block."""

    patterns: tuple[str, ...]
    writes = False

    def __init__(self, model: nn.Module) -> None:
        self._names = {module: name for name, module in model.named_modules()}
        self._stack: list[str] = []
        self._handles: list[Any] = []

    def __enter__(self) -> Self:
        for module, name in self._names.items():
            self._handles.append(module.register_forward_pre_hook(lambda *_, name=name: self._stack.append(name)))
            self._handles.append(
                module.register_forward_hook(lambda *_, name=name: self._leave(name), always_call=True)
            )
        watchers: list[_Watcher] = [*_watchers.get(), self]
        _watchers.set(tuple(sorted(watchers, key=lambda watcher: not watcher.writes)))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._stack.clear()
        _watchers.set(tuple(watcher for watcher in _watchers.get() if watcher is not self))

    def _leave(self, name: str) -> None:
        if self._stack and self._stack[-1] == name:  # else a hook of someone else failed before this module was entered
            self._stack.pop()

    def asks(self, module: nn.Module, names: tuple[str, ...]) -> bool:
        where = self._names.get(module)
        return where is not None and any(self._wants(_join(where, name)) for name in names)

    def _wants(self, path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in self.patterns)

    def meet(self, name: str, value: Tensor, time: int | None, mask: Tensor | None) -> Tensor:
        if not self._stack:  # a part that was called outside the watched model
            return value
        path = _join(self._stack[-1], name)
        return self._met(path, value, time, mask) if self._wants(path) else value

    def _met(self, path: str, value: Tensor, time: int | None, mask: Tensor | None) -> Tensor:
        raise AssertionError("a Tape or a Patch")


class Tape(_Watcher, Mapping[str, Tensor]):
    """Record every probe under the paths asked for.

    `only` is a pattern or several, as in a shell (`*` matches dots too). With `grad`, each recorded value keeps its
    gradient through `backward()`, and `tape[path].grad` is dL/dvalue in the same axes. A Tape records one run: rows
    of another number are refused; `clear()` starts afresh.
    """

    def __init__(self, model: nn.Module, only: str | tuple[str, ...] = "*", grad: bool = False) -> None:
        super().__init__(model)
        self.patterns = (only,) if isinstance(only, str) else tuple(only)
        self._grad = grad
        self._pieces: dict[str, list[_Piece]] = {}

    def _met(self, path: str, value: Tensor, time: int | None, mask: Tensor | None) -> Tensor:
        if self._grad and value.requires_grad:
            value.retain_grad()
        kept = value if self._grad else value.detach()
        self._pieces.setdefault(path, []).append(_Piece(kept, time, mask, _sequence.get() if time is None else None))
        return value

    def __getitem__(self, path: str) -> Tensor:
        """Return what was recorded as `[batch, time, ...]` (attention: `[batch, heads, target, source]`).

        Steps are in input order (a backward direction is turned back) and padding is zero.
        """
        if path not in self._pieces:
            raise KeyError(f"nothing was recorded at '{path}'; recorded: {', '.join(self._pieces) or 'nothing'}")
        pieces = self._pieces[path]
        whole = _assemble(pieces, [piece.value.detach() for piece in pieces])
        if self._grad:
            grads = [torch.zeros_like(p.value) if p.value.grad is None else p.value.grad for p in pieces]
            whole.grad = _assemble(pieces, grads)
        return whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)

    def clear(self) -> None:
        """Forget what was recorded."""
        self._pieces.clear()


class Patch(_Watcher):
    """Replace what probes return: `{pattern: function of the value}`; the run takes the step path."""

    writes = True

    def __init__(self, model: nn.Module, changes: Mapping[str, Callable[[Tensor], Tensor]]) -> None:
        super().__init__(model)
        self.patterns = tuple(changes)
        self._changes = dict(changes)

    def _met(self, path: str, value: Tensor, time: int | None, mask: Tensor | None) -> Tensor:
        for pattern, change in self._changes.items():
            if fnmatchcase(path, pattern):
                changed = change(value)
                if changed.shape != value.shape:
                    raise ValueError(f"a Patch of {path} made {tuple(changed.shape)} of {tuple(value.shape)}")
                value = changed
        return value


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _assemble(pieces: list[_Piece], values: list[Tensor]) -> Tensor:
    """Join the pieces of one path along time: the steps of a loop are stacked, whole sequences follow each other."""
    parts: list[Tensor] = []
    axis, start = 1, 0
    while start < len(pieces):
        first = pieces[start]
        end = start + 1
        if first.time is None:
            while end < len(pieces) and pieces[end].time is None and pieces[end].run is first.run:
                end += 1
            parts.append(_steps(torch.stack(values[start:end], dim=1), first.run))
        else:
            axis = first.time
            parts.append(_masked(values[start], axis, first.mask))
        start = end
    widest = [max(sizes) for sizes in zip(*(part.shape for part in parts), strict=True)]
    for number, part in enumerate(parts):  # steps of a decoder see a source that grows
        gaps = [0 if k == axis else widest[k] - part.shape[k] for k in range(part.dim())]
        if gaps[0]:
            raise ValueError("one Tape, one run: the number of rows changed; call tape.clear() between runs")
        if any(gaps):
            parts[number] = pad(part, [n for gap in reversed(gaps) for n in (0, gap)])
    return torch.cat(parts, dim=axis)


def _steps(stacked: Tensor, run: _Sequence | None) -> Tensor:
    """Put [batch, time, ...] of a step loop in input order with zeros on padding."""
    if run is None:
        return stacked
    if run.reverse:
        time = torch.arange(stacked.shape[1], device=stacked.device).expand(stacked.shape[:2])
        lengths = time.new_full((len(stacked), 1), stacked.shape[1]) if run.mask is None else run.mask.sum(1, True)
        index = torch.where(time < lengths, lengths - 1 - time, time)
        stacked = stacked[torch.arange(len(stacked), device=stacked.device)[:, None], index]
    return _masked(stacked, 1, run.mask)


def _masked(value: Tensor, axis: int, mask: Tensor | None) -> Tensor:
    if mask is None:
        return value
    shape = [1] * value.dim()
    shape[0], shape[axis] = mask.shape
    return torch.where(mask.view(shape), value, torch.zeros_like(value))
