"""Spec: what is written is read back, and what is wrong is named."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seqloom.errors import InputError
from seqloom.spec import Spec, parse, read, write

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
scalars = st.one_of(
    st.none(), st.integers(-(10**6), 10**6), st.booleans(), texts, st.floats(allow_nan=False, allow_infinity=False)
)
parts = st.dictionaries(texts, st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=4)
sides = st.fixed_dictionaries(
    {},
    optional={
        "column": st.one_of(texts, st.integers(0, 9), st.lists(texts, min_size=1, max_size=2)),
        "tokens": st.sampled_from(["char", "byte", "word", "bpe", "unigram"]),
        "vocab": st.integers(1, 10**6),
        "dropout": st.floats(0, 0.99),
        "labels": st.lists(texts, max_size=3),
        "tie": st.booleans(),
    },
)
specs = st.fixed_dictionaries(
    {"task": texts},
    optional={
        "arch": texts,
        "data": st.fixed_dictionaries({}, optional={"train": texts, "valid": st.one_of(st.floats(0, 1), texts)}),
        "source": sides,
        "target": sides,
        "encoder": parts,
        "decoder": parts,
        "heads": st.dictionaries(texts, parts, max_size=2),
        "fit": st.fixed_dictionaries(
            {},
            optional={
                "steps": st.integers(1, 10**7),
                "lr": st.floats(1e-9, 10),
                "betas": st.tuples(st.floats(0, 1), st.floats(0, 1)),
                "schedule": st.sampled_from(["constant", "linear", "cosine", "noam", "plateau"]),
                "clip": st.floats(0.1, 9),
            },
        ),
    },
)


def spec_file(folder: Path, text: str) -> Path:
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@given(values=specs)
def test_what_is_written_is_read_back(values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    spec = parse(values)
    assert read(spec_file(tmp_path_factory.mktemp("spec"), write(spec))) == spec


def test_a_full_example_keeps_its_values(tmp_path: Path) -> None:
    text = """
format: 1
task: translate
data: {train: 문장.tsv, valid: 0.02, test: null}
source: {tokens: bpe, vocab: 8000, size: 256, column: 한국어}
target: {tokens: char, tie: true}
encoder: {kind: lstm, size: 256, layers: 2, bidirectional: true}
bridge: {kind: attention, score: additive}
decoder: {kind: gru, size: 256}
heads: {words: {kind: tokens}}
fit: {batch_tokens: 4096, steps: 20000, lr: 1e-3, clip: 1.0, seed: 7}
"""
    spec = read(spec_file(tmp_path, text))
    assert spec.data.train == "문장.tsv" and spec.data.valid == 0.02 and spec.data.test is None
    assert spec.source is not None and spec.source.column == "한국어"
    assert spec.encoder == {"kind": "lstm", "size": 256, "layers": 2, "bidirectional": True}
    assert spec.heads == {"words": {"kind": "tokens"}}
    assert spec.fit.lr == 1e-3  # YAML 1.1 reads 1e-3 as text, which the schema turns into a number
    assert "한국어" in write(spec)


def test_what_is_unset_is_not_written() -> None:
    text = write(parse({"task": "classify"}))
    assert "arch" not in text and "encoder" not in text and "null" not in text
    assert text.startswith("format: 1\ntask: classify\n")


def test_the_default_clip_can_be_switched_off_and_stays_off(tmp_path: Path) -> None:
    spec = parse({"task": "classify", "fit": {"clip": None}})
    assert read(spec_file(tmp_path, write(spec))).fit.clip is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"task": "classify", "encodr": {}},
            "spec: unknown key 'encodr'; did you mean 'encoder'? Known: arch, audio,",
        ),
        ({"task": "x", "fit": {"learning_rate": 1}}, "spec: unknown key 'fit.learning_rate'"),
        ({"task": "x", "fit": {"step": 1}}, "unknown key 'fit.step'; did you mean 'steps'?"),
        ({"task": "x", "data": {"vaild": 1}}, "unknown key 'data.vaild'; did you mean 'valid'?"),
        ({"task": "x", "target": {"tokns": "bpe"}}, "unknown key 'target.tokns'; did you mean 'tokens'?"),
        ({"task": "x", "fit": {"lr": -1}}, "fit.lr=-1 cannot be used: Input should be greater than 0."),
        ({"task": "x", "source": {"dropout": 1.0}}, "source.dropout=1.0 cannot be used: Input should be less than 1."),
        ({"task": "x", "fit": {"schedule": "warm"}}, "fit.schedule='warm' cannot be used: Input should be 'constant',"),
        ({"task": "x", "fit": {"clip_by": "abs"}}, "Input should be 'norm' or 'value'."),
        ({"task": "x", "fit": 3}, "fit=3 cannot be used"),
        ({}, "task={} cannot be used: Field required."),
        ({"task": "x", "format": 2}, "spec: format 2 is not known to this version, which reads format 1."),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(values)
    assert said in str(caught.value)


def test_a_key_of_another_section_is_not_offered() -> None:
    with pytest.raises(InputError) as caught:
        parse({"task": "x", "data": {"vocab": 1}})
    assert "Known: ablate, format, header, on_bad_row, split, test, train, valid" in str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such file\."):
        read(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"task: [", "not a YAML file in UTF-8"),
        (b"task: \xff\xfe", "not a YAML file in UTF-8"),
        (b"- a\n- b\n", "a spec is a mapping such as 'task: classify', this holds list."),
        (b"", "this holds NoneType."),
        (b"task: classify\nfits: {}\n", "unknown key 'fits'; did you mean 'fit'?"),
        (b"task: !!python/object/apply:os.getcwd []\n", "not a YAML file in UTF-8"),
    ],
)
def test_a_bad_file_names_itself_and_the_reason(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "명세.yaml"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_spec_checks_what_is_assigned() -> None:
    spec = Spec(task="classify")
    with pytest.raises(ValidationError):
        spec.fit.lr = -1.0


def test_a_key_of_a_section_at_the_top_is_sent_home() -> None:
    with pytest.raises(InputError, match=r"unknown key 'steps'; did you mean 'fit\.steps'\?"):
        parse({"task": "x", "steps": 3})
    with pytest.raises(InputError, match=r"'source\.tokens' or 'target\.tokens'\?"):
        parse({"task": "x", "tokens": "char"})
    with pytest.raises(InputError, match=r"unknown key 'encodr'; did you mean 'encoder'"):
        parse({"task": "x", "encodr": {}})
