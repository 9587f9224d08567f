"""Subjects whose answer is text, or a tag for each word."""

from dataclasses import replace
from typing import Any, cast

import torch

from seqloom.batch import Batch
from seqloom.data import copying
from seqloom.data.batches import pad
from seqloom.data.corpus import Listed
from seqloom.data.encoded import Encoded
from seqloom.data.numbers import Numbers
from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK
from seqloom.errors import InputError
from seqloom.explaining.axes import axis_of, axis_of_media
from seqloom.explaining.scores import no_step, tag_ids, tag_score, text_score
from seqloom.explaining.subject import Axis, Subject, numbered, told_short
from seqloom.explaining.unknown import said
from seqloom.heads.ctc import least_steps
from seqloom.heads.head import Head
from seqloom.heads.tags import TagsHead
from seqloom.tasks.clip_pairs import MediaCoder
from seqloom.tasks.language import Language
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_answers import words_of
from seqloom.tasks.tag_source import PieceSource
from seqloom.training.run import Run

WORDS, CTC = "words", "ctc"


def language_subject(
    run: Run, task: Language, row: Any, target: str | None, at: int | None, data: str | None
) -> Subject:
    """Return a text and what comes after it: `target`, or the one token that the model thinks likeliest."""
    if not isinstance(row, str):
        raise InputError("a row of a language model is a text.")
    ids, notes = task.prompt(row), []
    told = [] if target is None else task.vocabulary.encode(target)
    if target is not None and not told:
        raise InputError("the target is empty: give the text whose probability is to be explained, or leave it out.")
    window, count = run.spec.fit.window, max(1, len(told))
    if not run.model.carries and len(ids) + count - 1 > window:
        if count > window // 2:
            raise InputError(
                f"the target has {count} tokens, and this run reads windows of {window}: give {window // 2} at most."
            )
        cut = len(ids) + count - 1 - window
        ids = ids[cut:]
        notes.append(f"the model reads {window} tokens at once (fit.window): the first {cut} of the text are left out.")
    if not told:
        batch = Batch({"target": pad([ids])}).to(run.device)
        with torch.no_grad():
            logits = run.model(batch)[0][WORDS][0, -1].float()
        logits[[PAD, BOS, SEP, UNK]] = float("-inf")
        told = [int(logits.argmax())]
    whole = [*ids, *told]
    batch = Batch({"target": pad([whole[:-1]])}, tokens=len(whole) - 1).to(run.device)
    text = row + (target or "")
    written = [text] if task.vocabulary.encode(text) == (whole if target is not None else whole[: len(ids)]) else []
    axes = {"target": axis_of(whole[:-1], task.vocabulary, written)}
    axes["answer"] = axis_of(whole[1:], task.vocabulary)
    if axes["answer"].words is None:  # what the vocabulary lacks is called as it was written here too
        axes["answer"] = Axis(axis_of(whole, task.vocabulary, written).tokens[1:])
    head = cast(Head, run.model.heads[WORDS])
    score, name = text_score(head, WORDS, whole[1:], axes["answer"].tokens, len(ids) - 1, at, run.device)
    answer = target if target is not None else task.vocabulary.decode(told, skip_specials=False)
    return Subject(
        run, batch, axes, told_short(row, end=True), answer, score, name, None, data, tuple(notes), tuple(whole[1:])
    )


