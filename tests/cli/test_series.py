"""Series, DNA and numbers on the command line: from files, from standard input, and what is shown."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

TS = "@univariate false\n@dimensions 2\n@classLabel true up down\n@data\n"
QUICK = ("--steps", "3", "--arch", "gru", "-s", "encoder.size=8", "-s", "fit.batch_tokens=64", "--device", "cpu")


@pytest.fixture
def motions(seqloom: Callable) -> Path:
    rows = [f"{n},{n + 1}:{-n},{n % 3}:{'up' if n % 2 else 'down'}\n" for n in range(20)]
    Path("motions.ts").write_text(TS + "".join(rows))
    answer = seqloom("train", "classify", "motions.ts", *QUICK, "--out", "run")
    assert answer.code == 0, answer.err
    return Path("motions.ts")


def test_a_ts_file_is_checked_in_steps_and_channels(seqloom: Callable, motions: Path) -> None:
    answer = seqloom("check", "classify", str(motions))
    assert answer.code == 0 and "2 a step" in answer.out and " steps" in answer.out and "unknown" not in answer.out
    found = json.loads(seqloom("check", "classify", str(motions), "--json").out)
    assert (
        found["vocabulary"] == {"kind": "series", "size": 2} and found["train"]["rows"] + found["valid"]["rows"] == 20
    )


def test_standard_input_is_a_ts_file_or_lines_of_numbers(seqloom: Callable, motions: Path) -> None:
    whole = seqloom("predict", "run", str(motions))
    assert whole.code == 0 and len(whole.out.splitlines()) == 20
    assert seqloom("predict", "run", stdin=motions.read_text()).out == whole.out
    assert seqloom("predict", "run", "-", stdin=motions.read_text()).out == whole.out
    lines = "".join(f"{line.rpartition(':')[0]}\n" for line in motions.read_text().splitlines()[4:])
    assert seqloom("predict", "run", "--format", "text", stdin=lines).out == whole.out
    bad = seqloom("predict", "run", "--format", "text", stdin="1,2,3\n")
    assert bad.code == 2 and "has 1 channel, and training had 2 channels" in bad.err


def test_fasta_is_read_whole_and_letters_line_by_line(seqloom: Callable) -> None:
    for label, letters in {"a": "ACCA", "b": "GTTG"}.items():
        records = "".join(f">{n}\n{letters * 3}{'ACGT'[n % 4]}{'ACGT'[n // 4]}\n" for n in range(12))
        Path(f"{label}.fa").write_text(records)
    trained = seqloom("train", "classify", "a=a.fa,b=b.fa", *QUICK, "-s", "source.k=2", "--out", "run")
    assert trained.code == 0, trained.err
    whole = seqloom("predict", "run", "a.fa", "--proba")
    assert len(whole.out.splitlines()) == 12
    assert seqloom("predict", "run", "--proba", stdin=Path("a.fa").read_text()).out == whole.out
    letters = "".join(Path("a.fa").read_text().split("\n")[1::2][:1]) + "\n"
    assert seqloom("predict", "run", "--proba", "--format", "text", stdin=letters).out == whole.out.splitlines(True)[0]
    assert "mcc" in seqloom("evaluate", "run", "a=a.fa,b=b.fa").out


def test_numbers_come_with_the_interval_asked_for(seqloom: Callable) -> None:
    Path("scores.tsv").write_text("text\tscore\n" + "".join(f"film {n}\t{n % 5}\n" for n in range(30)))
    asked = ("-s", "source.tokens=char", "-s", "heads.number=normal")
    trained = seqloom("train", "regress", "scores.tsv", *QUICK, *asked, "--out", "run")
    assert trained.code == 0 and "baseline.mae" in trained.out
    answer = seqloom("predict", "run", "--level", "50,90", stdin="film 3\n")
    cells = [float(cell) for cell in answer.out.split("\t")]
    assert len(cells) == 5 and cells[3] < cells[1] < cells[0] < cells[2] < cells[4]
    assert "low and high of the 90 % interval" in answer.err
    told = json.loads(seqloom("predict", "run", "--json", stdin="film 3\n").out)
    assert told["number"] == pytest.approx(cells[0], rel=1e-4) and list(told["intervals"]) == ["80"]
    assert seqloom("predict", "run", "--proba", stdin="film\n").code == 2
    assert "percentages with commas" in seqloom("predict", "run", "--level", "much", stdin="film\n").err
    several = seqloom("predict", "run", "--level", "50", "--ensemble", "run", stdin="film\n")
    assert several.code == 2 and "an ensemble tells points" in several.err
    seqloom("train", "regress", "scores.tsv", *QUICK, "-s", "source.tokens=char", "--out", "point")
    refused = seqloom("predict", "point", "--level", "50", stdin="film\n")
    assert refused.code == 2 and "this run tells points: train with -s heads.number=normal" in refused.err
    checked = seqloom("check", "regress", "scores.tsv", "-s", "source.tokens=char")
    assert "train numbers" in checked.out and "0 to 4" in checked.out.replace(".0000", "")


def test_steps_are_labelled_in_a_column_more(seqloom: Callable) -> None:
    rows = [f"r{n},{9 - t},{t % 3 + n},{'high' if t % 3 else 'low'}\n" for n in range(12) for t in range(4)]
    Path("states.csv").write_text("run,t,v,label\n" + "".join(rows))
    asked = ("-s", "source.tokens=series", "-s", "series.id=run", "-s", "series.time=t")
    trained = seqloom("train", "tag", "states.csv", *QUICK, *asked, "--out", "run")
    assert trained.code == 0, trained.err
    answer = seqloom("predict", "run", "states.csv", "--proba")
    header, first, *rest = answer.out.splitlines()
    assert header == "run,t,v,label,label.told,probability" and len(rest) == 47
    assert first.startswith("r0,6,0,low,") and first.split(",")[4] in ("high", "low")
    told = json.loads(seqloom("predict", "run", "states.csv", "--json").out.splitlines()[0])
    assert told["id"] == "r0" and len(told["labels"]) == 4
    assert "steps" in seqloom("check", "tag", "states.csv", *asked).out
