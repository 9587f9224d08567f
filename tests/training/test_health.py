"""The first module that gives a number that is not finite is named, the innermost one."""

import torch
from toys import classifier, labelled, windows, writer

from seqloom.training.health import culprit, finite


def test_finite_weights() -> None:
    model = classifier()
    assert finite(model)
    for bad in (torch.nan, torch.inf, -torch.inf):
        with torch.no_grad():
            model.heads["label"].out.bias[0] = bad  # type: ignore[union-attr,operator]
        assert not finite(model)


def test_nothing_is_wrong() -> None:
    model, (batch,) = writer(), windows(1)
    name, state = culprit(model, batch, None)
    assert name is None
    assert state is not None and state.keys() == model(batch)[1].keys()


def test_a_weight_is_named_first() -> None:
    model = classifier("lstm")
    with torch.no_grad():
        model.encoder.stack.cell(0, "forwards").w_hh[0, 0] = torch.nan  # type: ignore[union-attr,operator]
    name, _ = culprit(model, labelled([3]), None)
    assert name == "encoder.stack.cells.0.forwards (its weight encoder.stack.cells.0.forwards.w_hh)"


def test_the_innermost_module_is_named_and_no_hook_is_left() -> None:
    model = classifier("transformer").float()
    linear = next(m for n, m in model.named_modules() if n.startswith("encoder.") and isinstance(m, torch.nn.Linear))
    with torch.no_grad():
        linear.weight.fill_(3e38)
    wanted = next(name for name, module in model.named_modules() if module is linear)
    name, _ = culprit(model, labelled([3]), None)
    assert name == wanted
    assert not any(module._forward_hooks for module in model.modules())


def test_a_fused_recurrence_is_named_by_the_stack_that_runs_it() -> None:
    model = classifier("rnn").float()
    cell = model.encoder.stack.cell(0, "forwards")  # type: ignore[union-attr,operator]
    with torch.no_grad():
        cell.w_ih.fill_(3e38)
        cell.w_ih[:, 1] = -torch.inf  # inf - inf, also where a product is not rounded before it is added
        model.source.table.weight.fill_(9.0)  # type: ignore[union-attr,operator]
    name, _ = culprit(model, labelled([3]), None)
    assert name is not None and name.startswith("encoder")


def test_a_loss_of_finite_outputs_is_named() -> None:
    model, batch = classifier(class_weights={"a": 1.0}).float(), labelled([3, 2])
    model.heads["label"].weights.fill_(torch.inf)  # type: ignore[union-attr,operator]
    assert culprit(model, batch, None)[0] == "the loss of heads.label"
