"""Ways to break what models recordings, pictures and films, and what tells and measures their texts and answers."""

from mutant import Mutant

SEEING = [
    # what is told by CTC
    Mutant(
        "CTC: equals need no blank between", "heads/ctc.py", "return mask.sum(1) + again.sum(1)", "return mask.sum(1)"
    ),
    Mutant(
        "CTC: padding repeats itself",
        "heads/ctc.py",
        "(classes[:, 1:] == classes[:, :-1]) & mask[:, 1:]",
        "classes[:, 1:] == classes[:, :-1]",
    ),
    Mutant(
        "CTC: a padded step may tell",
        "heads/ctc.py",
        "return torch.where(mask.unsqueeze(-1), logprobs, none)",
        "return logprobs",
    ),
    Mutant(
        "CTC: a decoder is read in place of the encoder",
        "heads/ctc.py",
        "hidden, mask = memory.outputs, memory.mask",
        "mask = memory.mask",
    ),
    Mutant(
        "CTC: blanks are left out before equals are joined",
        "heads/ctc.py",
        "groupby(path) if one != BLANK",
        "groupby(one for one in path if one != BLANK)",
    ),
    Mutant(
        "prefix beam: a symbol heard on is a new one",
        "decoding/prefix_beam.py",
        "grown[rows, last] = self._blank + step[last]",
        "pass",
    ),
    Mutant("prefix beam: one prefix is held twice", "decoding/prefix_beam.py", "if parent is not None:", "if False:"),
    Mutant(
        "prefix beam: a blank after a blank alone",
        "decoding/prefix_beam.py",
        "blank = whole + step[BLANK]",
        "blank = self._blank + step[BLANK]",
    ),
    Mutant(
        "alignment: the blank between equals is passed over",
        "decoding/alignment.py",
        "jumps[3::2] = states[3::2] != states[1:-2:2]",
        "jumps[3::2] = True",
    ),
    Mutant(
        "alignment: the last step is a blank",
        "decoding/alignment.py",
        "state = width - 1 if reach[-1] > reach[-2] else width - 2",
        "state = width - 1",
    ),
    Mutant(
        "alignment: the first step is a blank",
        "decoding/alignment.py",
        "reach[:2] = scores[0, :2]",
        "reach[:1] = scores[0, :1]",
    ),
    Mutant("given: padding is told", "decoding/given.py", "told.masked_fill(~fed.mask, 0).sum(1)", "told.sum(1)"),
    Mutant(
        "given: a text is of another row",
        "decoding/given.py",
        "memories.reorder(rows).of",
        "memories.reorder(rows.flip(0)).of",
    ),
    Mutant(
        "stream: a blank parts nothing",
        "decoding/streaming.py",
        "                self.classes.append(one)\n            self._last = one",
        "                self.classes.append(one)\n                self._last = one",
    ),
    Mutant(
        "stream: the front forgets",
        "decoding/streaming.py",
        "front.advance(values, self._front)",
        "front.advance(values, None)",
    ),
    Mutant(
        "stream: the encoder forgets",
        "decoding/streaming.py",
        "model.encoder(vectors, mask, self._encoder)",
        "model.encoder(vectors, mask, None)",
    ),
    Mutant(
        "stream: a front that looks ahead is taken", "decoding/streaming.py", "if not model.source.causal:", "if False:"
    ),
    Mutant(
        "transcripts: the shares are swapped",
        "tasks/transcripts.py",
        "share * ctc + (1 - share) * one.logprob if share",
        "(1 - share) * ctc + share * one.logprob if share",
    ),
    Mutant(
        "transcripts: a text that was cut off may win",
        "tasks/transcripts.py",
        "(not one.finished, -one.score, one.ids)",
        "(-one.score, one.ids)",
    ),
    Mutant(
        "transcribe: speed is forgotten",
        "tasks/transcribe.py",
        "fastest = 1 + (self.spec.audio.speed if training and self.spec.audio else 0.0)",
        "fastest = 1.0",
    ),
    Mutant(
        "transcribe: a step is a frame",
        "tasks/transcribe.py",
        "/ self.media.features.rate * many / self.steps(many)",
        "/ self.media.features.rate",
    ),
    # encoders and fuses
    Mutant("pyramid: a last step alone is lost", "encoders/pyramid.py", "mask[:, ::2]", "mask[:, 1::2]"),
    Mutant(
        "pyramid: counts downwards",
        "encoders/pyramid.py",
        "-(-steps // 2 ** (len(self.layers) - 1))",
        "steps // 2 ** (len(self.layers) - 1)",
    ),
    Mutant(
        "fuse concat: parts overlap",
        "encoders/fuse_concat.py",
        "slice(at, at + outputs.shape[1])",
        "slice(0, outputs.shape[1])",
    ),
    Mutant(
        "fuse concat: padding is not hidden",
        "encoders/fuse_concat.py",
        "hide(self.project[name](memory.outputs), memory.mask)",
        "self.project[name](memory.outputs)",
    ),
    Mutant("fuse concat: no tanh", "encoders/fuse_concat.py", ".sum(0).tanh()", ".sum(0)"),
    Mutant(
        "fuse attend: a hop forgets what asked",
        "encoders/fuse_attend.py",
        "query = query + weights @ places",
        "query = weights @ places",
    ),
    Mutant(
        "fuse attend: padding is read",
        "encoders/fuse_attend.py",
        "scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(hidden, 0)",
        "scores.softmax(-1)",
    ),
    Mutant("fuse multiply: a mean", "encoders/fuse_multiply.py", ".prod(0)", ".mean(0)"),
    Mutant(
        "branch: padding is read",
        "encoders/branch.py",
        "self.source.steps(read.mask)",
        "self.source.steps(read.mask) | True",
    ),
    # fronts
    Mutant("rows: columns", "fronts/rows.py", "values.flatten(2)", "values.transpose(1, 2).flatten(2)"),
    Mutant(
        "patches: column by column", "fronts/patches.py", "tiles.transpose(2, 3)", "tiles.permute(0, 3, 1, 2, 4, 5)"
    ),
    Mutant("pixels: one order whatever the seed", "fronts/pixels.py", "manual_seed(permute)", "manual_seed(0)"),
    Mutant("pixels: shuffled and causal", "fronts/pixels.py", "drop, permute is None", "drop, True"),
    Mutant(
        "stack: a last stack that is not full is lost",
        "fronts/stack.py",
        "(mask.sum(1, keepdim=True) + self.frames - 1) // self.frames",
        "mask.sum(1, keepdim=True) // self.frames",
    ),
    Mutant(
        "stack: padding is read",
        "fronts/stack.py",
        "kept = values.masked_fill(~mask.unsqueeze(-1), 0)",
        "kept = values",
    ),
    Mutant(
        "cnn1d: a layer reads the padding of the one below",
        "fronts/cnn1d.py",
        "self._edged(x)).masked_fill(~mask.unsqueeze(-1), 0)",
        "self._edged(x))",
    ),
    Mutant(
        "cnn1d: causal looks ahead",
        "fronts/cnn1d.py",
        "self.kernel - 1 if self.causal else self.kernel // 2",
        "self.kernel // 2",
    ),
    Mutant(
        "cnn1d: what is remembered leaves out the stride",
        "fronts/cnn1d.py",
        "x[:, ready * self.stride :]",
        "x[:, x.shape[1] - self.kernel + 1 :]",
    ),
    Mutant(
        "cnn: a frozen network's statistics move",
        "fronts/cnn.py",
        "self.net.train(mode and not self.frozen)",
        "self.net.train(mode)",
    ),
    Mutant(
        "cnn: places column by column", "fronts/cnn.py", "features.flatten(2)", "features.transpose(2, 3).flatten(2)"
    ),
    Mutant(
        "frames: padding goes through the network",
        "fronts/frames.py",
        "values.masked_fill(~mask[:, :, None, None, None], torch.nan)",
        "values",
    ),
    Mutant(
        "frames: dropped in evaluation",
        "fronts/frames.py",
        "dropout(read, self.drop, self.training)",
        "dropout(read, self.drop, True)",
    ),
    Mutant(
        "resnet: no way round",
        "layers/resnet.py",
        "((x if self.downsample is None else self.downsample(x)) + made).relu()",
        "made.relu()",
    ),
    Mutant(
        "resnet: every block of a stage halves",
        "layers/resnet.py",
        "2 if number > 1 and block == 0 else 1",
        "2 if number > 1 else 1",
    ),
    Mutant("resnet: a maximum over 2 x 2", "layers/resnet.py", "max_pool2d(x, 3, 2, 1)", "max_pool2d(x, 2, 2, 0)"),
    Mutant(
        "resnet: groups of another size",
        "layers/resnet.py",
        "nn.GroupNorm(width // gcd(width, GROUP), width)",
        "nn.GroupNorm(gcd(width, GROUP), width)",
    ),
    Mutant(
        "resnet: no relu within a block",
        "layers/resnet.py",
        "self.conv2(self.bn1(self.conv1(x)).relu())",
        "self.conv2(self.bn1(self.conv1(x)))",
    ),
    Mutant(
        "batch norm: by the batch in evaluation",
        "layers/batch_norm.py",
        "learn = self.training and x.numel()",
        "learn = x.numel()",
    ),
    # questions
    Mutant(
        "vqa: the rarest answers", "tasks/vqa.py", "(-counts[label], label))[:most]", "(counts[label], label))[:most]"
    ),
    Mutant(
        "vqa: one that is blind sees what it answers",
        "tasks/vqa.py",
        "which, questions, self.blind)",
        "which, questions, None)",
    ),
    Mutant(
        "vqa: pictures change places", "tasks/vqa.py", "which.append(opened[key])", "which.append(number % len(raws))"
    ),
    Mutant("asked: types by their beginning alone", "tasks/asked.py", "kind.strip() or kind_of(text)", "kind_of(text)"),
    Mutant(
        "asked data: long questions fill a batch unseen",
        "tasks/asked_data.py",
        "max(time + more, many) > self._batch_tokens",
        "time + more > self._batch_tokens",
    ),
    Mutant("asked data: no picture is blacked out", "tasks/asked_data.py", 'if blind == "image":', "if False:"),
    # metrics
    Mutant(
        "CIDEr: what no reference has weighs nothing",
        "metrics/cider.py",
        "rarity.get(gram, pictures)",
        "rarity.get(gram, 0.0)",
    ),
    Mutant(
        "CIDEr: references in place of pictures",
        "metrics/cider.py",
        "having.update({gram for text in references for grams in counted(text) for gram in grams})",
        "having.update([gram for text in references for grams in counted(text) for gram in grams])",
    ),
    Mutant("CIDEr: another sigma", "metrics/cider.py", "2 * SIGMA**2", "SIGMA**2"),
    Mutant("CIDEr-D: not clipped", "metrics/cider.py", "(min(mine, its) if clip else mine)", "mine"),
    Mutant("orders: n-grams longer than every reference", "metrics/orders.py", "max(1, min(order, longest))", "order"),
    Mutant(
        "questions: nobody is left out",
        "metrics/questions.py",
        "min((same - 1) / AGREE, 1.0)",
        "min(same / AGREE, 1.0)",
    ),
    Mutant(
        "spoken: said and heard swapped",
        "metrics/spoken.py",
        "self._jiwer.process_words(said, heard)",
        "self._jiwer.process_words(heard, said)",
    ),
    Mutant(
        "spoken: the first of several answers",
        "metrics/spoken.py",
        "min(each, key=lambda found: (found[0].count, found[1].count))",
        "each[0]",
    ),
]
