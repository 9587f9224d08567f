"""Every task compares: two architectures, each measured row by row by what its task is judged by."""

from pathlib import Path

import pytest

from seqloom.comparing.compare import compare
from seqloom.pages.comparison_page import page_of
from seqloom.tasks import TASKS

ARCHS = {"vqa": "vqa-lstm,vqa-lstm+fuse=attend", "caption": "show-tell,show-attend-tell", "transcribe": "gru,ctc"}
ARCHS["summarise"] = "bahdanau,transformer"  # which copy, as a context vector cannot


@pytest.mark.slow
@pytest.mark.parametrize("task", list(TASKS))
def test_every_task_compares(task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "kept"))
    monkeypatch.chdir(tmp_path)
    from small import small_data

    data, more = small_data(tmp_path)[task]
    archs = ARCHS.get(task, "gru,transformer")
    found = compare(task, data, archs, seeds=2, budget="3steps", tune=0, cost_seconds=0.5, out="c", workers=2, **more)
    told = found.to_dict()
    assert [one["error"] for one in told["cells"] if one["error"]] == []
    assert [one["seeds"] for one in told["archs"]] == [2, 2] and len(told["pairs"]) == 1
    name = told["measure"]["name"]
    for one in told["cells"]:
        assert one["quality"] == pytest.approx(one["metrics"][name], rel=1e-4), name
    assert told["verdict"] and "<!doctype html>" in page_of(told) and name in found.text()
