"""Reading: once for all that read alike, with what it settles handed on to each."""

from pathlib import Path

import pytest
from racing import in_order, write

from seqloom.advising.entrants import Wanted
from seqloom.advising.reading import Reading, key_of
from seqloom.build import build
from seqloom.errors import InputError
from seqloom.tasks.classify import Classify

SLOTS = "".join(f"fly:O to:O city{n}:B-city <=> flight\n비행:O {n}:O <=> fare\n" for n in range(30))


def test_data_are_read_once_whatever_stands_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted("classify", write(tmp_path, "a.tsv", in_order(50)))
    learnt = []
    learn = Classify.learn.__func__  # type: ignore[attr-defined]

    def counted(cls, spec, say):
        learnt.append(spec.arch)
        return learn(cls, spec, say)

    monkeypatch.setattr(Classify, "learn", classmethod(counted))
    reading = Reading(lambda note: None)
    specs = [wanted.plan(arch)[0] for arch in ("lstm", "bag", "transformer")]
    assert not reading.knows(specs[0])
    tasks = [reading.task(spec) for spec in specs]
    assert learnt == ["lstm"] and reading.knows(specs[2]) and reading.longest > 0
    assert [task.spec.encoder["kind"] for task in tasks] == ["lstm", "bag", "transformer"]
    assert len({id(part) for spec in specs for part in reading.parts(spec, False)}) == 2
    words = Wanted("classify", wanted.data, settings=("source.tokens=word",)).plan("lstm")[0]
    assert not reading.knows(words) and reading.task(words) and len(learnt) == 2
    for task in tasks:
        assert build(task.spec, task.wiring()).parameter_count() > 0


def test_what_reading_settles_holds_for_all(tmp_path: Path) -> None:
    wanted = Wanted("tag", write(tmp_path, "slots.txt", SLOTS))
    reading = Reading(lambda note: None)
    for arch in ("bilstm", "bag"):
        spec, _ = wanted.plan(arch)
        assert spec.heads["tags"]["kind"] == "auto" and spec.fit.metric == "auto"
        task = reading.task(spec)
        assert task.spec.heads["tags"]["kind"] == "crf" and task.spec.fit.metric == "span_f1"
        assert task.spec.arch == arch and "crf" in type(build(task.spec, task.wiring()).heads["tags"]).__name__.lower()


def test_sizes_are_no_way_to_read() -> None:
    one, other = (Wanted("translate", "a,b").plan(arch)[0] for arch in ("gru", "gnmt"))
    assert one.source != other.source and one.encoder != other.encoder and key_of(one) == key_of(other)
    assert key_of(one) != key_of(Wanted("translate", "a,b", settings=("source.vocab=99",)).plan("gru")[0])


def test_rows_must_be_held_out(tmp_path: Path) -> None:
    wanted = Wanted("classify", write(tmp_path, "a.tsv", in_order(50)), settings=("data.valid=null",))
    with pytest.raises(InputError, match="rests on rows held out: give some with --valid FILE"):
        Reading(lambda note: None).task(wanted.plan("bag")[0])
