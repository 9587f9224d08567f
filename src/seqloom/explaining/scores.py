"""Scores: the number that is explained, of answers that have steps."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seqloom.batch import Field
from seqloom.errors import InputError, nearest
from seqloom.explaining.subject import Outputs
from seqloom.heads.crf import CRFHead
from seqloom.heads.head import Head
from seqloom.heads.tags import TagsHead
from seqloom.report.terminal import visible

Score = Callable[[Outputs], Tensor]


def tag_ids(told: Sequence[str], labels: Sequence[str], steps: int) -> list[int]:
    """Return the ids of labels that were given for steps. Raises InputError where they are others, or fewer."""
    if len(told) != steps:
        raise InputError(f"the target has {len(told)} labels for {steps} steps: give one for each, spaces between.")
    for one in told:
        if one not in labels:
            raise InputError(f"this run has no label '{one}'" + nearest(one, labels))
    return [list(labels).index(one) for one in told]


def tag_score(
    head: TagsHead, name: str, ids: Sequence[int], mask: Tensor, at: int | None, labels: Sequence[str]
) -> tuple[Score, str]:
    """Return the score of labels, and its name: ln p of all, or of the one at a step.

    Of a CRF ln p of the whole row; of one step of it the logit beside the others', for a CRF's own probability of a
    step is a derivative already.
    """
    values = torch.zeros(mask.shape, dtype=torch.int64, device=mask.device)
    values[0, : len(ids)] = torch.tensor(ids, device=mask.device, dtype=torch.int64)
    if at is None:
        return lambda outputs: -head.loss(outputs[name], Field(values, mask))[0], "ln p of the labels"
    place = step_at(at, len(ids))
    shown = f"{labels[place]} at {at}"

    def one(outputs: Outputs) -> Tensor:
        logits = outputs[name][0, place].float()
        return logits.log_softmax(-1)[ids[place]]

    return one, f"ln p({shown})" if not isinstance(head, CRFHead) else f"ln softmax of the emissions of {shown}"


def step_at(at: int, count: int) -> int:
    """Return the place of a step counted from 1. Raises InputError for one that is not there."""
    if not 1 <= at <= count:
        raise InputError(f"at={at}: the answer has {count} steps, 1 to {count}.")
    return at - 1


def no_step(at: int | None, what: str) -> None:
    """Raise InputError where a step is asked for of an answer without steps."""
    if at is not None:
        raise InputError(f"at={at} chooses a step of an answer, and this run's answer is {what}: leave it out.")


def text_score(
    head: Head, name: str, ids: Sequence[int], shown: Sequence[str], first: int, at: int | None, device: torch.device
) -> tuple[Score, str]:
    """Return the score of a text that is written, and its name: ln p of its tokens from `first` on, or of one of them.

    ids  what each step of the decoder should tell, its end too
    at   the token, counted from 1 from `first` on
    """
    counted = torch.zeros(1, len(ids), dtype=torch.bool, device=device)
    if at is None:
        counted[:, first:] = True
        about = "ln p of the text" if len(ids) - first > 1 else f"ln p({_named(shown[first])})"
    else:
        place = first + step_at(at, len(ids) - first)
        counted[:, place] = True
        about = f"ln p({_named(shown[place])} at {at})"
    target = Field(torch.tensor([list(ids)], device=device), counted, prefix=False)
    return lambda outputs: -head.loss(outputs[name], target)[0], about


def _named(token: str) -> str:
    """Return a token without the space that its piece begins with; one that is nothing else as signs."""
    return token.strip() or visible(token)
