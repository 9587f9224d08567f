"""Edits: a row with another token, or another number, at one place.

    OLD=NEW             every token OLD, wherever it stands             good=bad
    SIDE@PLACE=NEW      what stands at a place, from 1                  source@3=cat    question@1=why
    SIDE@PLACE#CHANNEL=NUMBER    of numbers one channel (none: all)     source@12#2=0.5

SIDE is source, target (what a decoder hears) or the name of an input beside. Numbers are as the model reads them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.vocabulary import UNK, Vocabulary
from seqloom.errors import InputError, nearest
from seqloom.explaining.axes import axis_of
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.tasks.asked import QUESTION
from seqloom.tasks.language import Language
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.row_task import RowTask
from seqloom.tasks.tag import Tag
from seqloom.tasks.text_source import TextSource
from seqloom.tasks.vqa import Vqa

EXAMPLE = "what-if.edit=good=bad, or source@3=bad"


def edited(subject: Subject, said: Sequence[str], notes: list[str]) -> Subject:
    """Return the subject with its row changed; what is explained stays the same answer.

    Raises InputError for what is no edit, and for a place or a token that is not there or cannot be.
    """
    for one in said:
        old, sign, new = one.partition("=")
        if not sign or not old.strip():
            raise _wrong(one, "there is nothing to change")
        place = re.fullmatch(r"(\w+)@(\d+)(?:#(\d+))?", old.strip())
        if isinstance(subject.run.task, Tag):
            subject = _edited_words(subject, one, old.strip(), new, place)
        elif place is None:
            subject = _replaced(subject, one, old, new, notes)
        else:
            subject = _put(subject, one, place[1], int(place[2]) - 1, place[3], new, notes)
    return subject


def _replaced(subject: Subject, said: str, old: str, new: str, notes: list[str]) -> Subject:
    """Change every token of a name, on the first side that has it."""
    for side in ("source", *subject.run.model.beside, "target"):
        axis = subject.axes.get(side)
        if axis is None or side not in subject.batch.inputs or _vocabulary(subject, side) is None:
            continue
        found = [at for at, token in enumerate(axis.tokens) if token == old]
        found = found or [at for at, token in enumerate(axis.tokens) if token.strip() == old.strip()]
        for at in found:
            subject = _put(subject, said, side, at, None, new, notes)
        if found:
            return subject
    sides = [side for side in subject.axes if _vocabulary(subject, side) is not None]
    tokens = [token for side in sides for token in subject.axes[side].tokens]
    if not tokens:
        raise _wrong(said, "this run reads no tokens; of numbers say the place, as in source@3=0.5")
    raise InputError(f"what-if.edit={said}: there is no token '{old}'" + nearest(old, tokens))


def _put(subject: Subject, said: str, side: str, at: int, channel: str | None, new: str, notes: list[str]) -> Subject:
    """Change what stands at one place."""
    field = subject.batch.inputs.get(side)
    if field is None:
        raise InputError(f"what-if.edit={said}: no side '{side}'" + nearest(side, subject.batch.inputs))
    values, count = field.values.clone(), field.values.shape[1] if field.mask is None else int(field.mask[0].sum())
    if not 0 <= at < count:
        raise _wrong(said, f"{side} has {count} places, 1 to {count}")
    inputs = dict(subject.batch.inputs)
    vocabulary = _vocabulary(subject, side)
    axes = dict(subject.axes)
    if values.is_floating_point():
        values[0, at] = _numbers(said, values[0, at], channel, new)
    elif vocabulary is None or values.dim() != 2 or channel is not None:
        raise _wrong(said, f"{side} holds nothing that can be put in words here; give another row instead")
    else:
        old = axes[side].tokens[at]
        values[0, at] = _token(said, vocabulary, old, new, notes)
        made = axis_of(values[0, :count].tolist(), vocabulary)
        if made.words is None:  # the others keep their names, also those that the vocabulary lacks
            name = new if int(values[0, at]) == UNK else made.tokens[at]
            made = replace(made, tokens=(*axes[side].tokens[:at], name, *axes[side].tokens[at + 1 :]))
        axes[side] = made
        if side == "source" and "copy" in inputs:
            inputs["copy"] = replace(inputs["copy"], values=_copied(subject, said, at, new))
    inputs[side] = replace(field, values=values)
    batch: Batch = replace(subject.batch, inputs=inputs)
    return replace(subject, batch=batch, axes=axes)


def _numbers(said: str, values: Tensor, channel: str | None, new: str) -> Tensor:
    """Change numbers [channels] of one step."""
    if values.dim() != 1:
        raise _wrong(said, "a picture or a film is no row of numbers; mute or force what is made of it instead")
    try:
        number = float(new)
    except ValueError:
        raise _wrong(said, f"{new!r} is no number") from None
    changed = values.clone()
    if channel is None:
        return changed.fill_(number)
    if not 1 <= int(channel) <= len(changed):
        raise _wrong(said, f"a step has {len(changed)} channels, 1 to {len(changed)}")
    changed[int(channel) - 1] = number
    return changed


def _token(said: str, vocabulary: Any, old: str, new: str, notes: list[str]) -> int:
    """Return the id of one token, with a space before it where the old one has one."""
    ways = [f" {new}", new] if old.startswith(" ") and not new.startswith(" ") else [new, f" {new}"]
    if not (isinstance(vocabulary, Vocabulary) and vocabulary.kind in ("bpe", "unigram")):
        ways = [new]
    found = [vocabulary.encode(way) for way in ways]
    ids = next((one for one in found if len(one) == 1), None)
    if ids is None:
        pieces = ", ".join(repr(vocabulary.token(one)) for one in found[0]) or "none"
        raise _wrong(said, f"'{new}' is no one token of this vocabulary ({pieces}), and a place holds one")
    if ids[0] == UNK:
        notes.append(f"'{new}' is not in the vocabulary: the model reads it as unknown.")
    token: int = ids[0]
    return token


def _copied(subject: Subject, said: str, at: int, new: str) -> Tensor:
    """Return what a copy head may copy, with another word at a place: one that the target lacks has a new number."""
    task = subject.run.task
    assert isinstance(task, PairTask)
    values = subject.batch.inputs["copy"].values.clone()
    old, size = int(values[0, at]), len(task.target)
    ids = task.target.encode(new)
    own = len(ids) != 1 or ids[0] == UNK
    values[0, at] = max(size, int(values.max()) + 1) if own else ids[0]
    if old >= size and old in subject.ids and not bool((values == old).any()):
        raise _wrong(said, "the answer that is explained copies that word; explain another with --target")
    return values


def _edited_words(subject: Subject, said: str, old: str, new: str, place: re.Match[str] | None) -> Subject:
    """Read a sentence with another word again: its letters and pieces change too."""
    words = list(subject.axes["source"].merged)
    if place is not None:
        if place[1] != "source" or not 1 <= int(place[2]) <= len(words) or place[3]:
            raise _wrong(said, f"source has {len(words)} words, 1 to {len(words)}")
        chosen = [int(place[2]) - 1]
    else:
        chosen = [at for at, word in enumerate(words) if word == old]
    if not chosen:
        raise InputError(f"what-if.edit={said}: there is no word '{old}'" + nearest(old, words))
    if len(new.split()) != 1:
        raise _wrong(said, "a word takes the place of a word")
    for at in chosen:
        words[at] = new
    made = subject_of(subject.run, words, target=subject.answer)
    return replace(subject, batch=made.batch, axes={**subject.axes, "source": made.axes["source"]})


def _vocabulary(subject: Subject, side: str) -> Any:
    """Return what turns the tokens of a side into ids; None where it has none."""
    task = subject.run.task
    if isinstance(task, Language):
        return task.vocabulary if side == "target" else None
    if isinstance(task, PairTask):
        found = task.target if side == "target" else getattr(task, "source", None) if side == "source" else None
        return found if isinstance(found, Vocabulary) else None
    if isinstance(task, Vqa) and side == QUESTION:
        return task.questions
    if isinstance(task, RowTask) and side == "source" and isinstance(task.source, TextSource):
        return task.source.vocabulary
    return None


def _wrong(said: str, why: str) -> InputError:
    return InputError(f"what-if.edit={said}: {why}. Write it as in {EXAMPLE}.")
