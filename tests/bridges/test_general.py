"""The general score: q . W k."""

from readers import LENGTHS, QUERY, reader, same, seen


def test_the_score_is_the_definition() -> None:
    made = reader("general")
    same(made, lambda place, q, k: q @ made.key.weight @ k)
    assert made.prepare(seen())["keys"].shape == (len(LENGTHS), max(LENGTHS), QUERY)
