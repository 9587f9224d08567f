"""explain: a row named in four ways, what is written where, and each wrong input said with its fix."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

KEPT = Path(__file__).resolve().parents[1] / "kept"
CLASSIFY, LANGUAGE, TRANSLATE = (str(KEPT / f"format-1-{name}") for name in ("classify", "language", "translate"))


def test_a_terminal_shows_what_was_asked_and_the_views_that_apply(seqloom: Callable) -> None:
    code, out, _ = seqloom("explain", CLASSIFY, "--input", "훌륭한 film", "--views", "gates,saliency")
    assert code == 0
    assert out.startswith("훌륭한 film → 좋음    ln p(좋음) = -0.0")
    assert "── gates: " in out and "── saliency: " in out and "훌륭한" in out.split("saliency")[1]


def test_without_names_all_that_apply_are_shown_and_the_others_say_why_not(seqloom: Callable) -> None:
    code, out, _ = seqloom("explain", CLASSIFY, "-i", "great film")
    assert code == 0
    assert "── saliency: " in out and "── gradients: " in out
    refused = out.split("views that do not apply here:")[1]
    assert "  bottleneck: " in refused


def test_a_target_and_a_step_choose_what_is_explained(seqloom: Callable) -> None:
    code, out, _ = seqloom("explain", CLASSIFY, "-i", "훌륭한 film", "--target", "나쁨", "--views", "saliency")
    assert code == 0 and "→ 나쁨    ln p(나쁨) = -4.5" in out
    code, out, _ = seqloom("explain", LANGUAGE, "-i", "ab", "--target", "cd", "--at", "1", "--views", "saliency")
    assert code == 0 and "at 1) = " in out


def test_json_is_one_document_with_arrays(seqloom: Callable) -> None:
    code, out, _ = seqloom("explain", CLASSIFY, "-i", "great film", "--views", "gates", "--json")
    told = json.loads(out)
    assert code == 0 and set(told["views"]) == {"gates"} and told["run"] == "format-1-classify"
    assert told["answer"] in ("좋음", "나쁨", "보통") and told["views"]["gates"]["values"]
    assert all(isinstance(array, list) for array in told["views"]["gates"]["values"].values())


def test_pages_and_pictures_are_written_where_they_are_asked_for(seqloom: Callable) -> None:
    words = ("explain", CLASSIFY, "-i", "훌륭한 film", "--views", "saliency")
    code, out, err = seqloom(*words, "--html", "new/why.html", "--png", "pictures", "--svg", "drawings")
    assert code == 0 and out == "" and "wrote new/why.html" in err
    page = Path("new/why.html").read_text(encoding="utf-8")
    assert "<!doctype html>" in page.lower() and "훌륭한" in page and 'src="http' not in page
    names = {path.stem for path in Path("pictures").iterdir()}
    assert names == {path.stem for path in Path("drawings").iterdir()} and "saliency-1" in names
    with Image.open(io.BytesIO(Path("pictures/saliency-1.png").read_bytes())) as picture:
        assert picture.width > 100
    assert Path("drawings/saliency-1.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_row_may_stand_in_a_file_or_come_by_stdin(seqloom: Callable, trained: Path) -> None:
    file = trained / "reviews.tsv"
    run = trained / "runs" / "리뷰"
    rows = [line.split("\t")[0] for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    code, out, _ = seqloom("explain", run, "--file", file, "--row", "4", "--views", "saliency")
    assert code == 0 and out.startswith(f"{rows[3]} → ")
    code, out, _ = seqloom("explain", run, "--views", "saliency", stdin=rows[3] + "\n")
    assert code == 0 and out.startswith(f"{rows[3]} → ")
    code, out, _ = seqloom("explain", trained / "runs" / "hello", "--file", trained / "hello.txt", "--views", "next")
    assert code == 0 and "hello" in out


def test_a_language_model_hears_the_line_end_of_its_stdin(seqloom: Callable) -> None:
    steps = []
    for text in ("hello", "hello\n"):
        code, out, _ = seqloom("explain", LANGUAGE, "--views", "next", "--json", stdin=text)
        assert code == 0
        steps.append(json.loads(out)["views"]["next"]["facts"]["steps"])
    assert steps[1] == steps[0] + 1


def test_an_option_of_a_view_changes_it(seqloom: Callable) -> None:
    words = ("explain", CLASSIFY, "-i", "great film", "--views", "saliency", "--json")
    plain, other = (seqloom(*words, *more) for more in ((), ("-s", "saliency.method=occlusion")))
    assert plain.code == other.code == 0
    assert json.loads(plain.out)["views"] != json.loads(other.out)["views"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((CLASSIFY,), 0, ""),
        ((CLASSIFY, "-i", "x", "--views", "bottleneck"), 2, "view 'bottleneck' does not apply: "),
        ((CLASSIFY, "-i", "x", "--views", "gtes"), 2, "did you mean 'gates'"),
        ((CLASSIFY, "-i", "x", "--views", ","), 2, "--views names none"),
        ((CLASSIFY, "-i", "x", "--views", "gates", "-s", "saliency.method=ig"), 2, "not among those shown (gates)"),
        ((CLASSIFY, "-i", "x", "-s", "saliency.methode=ig"), 2, "did you mean 'method'"),
        ((CLASSIFY, "-i", "x", "-s", "method=ig"), 2, "write view.option=value"),
        ((CLASSIFY, "-i", "x", "--target", "great"), 2, "no label 'great'"),
        ((CLASSIFY, "-i", "x", "--file", "y.tsv"), 2, "leave one of them out"),
        ((CLASSIFY, "--file", "none.tsv"), 2, "no file none.tsv"),
        ((CLASSIFY, "-i", "a", "-i", "b", "-i", "c"), 2, "text"),
        ((TRANSLATE, "-i", "x", "--at", "99"), 2, "the answer has"),
        (("runs/none", "-i", "x"), 3, "runs/none"),
        ((CLASSIFY, "-i", "x", "--html", "."), 2, ". is a folder; name a file"),
    ],
)
def test_wrong_input_is_said(seqloom: Callable, words: tuple[str, ...], code: int, said: str) -> None:
    answer = seqloom("explain", *words, stdin="an empty row\n")
    assert answer.code == code, answer
    assert said in answer.err and "Traceback" not in answer.err


def test_a_row_beyond_the_end_of_a_file_is_said(seqloom: Callable) -> None:
    Path("two.tsv").write_text("text\tlabel\na\t좋음\nb\t나쁨\n", encoding="utf-8")
    answer = seqloom("explain", CLASSIFY, "--file", "two.tsv", "--row", "3")
    assert answer.code == 2 and "two.tsv: has no row 3" in answer.err


def test_a_row_number_without_a_file_of_rows_is_refused(seqloom: Callable, tmp_path: Path) -> None:
    code, _, err = seqloom("explain", CLASSIFY, "-i", "great film", "--row", "5")
    assert code == 2 and "--row 5: it chooses a row of --file. Leave it out, or name the file." in err
    (tmp_path / "text.txt").write_text("ab\ncd\n", encoding="utf-8")
    code, _, err = seqloom("explain", LANGUAGE, "--file", str(tmp_path / "text.txt"), "--row", "2")
    assert code == 2 and "is one row, its whole text. Leave it out." in err


def test_a_place_without_a_name_or_of_the_wrong_kind_is_refused_by_its_own_name(
    seqloom: Callable, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    words = ("explain", CLASSIFY, "-i", "great film")
    for option, given, said in (
        ("--html", "", "--html must name a file"),
        ("--png", " ", "must name a folder"),
        ("--svg", str(tmp_path / "taken"), f"{tmp_path / 'taken'} is a file; name a folder."),
        ("--html", str(tmp_path), f"{tmp_path} is a folder; name a file."),
        ("--png", str(tmp_path / "taken" / "deep"), f"{tmp_path / 'taken'} is a file, no folder."),
    ):
        code, _, err = seqloom(*words, option, given)
        assert code == 2 and said in err, (option, given, err)


def test_a_file_that_no_view_goes_through_is_said(seqloom: Callable) -> None:
    code, out, _ = seqloom("explain", CLASSIFY, "-i", "great film", "--views", "gates", "--data", "none.tsv")
    assert code == 0 and "none.tsv was not read: of the views only bottleneck and states" in out


def test_a_page_that_cannot_be_written_is_told_before_anything_is_computed(seqloom: Callable) -> None:
    code, _, err = seqloom("explain", CLASSIFY, "-i", "great film", "--html", "/proc/why.html")
    assert code == 2 and "/proc/why.html: nothing can be written to /proc" in err and "gates of" not in err


def test_a_row_of_numbers_is_called_by_its_file_and_place(seqloom: Callable) -> None:
    np.savez("pictures.npz", images=np.full((2, 16, 16, 3), 200, np.uint8))
    Path("captions.tsv").write_text("id\tcaption\n0\ta red bar\n1\ta red bar\n", encoding="utf-8")
    words = ("explain", str(KEPT / "format-1-caption"), "--file", "captions.tsv", "--row", "2", "--views", "next")
    code, out, err = seqloom(*words)
    assert code == 0 and out.startswith("captions.tsv, row 2 → "), err
