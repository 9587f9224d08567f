"""What a file really is, from its first bytes: text, UTF-16, or something that no text reader can use."""

from seqloom.errors import InputError

HEAD = 4096
UTF16 = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
KINDS = {
    b"PK\x03\x04": "a zip or Excel (xlsx) file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"\x1f\x8b": "compressed with gzip twice",
}
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))


def refuse_unreadable(head: bytes, name: str) -> None:
    """Raise InputError where the first bytes `head` of file `name` are UTF-16, UTF-32 or not text at all."""
    wide = _wide(head)
    if wide:
        raise InputError(
            f"{name} is {wide} text; Seqloom reads UTF-8. Convert it: iconv -f {wide} -t UTF-8 {name} > new-file"
        )
    for magic, kind in KINDS.items():
        if head.startswith(magic):
            raise InputError(
                f"{name} is {kind}, not text. Export it as UTF-8 text: TSV, CSV, JSON lines or plain text (each may be"
                " gzipped)."
            )
    controls = len(head) - len(head.translate(None, CONTROLS))
    if head.count(0) >= 4 and controls > 0.05 * len(head):  # other control characters alone may separate columns
        raise InputError(
            f"{name} is a binary file ({controls} control bytes in its first {len(head)}), not text. Export it as"
            " UTF-8 text: TSV, CSV, JSON lines or plain text."
        )


def _wide(head: bytes) -> str:
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if head[:2] in UTF16:
        return "UTF-16"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half >= 4 and max(even, odd) > 0.7 * half and min(even, odd) < 0.05 * half:
        return "UTF-16LE" if odd > even else "UTF-16BE"
    return ""


def likely_encoding(data: bytes) -> str:
    """Name the encoding that bytes which are not UTF-8 are likely in: CP949 (Korean Windows) or CP1252."""
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        return "CP1252"
    foreign = [letter for letter in text if not letter.isascii()]
    hangul = sum("가" <= letter <= "힣" for letter in foreign)
    return "CP949" if foreign and hangul >= 0.5 * len(foreign) else "CP1252"
