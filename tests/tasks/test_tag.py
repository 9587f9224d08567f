"""Tag reads what a person has, settles what is open, trains, answers, and refuses with the place."""

from pathlib import Path

import pytest
import torch
from tagging import SMALL, intents, learn, spans, speech

from seqloom.build import build
from seqloom.data.spans import Span
from seqloom.data.tagged import Sentence
from seqloom.errors import InputError
from seqloom.heads.crf import CRFHead
from seqloom.heads.tags import TagsHead
from seqloom.tasks.tag import Tag
from seqloom.training.run import fit, load


def quiet(note: str) -> None:
    """Hear nothing."""


def test_spans_get_a_crf_and_their_f1(tmp_path: Path) -> None:
    task, notes = learn(tmp_path, spans(), "a.conll")
    assert task.spec.heads == {"tags": {"kind": "crf", "dropout": 0.4, "constrain": "iob2"}}
    assert task.spec.fit.metric == "span_f1"
    assert list(task.tags) == ["B-city", "I-city", "O"] and task.labels is None
    assert notes == [
        "a.conll: conll, words from column 1, tags from column -1.",
        "a.conll: the tags write 30 spans in iob2; learnt as iob2 (target.scheme).",
    ]
    model = build(task.spec, task.wiring())
    assert isinstance(model.heads["tags"], CRFHead)


def test_other_tags_get_a_softmax_and_accuracy(tmp_path: Path) -> None:
    task, notes = learn(tmp_path, speech(), "a.conllu")
    assert task.spec.heads == {"tags": {"kind": "tags", "dropout": 0.4}} and task.spec.fit.metric == "token_accuracy"
    assert task.spec.source is not None and task.spec.source.column == "form"
    assert task.spec.target is not None and (task.spec.target.column, task.spec.target.intent) == ("upos", False)
    assert notes == ["a.conllu: conllu, words from 'form', tags from 'upos'."]
    model = build(task.spec, task.wiring())
    assert type(model.heads["tags"]) is TagsHead


def test_heads_and_metric_can_be_named(tmp_path: Path) -> None:
    task, _ = learn(tmp_path, spans(), "a.conll", ("heads.tags=tags", "fit.metric=loss"))
    assert task.spec.heads["tags"]["kind"] == "tags" and task.spec.fit.metric == "loss"
    task, _ = learn(tmp_path, speech(), "a.conllu", ("heads.tags=crf", "data.valid=0"))
    assert task.spec.heads["tags"] == {"kind": "crf", "dropout": 0.4, "constrain": "none"}
    assert task.spec.fit.metric == "loss", "nothing is held out"


def test_an_intent_is_told_where_the_data_has_it(tmp_path: Path) -> None:
    task, _ = learn(tmp_path, intents(), "a.txt")
    assert task.labels is not None and set(task.labels) == {"fare", "flight"}
    assert set(build(task.spec, task.wiring()).heads) == {"tags", "intent"}
    alone, _ = learn(tmp_path, intents(), "a.txt", ("target.intent=false",))
    assert alone.labels is None and set(alone.spec.heads) == {"tags"}
    one, notes = learn(tmp_path, intents().replace("<=> fare", "<=> flight"), "a.txt")
    assert one.labels is None and "every sentence has the label 'flight', so no intent is learnt" in notes[-1]


def test_batches_hold_words_tags_and_labels(tmp_path: Path) -> None:
    task, _ = learn(tmp_path, intents(), "a.txt", ("source.unknown_rate=0",))
    train, valid = task.training(quiet, False)
    assert valid is not None
    rows = sorted(row for key in train.order(0) for row in key.rows.tolist())
    held = sorted(row for key in valid.order(0) for row in key.rows.tolist())
    assert sorted(rows + held) == list(range(30)) and held
    batch = train.load(train.order(0)[0])
    words, tags = batch.inputs["source"].values, batch.target["tags"]
    assert words.shape[2] > 2 and words.shape[:2] == tags.values.shape
    for number, row in enumerate(batch.rows):
        told, label = train.truth(row)  # type: ignore[attr-defined]
        assert [list(task.tags)[one] for one in tags.values[number][: len(told)].tolist()] == told
        assert list(task.labels or ())[int(batch.target["intent"].values[number])] == label
    assert batch.tokens == int(tags.mask.sum())  # type: ignore[union-attr]


