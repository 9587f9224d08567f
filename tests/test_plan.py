"""A plan lays template, preset, config, options and settings over one another in that order."""

from pathlib import Path
from typing import Any

import pytest

from seqloom.errors import InputError
from seqloom.plan import make
from seqloom.spec import Spec
from seqloom.tasks.classify import Classify
from seqloom.tasks.language import Language
from seqloom.tasks.translate import Translate


def classify(**more):  # type: ignore[no-untyped-def]
    return make("classify", "summary", Classify.template(), "a.tsv", **more)[0]


def test_the_default_architecture_is_expanded_and_saved() -> None:
    spec = classify()
    assert spec.arch == "bigru" and spec.encoder == {"kind": "gru", "size": 128, "bidirectional": True}
    assert spec.data.train == "a.tsv" and spec.heads["label"]["kind"] == "label"


def test_later_layers_win(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("encoder: {kind: lstm, size: 10}\nfit: {lr: 0.5, seed: 1}\n", encoding="utf-8")
    spec = classify(config=str(config), options={"lr": 0.25}, settings=["encoder.layers=2", "fit.seed=3"])
    assert spec.arch is None
    assert spec.encoder == {"kind": "lstm", "size": 10, "layers": 2}
    assert (spec.fit.lr, spec.fit.seed) == (0.25, 3)


def test_a_part_of_another_kind_takes_nothing_from_the_old_one() -> None:
    spec = classify(arch="deep-lstm", options={"encoder": {"kind": "bag"}})
    assert spec.encoder == {"kind": "bag"}


@pytest.mark.parametrize("how", ["options", "settings"])
def test_a_budget_replaces_the_budget_of_the_template(how: str) -> None:
    more = {"options": {"minutes": 3}} if how == "options" else {"settings": ["fit.minutes=3"]}
    spec = make("language", "language", Language.template(), "a.txt", **more)[0]  # type: ignore[arg-type]
    assert (spec.fit.minutes, spec.fit.steps, spec.fit.epochs) == (3, None, None)


def test_columns_and_the_validation_share_or_file() -> None:
    spec = classify(columns={"text": "a, b", "label": "y"}, valid="0.2")
    assert spec.source is not None and spec.source.column == ["a", "b"]
    assert spec.target is not None and spec.target.column == "y"
    assert spec.data.valid == 0.2
    assert classify(valid="dev.tsv").data.valid == "dev.tsv"


def test_a_config_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    config = tmp_path / "설정.yaml"
    config.write_text("task: language\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"설정\.yaml: is a spec of task 'language', not 'classify'"):
        classify(config=str(config))
    config.write_text("- a\n", encoding="utf-8")
    with pytest.raises(InputError, match="a spec is a mapping"):
        classify(config=str(config))
    with pytest.raises(InputError, match="cannot be read"):
        classify(config=str(tmp_path / "none.yaml"))


def test_columns_of_pairs() -> None:
    def translate(**more: Any) -> Spec:
        return make("translate", "sequence", Translate.template(), "a.tsv", **more)[0]

    spec = translate(columns={"source": "lemma, 3", "target": "form"})
    assert spec.source is not None and spec.source.column == ["lemma", "3"]
    assert spec.target is not None and spec.target.column == "form"
    with pytest.raises(
        InputError, match="--label-column y: translate has none of that kind; its columns go by --source"
    ):
        translate(columns={"label": "y"})
    with pytest.raises(
        InputError, match="--source-column a: classify has none of that kind; its columns go by --text-c"
    ):
        classify(columns={"source": "a"})


def test_who_names_a_budget_means_that_one() -> None:
    def least(**more: Any) -> int | None:
        return make("classify", "summary", Classify.template(), "a.tsv", **more)[0].fit.at_least

    assert least() == 200
    assert least(options={"epochs": 3}) is None and least(settings=["fit.steps=5"]) is None
    assert least(settings=["fit.epochs=5", "fit.at_least=7"]) == 7
