"""`seqloom compare` as a person types it: what it prints and writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from seqloom.cli.main import main

SMALL = ["-s", "source.size=8", "-s", "source.tokens=char", "-s", "fit.batch_tokens=512", "--tune", "0"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own, with a file."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{('good', 'bad')[n % 2]} film {n % 13}\t{('up', 'down')[n % 2]}" for n in range(120)]
    Path("r.tsv").write_text("text\tlabel\n" + "\n".join(rows) + "\n")


def test_a_comparison_prints_a_table_and_writes_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "classify", "r.tsv", "-a", "bag,rnn", "--seeds", "2", "--budget", "5steps", "--workers", "2"]
    assert main([*words, *SMALL, "--cost-seconds", "0"]) == 0
    out, err = capsys.readouterr()
    assert "accuracy: " in out and "bag" in out and "rnn" in out and "95 % over seeds" in out
    assert "2 architectures x 2 seeds x 5 updates = 20 updates" in err
    folder = Path("runs/compare-classify-1")
    names = {"comparison.yaml", "comparison.json", "comparison.md", "report.html", "cells"}
    assert {one.name for one in folder.iterdir()} == names
    assert "<!doctype html>" in (folder / "report.html").read_text(encoding="utf-8")

    assert main(["compare", "--resume", "--out", str(folder), "--json", "--no-html"]) == 0
    out, err = capsys.readouterr()
    assert "4 of 4 runs are there already" in err
    told = json.loads(out)
    assert [one["seeds"] for one in told["archs"]] == [2, 2] and len(told["pairs"]) == 1
    assert told["plan"]["seeds"] == [7, 8] and told["measured_on"] == "validation"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "which task, on which data"),
        (["classify", "r.tsv", "--retry"], 2, "--resume --out FOLDER"),
        (["--resume"], 2, "--out FOLDER"),
        (["--resume", "--out", "nowhere"], 3, "is no comparison"),
        (["classify", "r.tsv", "--seeds", "many"], 2, "say how many"),
        (["classify", "r.tsv", "--budget", "soon"], 2, "no unit"),
        (["classify", "none.tsv", "-a", "bag"], 2, "none.tsv"),
        (["classify", "r.tsv", "-a", "bag,gnmt"], 2, "gnmt"),
        (["classify", "r.tsv", "-a", "bag", "--metric", "bleu"], 2, "bleu"),
        (["classify", "r.tsv", "-a", "bag", "--out", "r.tsv"], 2, "is a file"),
        (["classify", "r.tsv", "-a", "bag", "--workers", "two"], 2, "or a cluster: ray, ray://host:10001"),
        (["classify", "r.tsv", "-a", "bag", "--workers", "0"], 2, "give how many runs at once"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *words]) == code
    out, err = capsys.readouterr()
    assert said in err and "Traceback" not in err and out == ""
    assert not Path("runs").exists()