def test_no_duplicate_stands_on_both_sides_and_rare_tags_stay(tmp_path: Path) -> None:
    text = spans(40) * 2 + "rare\tB-once\n\n"
    for seed in range(4):
        task, _ = learn(tmp_path, text, "a.conll", ("data.valid=0.4", f"fit.seed={seed}"))
        assert task._parts is not None and task._parts[1] is not None
        corpus = task._parts[0].corpus
        assert not set(corpus.keys(task._parts[0].at)) & set(corpus.keys(task._parts[1].at))
        assert "B-once" in task.tags


def test_a_tag_and_a_label_that_training_has_not_are_said_and_measured(tmp_path: Path) -> None:
    valid = "fly:O to:O 서울:B-town <=> flight;fare\nfare:O <=> fare\n"
    task, _ = learn(tmp_path, intents(), "a.txt", valid=valid)
    notes: list[str] = []
    _, held = task.training(notes.append, False)
    assert held is not None and "valid-a.txt:1: 1 words have a tag that training has not (B-town)" in notes[0]
    assert "training has no label flight;fare" in notes[1]
    model = build(task.spec, task.wiring()).eval()
    meter = task.meter(model, held)
    batch = held.load(held.order(0)[0])
    with torch.no_grad():
        outputs, _ = model(batch)
        outputs["tags"][...] = 0
        outputs["tags"][..., list(task.tags).index("O")] = 50
        outputs["intent"][...] = -9.0  # says the first of two, "fare"
        meter.add(outputs, batch, model.loss(outputs, batch))
    values = meter.result()
    assert values["token_accuracy"] == 3 / 4 and values["sentence_accuracy"] == 1 / 2
    assert values["intent.accuracy"] == 1.0, "one of two right labels is right"
    assert values["span_f1"] == 0 and values["frame_accuracy"] == 1 / 2
    assert values["loss"] == pytest.approx(values["tags.loss"] + values["intent.loss"])


