"""Answering: what a run answers to the row of a subject, read from the outputs of its model or searched for again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK
from seqloom.decoding.writer import decode
from seqloom.explaining.axes import END
from seqloom.explaining.subject import Subject
from seqloom.heads.ctc import CTCHead
from seqloom.heads.label import LabelHead
from seqloom.heads.tags import TagsHead
from seqloom.tasks.answers import Search, settings_of
from seqloom.tasks.language import Language
from seqloom.tasks.pairs import PairTask


@dataclass(frozen=True)
class Answered:
    """An answer.

    score   the subject's score, of the answer that is explained
    text    what is answered now
    chances of labels; ln p of each token that is explained
    """

    score: float
    text: str
    chances: Mapping[str, float] = field(default_factory=dict)
    tokens: tuple[float, ...] = ()


def answered(subject: Subject) -> Answered:
    """Run the model, as it is now, on the row. What a decoder writes by itself is `written`."""
    with torch.no_grad():
        outputs = subject.forward()
        score = float(subject.score(outputs))
    tokens = ()
    if "words" in outputs and subject.ids:
        logprobs = outputs["words"][0].float().log_softmax(-1)
        ids = torch.tensor(subject.ids, device=logprobs.device)
        known = ids < logprobs.shape[-1]  # a word that was to be copied and is in the source no more
        picked = logprobs.gather(1, ids.clamp(max=logprobs.shape[-1] - 1)[:, None])[:, 0]
        tokens = tuple(picked.masked_fill(~known, -torch.inf).tolist())
    chances: dict[str, float] = {}
    text = f"{subject.score_name} = {score:.6g}"
    for name, head in subject.run.model.heads.items():
        if isinstance(head, LabelHead):
            found = head.probabilities(outputs[name])[0].tolist()
            chances = dict(zip(head.labels, found, strict=True))
            text = label_of(head, chances)
        elif isinstance(head, TagsHead):
            text = " ".join(head.labels[one] for one in head.tag(outputs[name], _mask(subject, outputs[name]))[0])
            break  # tags before the intent
        elif isinstance(head, CTCHead) and isinstance(subject.run.task, PairTask):
            text = subject.run.task.target.decode(head.greedy(outputs[name])[0])
    task = subject.run.task
    if isinstance(task, Language):
        logits = outputs["words"][0, -1].float()
        logits[[PAD, BOS, SEP, UNK]] = -torch.inf
        best = int(logits.argmax())
        text = END if best == EOS else task.vocabulary.token(best)
    return Answered(score, text, chances, tokens)


def writes(subject: Subject) -> bool:
    """Say whether an answer is searched for, token by token."""
    return isinstance(subject.run.task, PairTask) and "words" in subject.run.model.heads


def written(subject: Subject) -> str:
    """Search for the answer as the run does, with the model as it is now."""
    task = subject.run.task
    assert isinstance(task, PairTask)
    settings = settings_of(task.decode, Search(), task.target)
    (found,) = decode([subject.run.model], subject.batch, settings)
    return task.target.decode(found[0].ids, extra=own_words(subject)) if found else ""


def own_words(subject: Subject) -> list[str]:
    """Return the words beyond the target's vocabulary that the row can copy, in the order of their ids."""
    task = subject.run.task
    if "copy" not in subject.batch.inputs or not isinstance(task, PairTask):
        return []
    ids, size = subject.batch.inputs["copy"].values[0].tolist(), len(task.target)
    found = {one: token for one, token in zip(ids, subject.axes["source"].tokens, strict=False) if one >= size}
    return [found.get(one, "?") for one in range(size, max(ids, default=size - 1) + 1)]


def label_of(head: LabelHead, chances: Mapping[str, float]) -> str:
    """Return the label that is answered, or those that are."""
    if head.multilabel:
        return ", ".join(name for name, p in chances.items() if p >= 0.5) or "(none)"
    return max(chances, key=chances.__getitem__)


def _mask(subject: Subject, outputs: Tensor) -> Tensor:
    """Return which steps of a row of labels there are."""
    for name in ("places", "source"):
        if name in subject.batch.inputs:
            mask = subject.batch.inputs[name].mask
            if mask is not None and mask.shape == outputs.shape[:2]:
                return mask
    return torch.ones(outputs.shape[:2], dtype=torch.bool, device=outputs.device)
