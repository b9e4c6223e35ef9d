"""Codes of what makes a description, a file or a run unusable: found on the way, not by a rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What `explain` says about one code."""

    title: str
    what: str
    why: str
    example: str
    fix: str


CODES: dict[str, Code] = {
    "Y001": Code(
        title="Unknown key in the description",
        what="A key is not one that a description has at this place. Near misses are shown.",
        why="A misspelt key that was ignored would leave the default in force, without a word.",
        example="```yaml\noptimiser: Adam\n```",
        fix="```yaml\noptimizer: Adam\n```\n`modelwright schema` prints all keys for editors.",
    ),
    "Y002": Code(
        title="Wrong type",
        what="A value is of another type than its key takes. Nothing is converted behind your back.",
        why='`"10"` and `10`, `yes` and `"yes"` mean different things; guessing hides slips.',
        example="```yaml\ntrain: {epochs: ten}\n```",
        fix="```yaml\ntrain: {epochs: 10}\n```",
    ),
    "Y003": Code(
        title="Value out of range",
        what="A value is of the right type but cannot be used.",
        why="A share of test rows of 1.5 or a batch of 0 rows has no meaning.",
        example="```yaml\nsplit: {test_size: 1.5}\n```",
        fix="```yaml\nsplit: {test_size: 0.2}\n```",
    ),
    "Y004": Code(
        title="Unknown name",
        what="No layer, loss, optimizer, scheduler, scaler, recipe or rule has this name. Near misses are shown.",
        why="Names come from a closed set: PyTorch's and scikit-learn's own. Nothing in a description is run as code.",
        example="```yaml\nmodel: [Linear(..., 64), Relu, Linear(..., 3)]\n```",
        fix="```yaml\nmodel: [Linear(..., 64), ReLU, Linear(..., 3)]\n```",
    ),
    "Y005": Code(
        title="Wrong arguments of a call",
        what="A call has an argument that is not in its signature, lacks one, or gives one twice or of another type.",
        why="Signatures are PyTorch's and scikit-learn's own; they would fail later, at another place.",
        example="```yaml\noptimizer: SGD(learning_rate=0.1)\n```",
        fix="```yaml\noptimizer: SGD(lr=0.1)\n```",
    ),
    "Y006": Code(
        title="Syntax of the description",
        what="The text is not YAML, or a call in it is not of the form `Name(arguments)`.",
        why="Where a bracket or a colon is missing, everything after it may mean something else.",
        example="```yaml\noptimizer: AdamW(lr=0.001\n```",
        fix="```yaml\noptimizer: AdamW(lr=0.001)\n```",
    ),
    "Y007": Code(
        title="Settings that contradict each other, or a setting without effect",
        what="Two values cannot both hold, or one has no effect beside another.",
        why="A setting that is silently ignored is a promise that is silently broken.",
        example="```yaml\nsplit: {shuffle: false, stratify: true}\n```",
        fix="```yaml\nsplit: {shuffle: true, stratify: true}\n```",
    ),
    "Y008": Code(
        title="Your own code raised an error",
        what="A class, a loss, an optimizer or a data set of yours raised an error; the line is that of your file.",
        why="It is tried with a few rows before anything is written, and nothing is trained that would stop later.",
        example="```yaml\nmodel: net.py:SimpleCNN\n```\nwhose `Linear(1024, 10)` gets 1,568 numbers.",
        fix="Correct that line. `x.flatten(1)` before the layer, and the size that arrives.",
    ),
    "Y009": Code(
        title="Your own code cannot be used as it stands",
        what="A module mixes rows, hides layers in a Python list, has nothing to learn, moves itself to a device, or "
        "returns no tensor; a loss has no gradient; an optimizer holds other weights; or the object is not here.",
        why="PyTorch trains most of these without a word: hidden layers stay as they were, mixed rows look like skill.",
        example="```python\nself.layers = [nn.Linear(8, 8) for _ in range(3)]\n```",
        fix="```python\nself.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))\n```\n"
        "A model file holds no code: `modelwright.load(file, model=SimpleCNN)`.",
    ),
    "Y010": Code(
        title="Your own data set was read",
        what="A data set, a loader or a generator was read once into memory. Its rows a second are told, and why a "
        "`__getitem__` is slow; a data set with random transforms keeps one draw of them.",
        why="`__getitem__` runs for each row of each epoch: with `.iloc` it takes longer than the training itself.",
        example="```python\ndef __getitem__(self, i):\n    row = self.frame.iloc[i]\n```",
        fix="```python\nself.rows = torch.tensor(frame.to_numpy())\n```\nor give the table itself.",
    ),
    "F001": Code(
        title="File not found or not readable",
        what="The file is not there, or may not be read. Files with similar names beside it are shown.",
        why="Nothing can be read. Relative paths start at the folder of the description.",
        example="`data: {path: adlut.csv}`",
        fix="`data: {path: adult.csv}`, or `chmod u+r adult.csv`",
    ),
    "F002": Code(
        title="Nothing in the file",
        what="The file is empty, or has a header and no rows; or a loader gives no batch.",
        why="An export that broke off looks like this.",
        example="A file of 0 bytes.",
        fix="Export it again. If the one line is data and no header: `data: {header: false}`.",
    ),
    "F003": Code(
        title="Malformed rows",
        what="Rows have more or fewer values than the header has names, or a quote is never closed.",
        why="Values would slide into the wrong columns.",
        example="`a,b,c` and below it `1,2`.",
        fix="Correct the rows that are named, or say how values are set apart: `data: {separator: ;}`.",
    ),
    "F004": Code(
        title="Encoding, or NUL bytes",
        what="The bytes are not text in the encoding that was found or given.",
        why="Names and categories would be garbled, and differ from those of the next file.",
        example="A file in Latin-1 read as UTF-8.",
        fix="`data: {encoding: latin-1}`",
    ),
    "F005": Code(
        title="Column names twice",
        what="Two columns have the same name, or one has none.",
        why="Which of them is meant by the name cannot be known.",
        example="`id,age,age`",
        fix="Rename one of them in the file.",
    ),
    "F006": Code(
        title="Column not in the data",
        what="The description names a column that the file does not have. Near misses are shown.",
        why="The target, a group or a dropped column would be missed without a word.",
        example="`data: {target: Species}` where the column is `species`.",
        fix="`data: {target: species}`",
    ),
    "F007": Code(
        title="Values that cannot be read as their kind",
        what="A column of numbers or dates has values that are none: infinities, words, dates in several formats.",
        why="One such value turns the whole column into text, or a mean into infinity.",
        example="`12.5`, `7.1`, `unknown`",
        fix="`data: {missing: [unknown]}`, or `data: {columns: {income: category}}`",
    ),
    "F008": Code(
        title="Unknown format, or a folder",
        what="The ending and the first bytes of the file say nothing that can be read, or the path is a folder.",
        why="Reading it in a guessed format would give nonsense rows.",
        example="`data: {path: measurements.xyz}`",
        fix="Save it as CSV, Parquet, Arrow, JSON lines or Excel; name the file within the folder.",
    ),
    "F009": Code(
        title="New rows do not fit the model",
        what="Rows to predict lack a column that the model was trained on, or have one of another kind.",
        why="A missing column has no value that would be right to assume.",
        example="`predict` with a file without `age`.",
        fix="Add the column; leave its values empty where they are unknown.",
    ),
    "R001": Code(
        title="Run folder",
        what="The folder is not one of a run, is not complete, or is in use by another process.",
        why="Nothing in a run folder is overwritten.",
        example="`modelwright resume runs/`",
        fix="`modelwright resume runs/adult-1`",
    ),
    "R002": Code(
        title="Checkpoint",
        what="There is no checkpoint to go on from, or it does not belong to the plan beside it.",
        why="Training that went on from other weights would be a different run under the same name.",
        example="`modelwright resume` of a run that was stopped before its first epoch ended.",
        fix="Start it again: `modelwright train adult.yaml`.",
    ),
    "R003": Code(
        title="Model file damaged",
        what="The model file is cut short, altered, or its stored rows no longer give their stored answers.",
        why="A model that answers otherwise than it was tested is not the same model.",
        example="A download that broke off.",
        fix="Copy it again, or save it again from the run folder.",
    ),
    "R004": Code(
        title="Version of the plan",
        what="The plan was written by a version of modelwright that this one does not know.",
        why="Fields may have other meanings.",
        example="`version: 2` read by a modelwright that knows version 1.",
        fix="`pip install --upgrade modelwright`",
    ),
    "R005": Code(
        title="NaN or infinity in training",
        what="The loss, a gradient or a weight is no finite number. The first layer where it appears is named.",
        why="Every weight is lost in the next step.",
        example="`SGD(lr=100)`",
        fix="A smaller learning rate, or `train: {clip_grad_norm: 1.0}`.",
    ),
    "R006": Code(
        title="Saving failed",
        what="The disk is full, or the folder may not be written to.",
        why="The last good checkpoint is still there: files are written under another name and renamed when complete.",
        example="`No space left on device`",
        fix="Free some space, then `modelwright resume runs/adult-1`.",
    ),
    "R007": Code(
        title="A training step is refused",
        what="torch cannot compute the loss of a batch or its gradient; its own words are shown.",
        why="No check foresaw it: shapes, memory, or numbers outside what a loss takes.",
        example="`loss: BCELoss` after a `Linear` layer, whose outputs are no shares between 0 and 1.",
        fix="`loss: BCEWithLogitsLoss`; where memory ran out, a smaller `train: {batch_size: …}`.",
    ),
    "R008": Code(
        title="Something that is not installed",
        what="What was asked for needs a program or a package that is not on this machine: TensorBoard for its "
        "event files, a Chromium for figures as PNG files.",
        why="Everything else works without it, so it is not installed unasked.",
        example="```sh\nmodelwright train adult.yaml --tensorboard\n```",
        fix="`pip install tensorboard`, or without the option.",
    ),
    "R010": Code(
        title="No script that gives the same rows",
        what="The data of a run are read in a way that polars alone does not have, or came from where no script reads.",
        why="A script that read other values would end with another model under the same name.",
        example="`modelwright script runs/adult-1` of a run whose rows were given by a Python program.",
        fix="Save the rows as Parquet or CSV, train from that file, and write the script of that run.",
    ),
    "R011": Code(
        title="No exported model that gives the same answers",
        what="A layer has an operation that the other runtime lacks, or the exported file answered otherwise.",
        why="An exported model that answers otherwise is another model; nothing is written then.",
        example="`modelwright export runs/adult-1 --onnx model.onnx` of a model with `FractionalMaxPool2d`.",
        fix="Use the layer that is named instead, or export with `--torch`.",
    ),
    "E811": Code(
        title="New rows unlike the training rows",
        what="A column to predict from has categories that training rows had once or never, numbers far outside their "
        "range (by half its width; or most rows beyond it), or no value at all where training rows had values.",
        why="A model knows only what it was shown. Another spelling or unit gives confident nonsense, without a word.",
        example="`body_mass_g` of 2.7 to 6.3 (kilograms) where training rows had 2700 to 6300.",
        fix="Correct the spelling or the unit; or train again with rows like these.",
    ),
    "D113": Code(
        title="A file disagrees with itself, or pictures with their labels",
        what="The header of an IDX file claims another size than the file has, or there are not as many labels as "
        "pictures.",
        why="A file that broke off, or labels of another set: pictures would get the labels of others.",
        example="60,000 pictures in `train-images-idx3-ubyte`, 59,999 labels in `train-labels-idx1-ubyte`.",
        fix="Fetch both files again.",
    ),
    "S301": Code(
        title="Layers do not fit each other",
        what="A layer is given another size than the one before it puts out. The sizes up to there are shown.",
        why="PyTorch says so at the first batch, in terms of matrices and not of layers.",
        example="```yaml\nmodel: [Linear(..., 64), ReLU, Linear(32, 3)]\n```",
        fix="```yaml\nmodel: [Linear(..., 64), ReLU, Linear(..., 3)]\n```",
    ),
    "S302": Code(
        title="Channels do not fit",
        what="An image or series has another number of channels than the layer takes, or they stand at another place.",
        why="Rows, columns and channels taken for one another train without a word.",
        example="`Conv2d(3, 16, 3)` on grey images.",
        fix="`Conv2d(..., 16, 3)`",
    ),
    "S303": Code(
        title="Size shrinks to nothing",
        what="After pooling and strides it is smaller than the kernel that follows, or a flattened size is wrong.",
        why="The arithmetic from the input size on is shown, layer by layer.",
        example="Six times `MaxPool2d(2)` on 28×28.",
        fix="Leave out a pooling, or give a padding.",
    ),
}  # fmt: skip