def pair_subject(run: Run, task: PairTask, row: Any, target: str | None, at: int | None, data: str | None) -> Subject:
    """Return a source and what is written to it."""
    if isinstance(task, MediaPairTask):
        raw: Any = task.media.opened(row)
        texts: list[Any] = [raw]
        shown = row if isinstance(row, str) else f"an array {list(raw.shape)}"
        given = row
    else:
        raw, texts = None, [row] if isinstance(row, str) else list(row)
        if len(texts) != len(task.columns) or not all(isinstance(one, str) for one in texts):
            raise InputError(
                f"a row of this run is {len(task.columns)} texts: {', '.join(task.columns)}; give each, in this order."
            )
        shown, given = " | ".join(texts), texts if len(texts) > 1 else texts[0]
    if target is None:
        (answer,) = list(run.predict([given]))
        target = answer.text
    coder = task.coder
    batch = coder.reading([tuple(texts)])
    source = batch.inputs["source"]
    assert source.mask is not None
    if isinstance(coder, MediaCoder):
        axis = axis_of_media(run.model, source.to(run.device), coder.media.kind)
    elif isinstance(task.source, Numbers):
        axis = numbered(1)
    else:
        axis = axis_of(source.values[0, : int(source.mask[0].sum())].tolist(), task.source, _lines(texts))
    (ids,) = coder.targets([target])
    axes = {"source": axis}
    if WORDS not in run.spec.heads:
        lacks = [
            token for token, one in zip(axis_of(ids, task.target, [target]).tokens, ids, strict=True) if one == UNK
        ]
        return replace(
            _heard(run, batch, axes, ids, target, at, data, told_short(shown), raw), notes=tuple(said(lacks))
        )
    wanted, heard = list(ids), list(ids)
    if coder.copies:
        own = coder.copied(texts)[1]
        wanted = coder.rewritten(target, own)
        heard = copying.fed(wanted, task.target)
    inputs = {**batch.inputs, "target": pad([[BOS, *heard]])}
    axes["answer"] = axis_of([*ids, EOS], task.target, _lines([target]))
    axes["target"] = axis_of([BOS, *heard], task.target)
    head = cast(Head, run.model.heads[WORDS])
    score, name = text_score(head, WORDS, [*wanted, EOS], axes["answer"].tokens, 0, at, run.device)
    batch, told = Batch(inputs).to(run.device), (*wanted, EOS)
    return Subject(run, batch, axes, told_short(shown), target, score, name, raw, data, ids=told)


def _heard(
    run: Run,
    batch: Batch,
    axes: dict[str, Axis],
    ids: list[int],
    target: str,
    at: int | None,
    data: str | None,
    shown: str,
    raw: Any,
) -> Subject:
    """Return a recording and the text that CTC tells of it."""
    no_step(at, "a text that CTC tells of all steps together")
    steps = len(axes["source"])
    if least_steps(ids) > steps:
        raise InputError(f"the target needs {least_steps(ids)} steps, and this recording has {steps}.")
    wanted = pad([ids]).to(run.device)
    head = cast(Head, run.model.heads[CTC])
    batch = batch.to(run.device)
    return Subject(
        run,
        batch,
        axes,
        shown,
        target,
        lambda outputs: -head.loss(outputs[CTC], wanted)[0],
        "ln p of the text",
        raw,
        data,
    )


def tag_subject(run: Run, task: Tag, row: Any, target: str | None, at: int | None, data: str | None) -> Subject:
    """Return a sentence and the tags of its words."""
    words = words_of(row)
    if not words:
        raise InputError("the sentence has no words.")
    listed = Listed()
    encoded = Encoded.collect([[listed.place(word) for word in words]])
    inputs = task.source.read(listed.texts, encoded).inputs([0], None)
    batch = Batch(inputs, rows=(0,)).to(run.device)
    source, places = batch.inputs["source"], batch.inputs.get("places")
    mask = source.mask if places is None else places.mask
    assert mask is not None and source.mask is not None
    if isinstance(task.source, PieceSource) and places is not None:
        count = int(source.mask[0].sum())
        ids = source.values[0, :count].tolist()
        firsts = set(places.values[0].tolist())
        number, of = -1, []
        for place in range(count):
            number += place in firsts
            of.append(number)
        axis = Axis(tuple(task.source.vocabulary.token(one) for one in ids), tuple(of), tuple(words))
    else:
        axis = Axis(tuple(words))
    head = cast(TagsHead, run.model.heads["tags"])
    with torch.no_grad():
        own = head.tag(run.model(batch)[0]["tags"], mask)[0]
    chosen = own if target is None else tag_ids(target.split(), head.labels, len(words))
    labels = [head.labels[one] for one in chosen]
    axes = {"source": axis, "answer": Axis(tuple(labels))}
    score, name = tag_score(head, "tags", chosen, mask, at, labels)
    return Subject(run, batch, axes, told_short(" ".join(words)), " ".join(labels), score, name, None, data)


def _lines(texts: list[str]) -> list[str]:
    """Write each text on one line, as pairs are read."""
    return [text.replace("\n", " ") for text in texts]
