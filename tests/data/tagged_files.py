"""Small tagged files of every format, Korean among them, and a shorthand to read them."""

from pathlib import Path
from typing import Any

import pytest

from seqloom.data.tagged import Sentences, read
from seqloom.errors import InputError

SPACES = "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\n# NN I-NP O\n\nPeter NNP I-NP I-PER\n"
TABS = "# id\ttext of it\n나\tO\n \tO\n#\tO\n서울\tB-LC\n\n;\tO\n끝\tI-LC\n"
MORPHEMES = (
    "; 홍길동이 간다.\r\n$<홍길동:PS>이 간다.\r\n1\t홍길동\tNNP\tB_PS\r\n1\t이\tJKS\tO\r\n2\t가\tVV\tO\r\n\r\n"
    "; 서울시\r\n$<서울시:LC>\r\n1\t서울\tNNP\tB_LC\r\n1\t시\tNNG\tI\r\n"
)
CONLLU = (
    "# sent_id = 1\n# text = 갔다 don't\n1\t갔다\t가+았+다\tVERB\tVV\t_\t0\troot\t_\t_\n"
    "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n2\tdo\tdo\tAUX\tVBP\t_\t1\taux\t_\t_\n3\tn't\tnot\tPART\tRB\t_\t1\tadvmod\t_\t_\n"
    "3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t_\t_\n\n# sent_id = 2\n1\t.\t.\tPUNCT\tSF\t_\t0\troot\t_\t_\n\n"
)
JSONL = (
    '{"id": 1.50, "words": ["서울", "날씨"], "tags": ["B-LC", "O"], "intent": "weather"}\n\n'
    '{"id": 2, "words": ["hi"], "tags": ["O"], "intent": "greet"}\n'
)
TSV = "tokens\ttags\tintent\nplay some jazz\tO O B-genre\tplay\nstop\tO\tstop\n"
SLOTS = "fly:O to:O las:B-city vegas:I-city <=> flight\nat:O 10:30:B-time <=> time;flight\n"
TEXT = "fly to  las vegas\n\nstop\n"
FILES = {
    "a.conll": SPACES,
    "b.tsv": TABS,
    "ner.train": MORPHEMES,
    "c.conllu": CONLLU,
    "d.jsonl": JSONL,
    "e.tsv": TSV,
    "f.txt": SLOTS,
}


def tagged(folder: Path, name: str, text: str, **options: Any) -> Sentences:
    """Write a file and read it."""
    (folder / name).write_bytes(text.encode())
    return read(folder / name, **options)


def refused(folder: Path, name: str, text: str, **options: Any) -> str:
    """Return what is said of a file that cannot be read, its folder left out."""
    with pytest.raises(InputError) as error:
        tagged(folder, name, text, **options)
    return str(error.value).replace(f"{folder}/", "")
