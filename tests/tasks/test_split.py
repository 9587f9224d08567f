"""`data.split`: what is held out follows from it alone, in every task that holds rows out by a hash."""

from pathlib import Path

import pytest

from seqloom.tasks import task_class
from seqloom.training.run import plan

SIZE = 60
FILES = {
    "classify": ("text\tlabel\n", "good film {}\tyes\n", "bad film {}\tno\n"),
    "transduce": ("source\ttarget\n", "abc{}\tcba{}\n", "xy{}\tyx{}\n"),
    "tag": ("", "Anna B\nsaw O\nx{} O\n\n", "Kim B\nleft O\ny{} O\n\n"),
}


@pytest.mark.parametrize("task", FILES)
def test_the_seed_of_training_does_not_move_what_is_held_out_where_the_split_has_one(task: str, tmp_path: Path) -> None:
    head, one, other = FILES[task]
    path = tmp_path / ("data.conll" if task == "tag" else "data.tsv")
    path.write_text(head + "".join((one, other)[n % 2].format(n, n) for n in range(SIZE)), encoding="utf-8")

    def held(split: int | None, seed: int) -> set[tuple[str, ...]]:
        settings = [f"fit.seed={seed}", "data.valid=0.3"] + ([] if split is None else [f"data.split={split}"])
        spec, _ = plan(task, str(path), settings=settings)
        learnt = task_class(task).learn(spec, lambda note: None)
        _, valid = learnt.training(lambda note: None, False)
        assert valid is not None
        rows = [row for key in valid.order(0) for row in valid.load(key).inputs["source"].values.tolist()]
        return {tuple(str(one) for one in row) for row in rows}

    assert held(3, 1) == held(3, 2)
    assert held(3, 1) != held(4, 1)
    if task != "transduce":  # whose split is always the same where none is named
        assert held(None, 1) != held(None, 2)
        assert held(None, 3) == held(3, 9)
