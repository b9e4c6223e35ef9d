"""The sections of texts: files of texts read, and numbers of tokens learned from the training rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from modelwright.data.text_files import CLASS, TEXT, find_texts
from modelwright.data.tokens import PADDING, UNKNOWN, arguments_of
from modelwright.script import reading
from modelwright.script.code import Group, call, lines, text
from modelwright.script.reading import folder_of
from modelwright.script.section import Section, Source, impossible, indented
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
    encoding = str(source.plan.data.options.get("encoding", "utf-8"))
    if found is None or "/" in encoding:
        raise impossible(source, f"its files are written in {encoding}", "write all of them as utf-8")
    data = source.spec.data
    given = [(path, part) for path, part in ((data.path, 0), (data.validation, 1), (data.test, 2)) if path is not None]
    folders = [((source.request.base / str(path)).expanduser().resolve(), part) for path, part in given]
    base = folders[0][0] if len(folders) == 1 else Path(os.path.commonpath([folder for folder, _ in folders]))
    read = f'file.read_text("{encoding}")'
    made = [f"FOLDER = {folder_of(source, base)}"]
    if len(folders) > 1:
        names = tuple(text(folder.relative_to(base).as_posix()) for folder, _ in folders)
        made += lines(Group("[", names, "]"), "PARTS = ")
    every = "*.txt" if found.lines else "*/*.txt"
    if found.lines or len(folders) > 1:
        made += _loops(read, every, parts=[part for _, part in folders], by_line=found.lines)
    else:
        made += [
            f'files = sorted(FOLDER.glob("{every}"))',
            f"texts = [{read} for file in files]",
            "classes = [file.parent.name for file in files]",
        ]
    made += [f'frame = pl.DataFrame({{"{TEXT}": texts, "{CLASS}": classes}})']
    return Section(lines=made, imports=("import polars as pl", "import numpy as np", "from pathlib import Path"))


def _loops(read: str, every: str, parts: Sequence[int], *, by_line: bool) -> list[str]:
    """Return the lines that read one file after another: a text a line, or folders for the parts."""
    taken = ["texts.append(" + read + ")", "classes.append(file.parent.name)"]
    if by_line:
        taken = [f"found = map(str.strip, {read}.splitlines())", "found = [one for one in found if one]"]
        taken += ["texts += found", "classes += [file.stem] * len(found)"]
    if len(parts) == 1:
        return ["texts, classes = [], []", f'for file in sorted(FOLDER.glob("{every}")):', *indented(taken)]
    inner = [f'for file in sorted((FOLDER / name).glob("{every}")):', *indented(taken), "ends.append(len(texts))"]
    return [
        "texts, classes, ends = [], [], [0]",
        "for name in PARTS:",
        *indented(inner),
        "# 0: training, 1: validation, 2: test",
        f"part = np.repeat({list(parts)}, np.diff(ends))",
    ]


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