@pytest.mark.parametrize(
    ("text", "name", "settings", "said"),
    [
        ("a\tO\nb\tO\n\nc\tO\n", "a.conll", (), "every word has the tag 'O'; there must be at least two tags"),
        (speech(), "a.conllu", ("target.scheme=iob2",), r"a\.conllu:2: tag 'PRON': leave it out"),
        (spans(), "a.conll", ("source.max_length=5",), "source.max_length is not for tag"),
        (
            spans(),
            "a.conll",
            ("source.tokens=symbol",),
            "source.tokens=symbol: .*a.conll holds words. Take word, or bpe",
        ),
        (spans(), "a.conll", ("source.tokens=bpe", "source.vectors=x"), "source.vectors are of whole words"),
        (spans(), "a.conll", ("target.column=3",), "has no column 3"),
        (spans(1), "a.conll", ("data.valid=0.5",), "cannot be split into train and valid"),
    ],
)
def test_what_cannot_be_learnt_from(tmp_path: Path, text: str, name: str, settings: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        learn(tmp_path, text, name, settings)


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    for text, name, more in (
        (spans(), "a.conll", ()),
        (intents(), "b.txt", ("target.scheme=bioes",)),
        (spans(), "c.conll", ("source.tokens=char",)),
    ):
        task, _ = learn(tmp_path, text, name, more)
        (tmp_path / "vocab").mkdir(exist_ok=True)
        task.save(tmp_path / "vocab")
        again = Tag.load(task.spec, tmp_path / "vocab")
        assert again.digest() == task.digest() and again.tags == task.tags and again.labels == task.labels
        assert again.writing == task.writing and again.wiring().labels == task.wiring().labels
        assert again.reread(quiet) == task.rows_digest
        (tmp_path / name).write_text(text.replace("fly", "flee"), encoding="utf-8")
        assert again.reread(quiet) != task.rows_digest


def test_rare_words_are_hidden_by_epoch_and_row_alone(tmp_path: Path) -> None:
    task, _ = learn(tmp_path, spans(), "a.conll", ("source.unknown_rate=0.5", "source.digits=false", "data.valid=0"))
    train, _ = task.training(quiet, False)

    def ids(epoch: int) -> dict[int, list[int]]:
        found = {}
        for key in train.order(epoch):
            batch = train.load(key)
            for number, row in enumerate(batch.rows):
                found[row] = batch.inputs["source"].values[number, :4, 0].tolist()
        return found

    assert ids(1) == ids(1) != ids(2)
    hidden = [row[1] == 4 for row in ids(1).values()]
    assert 3 < sum(hidden) < 27, "half of the words no0 no1 ..., each of which occurs once"
    assert not any(row[0] == 4 for row in ids(1).values())


@pytest.mark.parametrize("tokens", ["word", "bpe", "char"])
def test_a_run_learns_answers_and_comes_back(tmp_path: Path, tokens: str) -> None:
    (tmp_path / "a.conll").write_text(spans(), encoding="utf-8")
    settings = [
        *SMALL,
        "data.valid=0.2",
        f"source.tokens={tokens}",
        "source.dropout=0",
        "heads.tags.dropout=0",
        "fit.lr=0.03",
    ]
    settings += ["source.vocab=300"]
    run = fit("tag", str(tmp_path / "a.conll"), out=str(tmp_path / "run"), settings=settings, steps=60)
    values = run.evaluate()
    assert values["span_f1"] > 0.9 and values["per_type"][0]["type"] == "city"
    (answer,) = run.predict(["fly no7 to New York"])
    assert answer.words == ["fly", "no7", "to", "New", "York"] and answer.spans == [Span("city", 3, 5)]
    assert answer.tags == ["O", "O", "O", "B-city", "I-city"] and answer.label is None and answer.probabilities is None
    again = load(tmp_path / "run")
    rows = ["fly to 서울", ["fly", "x", "to", "Busan"], "", "to  to"] * 3
    both = [list(one.predict(rows, probabilities=True)) for one in (run, again)]
    assert both[0] == both[1] and both[0][2].words == [] and both[0][2].tags == []
    alone = [next(iter(run.predict([row]))).tags for row in rows]
    assert alone == [answer.tags for answer in both[0]], "a row is tagged alike alone and among others"
    assert all(0 < p <= 1.001 for answer in both[0] for p in answer.probabilities or ())
    (many,) = run.predict(["fly to 서울"], best=3)
    assert many.hypotheses[0][1] == many.tags and len(many.hypotheses) == 3
    assert many.hypotheses[0][0] > many.hypotheses[1][0] > many.hypotheses[2][0]
    found = [row for _, row in run.task.rows_of(str(tmp_path / "a.conll"), quiet)]
    assert all(isinstance(row, Sentence) for row in found) and len(found) == 30


def test_options_of_other_tasks_are_refused(tmp_path: Path) -> None:
    task, _ = learn(tmp_path, speech(), "a.conllu")
    model = build(task.spec, task.wiring()).eval()
    with pytest.raises(InputError, match="threshold is not for this run, whose task is tag"):
        task.answers([model], [], threshold=1)
    with pytest.raises(InputError, match="it has no ensemble"):
        task.answers([model, model], [])
    with pytest.raises(InputError, match=r"only a CRF has a best row of tags and a next"):
        list(task.answers([model], ["a"], best=2))


def test_each_file_may_have_its_own_scheme(tmp_path: Path) -> None:
    first = ["I-a", "O", "I-a I-a", ""]
    train = "\n\n".join(
        "\n".join(f"w{n}{m} {tag}" for m, tag in enumerate(row.split())) for n, row in enumerate(first * 6) if row
    )
    task, notes = learn(
        tmp_path, train + "\n", "a.conll", ("target.scheme=bioes",), valid="w00 B-a\n\nw20 B-a\nw21 I-a\n"
    )
    assert "in iob1; learnt as bioes" in notes[1] and set(task.tags) == {"S-a", "B-a", "E-a", "O"}
    _, held = task.training(quiet, False)
    assert held is not None
    assert sorted(held.truth(row)[0] for row in (0, 1)) == [["B-a", "E-a"], ["S-a"]]  # type: ignore[attr-defined]
    assert task.writing.write(["B-a", "E-a", "S-a", "O", "S-a"]) == ["I-a", "I-a", "B-a", "O", "I-a"]
