"""Ways to break labels for steps: the chain of a CRF, which moves are valid, words and their letters, places."""

from mutant import Mutant

TAGS = [
    # the chain
    Mutant("chain: no start", "heads/chain.py", "sums = first + steps[:, 0]", "sums = steps[:, 0]"),
    Mutant("chain: no end", "heads/chain.py", "torch.logsumexp(sums + last, 1)", "torch.logsumexp(sums, 1)"),
    Mutant(
        "chain: moves turned round",
        "heads/chain.py",
        "(sums - top).exp() @ between)",
        "(sums - top).exp() @ between.T)",
    ),
    Mutant("chain: a highest forgotten", "heads/chain.py", ".log() + top + highest", ".log() + top"),
    Mutant(
        "chain: padding is summed over",
        "heads/chain.py",
        "sums = torch.where(mask[:, time].unsqueeze(1), reached + steps[:, time], sums)",
        "sums = reached + steps[:, time]",
    ),
    Mutant("chain: no way for far scores", "heads/chain.py", "< FAR else None", "< 1e9 else None"),
    Mutant(
        "chain: an empty row is scored",
        "heads/chain.py",
        "return torch.where(mask[:, 0], torch.logsumexp(sums + last, 1), sums.new_zeros(()))",
        "return torch.logsumexp(sums + last, 1)",
    ),
    Mutant(
        "chain: the score without its moves",
        "heads/chain.py",
        "at_steps.sum(1) + between.sum(1) + ends",
        "at_steps.sum(1) + ends",
    ),
    Mutant(
        "chain: the end is the last place",
        "heads/chain.py",
        "(mask.sum(1, keepdim=True) - 1).clamp(min=0)",
        "(mask.sum(1, keepdim=True) * 0 - 1 + mask.shape[1])",
    ),
    Mutant(
        "chain: moves turned round in the search",
        "heads/chain.py",
        "(reach.unsqueeze(3) + moves)",
        "(reach.unsqueeze(3) + moves.T)",
    ),
    Mutant(
        "chain: the search goes on in padding",
        "heads/chain.py",
        "back.append(torch.where(here, place, stay))",
        "back.append(place)",
    ),
    Mutant(
        "chain: one way to begin is many",
        "heads/chain.py",
        "reach[:, 0] = first + steps[:, 0]",
        "reach[:] = (first + steps[:, 0]).unsqueeze(1)",
    ),
    Mutant("chain: what is forbidden is found", "heads/chain.py", 'if one > float("-inf")', "if True"),
    # the heads
    Mutant("CRF: probabilities of another row", "heads/crf.py", "(score - float(whole), ids)", "(score, ids)"),
    Mutant(
        "CRF: loss of the best row alone",
        "heads/crf.py",
        "return (over - true).sum(), self.count(target)",
        "return (-true).sum(), self.count(target)",
    ),
    Mutant("CRF: steps are counted", "heads/crf.py", "target.mask.any(1).sum().float()", "target.mask.sum().float()"),
    Mutant(
        "CRF: nothing is forbidden",
        "heads/crf.py",
        "found = chain.best(steps, mask, moves, first, last, k)",
        "found = chain.best(steps, mask, self.moves, self.first, self.last, k)",
    ),
    Mutant(
        "CRF: any label may begin",
        "heads/crf.py",
        "masked_fill(~ways[count, :count], never)",
        "masked_fill(~ways[count, :count], 0.0)",
    ),
    Mutant(
        "CRF: any label may end",
        "heads/crf.py",
        "masked_fill(~ways[:count, count], never)",
        "masked_fill(~ways[:count, count], 0.0)",
    ),
    Mutant(
        "tags: padding is learnt",
        "heads/nats.py",
        "masked_fill(~target.mask, -100)",
        "masked_fill(~target.mask, 0)",
    ),
    Mutant("tags: answers for padding", "heads/tags.py", "[row[:length] for", "[row for"),
    # schemes
    Mutant(
        "moves: iob2 as iob1",
        "data/moves.py",
        'return now != "I" or (was in "BI" and same)',
        'return now != "B" or (was in "BI" and same)',
    ),
    Mutant(
        "moves: an I of another type",
        "data/moves.py",
        'return now != "I" or (was in "BI" and same)',
        'return now != "I" or was in "BI"',
    ),
    Mutant("moves: bioes left open", "data/moves.py", 'return now in "IE" and same', "return same"),
    Mutant("moves: bioes begins anywhere", "data/moves.py", 'return now not in "IE"', "return True"),
    # words
    Mutant("words: letters of padding are read", "layers/words.py", "flat[has] != PAD)", "flat[has] >= PAD)"),
    Mutant(
        "words: casing is not heard",
        "layers/words.py",
        "self.casing(values[..., 1])",
        "self.casing(values[..., 1] * 0)",
    ),
    Mutant(
        "words: casing is read as a letter",
        "layers/words.py",
        "self.spelling(values[..., 2:])",
        "self.spelling(values[..., 1:])",
    ),
    Mutant(
        "words: no dropout",
        "layers/words.py",
        "dropout(torch.cat(parts, -1), self.drop, self.training)",
        "torch.cat(parts, -1)",
    ),
    Mutant(
        "memory: places are shifted",
        "memory.py",
        "self.outputs.gather(1, index)",
        "self.outputs.gather(1, (index - 1).clamp(min=0))",
    ),
    Mutant(
        "memory: places of padding are read",
        "memory.py",
        ".gather(1, index).masked_fill(~mask.unsqueeze(-1), 0)",
        ".gather(1, index)",
    ),
    Mutant("memory: a scale stays behind", "memory.py", "scale[1].index_select(0, index))", "scale[1])"),
]
