"""The sections of texts: files of texts read, and numbers of tokens learned from the training rows."""

from __future__ import annotations

from modelwright.data.text_files import CLASS, TEXT, find_texts
from modelwright.data.tokens import PADDING, UNKNOWN, arguments_of
from modelwright.script import reading
from modelwright.script.code import Group, call, lines, text
from modelwright.script.reading import folder_of
from modelwright.script.section import Section, Source, impossible
from modelwright.spec.call import parse

ENCODE = """
def encode(rows):
    \"\"\"Return numbers of tokens int32 [N, {length}]; 0 is padding, 1 an unknown token.\"\"\"
    texts = [one or "" for one in frame[{name}][rows].to_list()]
    numbers = np.zeros((len(texts), {length}), dtype=np.int32)
    for row, found in enumerate(tokenizer.encode_batch_fast(texts)):
        numbers[row, : len(found.ids)] = found.ids
    numbers[numbers[:, 0] == 0, 0] = 1  # an empty text is one unknown token
    return torch.from_numpy(numbers){device}
"""


def write_reading(source: Source) -> Section:
    """Return the section that leaves `frame` with a column of texts."""
    if source.plan.data.format != "texts":
        return reading.write(source)
    found = find_texts(source.spec.data, source.request.base)
    if found is None or source.plan.split.by == "files":
        raise impossible(source, "texts in folders that come in parts cannot be written yet", "write one CSV a part")
    place = (source.request.base / str(source.spec.data.path)).expanduser()
    encoding = str(source.plan.data.options.get("encoding", "utf-8"))
    if "/" in encoding:
        raise impossible(source, f"its files are written in {encoding}", "write all of them as utf-8")
    read = f'file.read_text("{encoding}")'
    made = [f"FOLDER = {folder_of(source, place)}"]
    if found.lines:  # a file for each class, a text a line
        made += [
            "texts, classes = [], []",
            'for file in sorted(FOLDER.glob("*.txt")):',
            f"    found = [one.strip() for one in {read}.splitlines() if one.strip()]",
            "    texts += found",
            "    classes += [file.stem] * len(found)",
            f'frame = pl.DataFrame({{"{TEXT}": texts, "{CLASS}": classes}})',
        ]
    else:
        made += [
            'files = sorted(FOLDER.glob("*/*.txt"))',
            f"texts = [{read} for file in files]",
            f'frame = pl.DataFrame({{"{TEXT}": texts, "{CLASS}": [file.parent.name for file in files]}})',
        ]
    return Section(lines=made, imports=("import polars as pl", "from pathlib import Path"))


def write(source: Source) -> Section:
    """Return the section that leaves `encode(rows)`."""
    column = source.plan.inputs[0]
    assert column.tokens is not None
    chosen = parse(column.tokens.tokenizer)
    given = arguments_of(chosen)
    kind = "BPE" if chosen.name == "BPE" else "WordLevel"
    steps = ["normalizers.NFC()", *(["normalizers.Lowercase()"] if given["lowercase"] else [])]
    before = "pre_tokenizers.Whitespace()"
    imports = ["from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers"]
    if chosen.name == "Character":
        before = 'pre_tokenizers.Split(Regex(r"[\\s\\S]"), "isolated")'
        imports.append("from tokenizers import Regex")
    trainer = call(
        f"trainers.{'Bpe' if kind == 'BPE' else 'WordLevel'}Trainer",
        (),
        {
            "vocab_size": str(given["vocab_size"]),
            "min_frequency": str(given["min_frequency"]),
            "special_tokens": "SPECIAL",
            "show_progress": "False",
        },
    )
    made = [
        *lines(Group("[", (text(PADDING), text(UNKNOWN)), "]"), "SPECIAL = "),
        f'tokenizer = Tokenizer(models.{kind}(unk_token="{UNKNOWN}"))',
        *lines(Group("[", tuple(steps), "]"), "cleaning = "),
        "tokenizer.normalizer = normalizers.Sequence(cleaning)",
        f"tokenizer.pre_tokenizer = {before}",
        *lines(trainer, "trainer = "),
        f'learned_from = frame[{text(column.name)}][train_rows].fill_null("").to_list()',
        "tokenizer.train_from_iterator(learned_from, trainer)",
        f"tokenizer.enable_truncation({column.tokens.length})",
        "",
        *ENCODE.format(length=column.tokens.length, name=text(column.name), device=source.on_device)
        .rstrip()
        .split("\n"),
    ]
    return Section(lines=made, imports=("import numpy as np", "import torch", *imports))
