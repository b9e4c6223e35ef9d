"""Codes of the catalogue that no rule looks for: what rules them out, or under which code they are told."""

from __future__ import annotations

from modelwright.checks.codes import Code

ELSEWHERE: dict[str, Code] = {
    "L203": Code(
        title="Inputs chosen on all rows",
        what="Ruled out in a run: which columns are inputs follows from their kinds and from the description, never "
        "from how well they predict. In a script that calls `modelwright.check`, a `SelectKBest` or the like that is "
        "fitted before the rows are split is a warning.",
        why="Inputs that were chosen with the test rows in view make the score too good.",
        example="```python\nX = SelectKBest(k=20).fit_transform(X, y)\nX_train, X_test = train_test_split(X)\n```",
        fix="```python\nX_train, X_test = train_test_split(X)\nX_train = selector.fit_transform(X_train, y_train)\n```",
    ),
    "L211": Code(
        title="The best of several seeds is reported",
        what="Ruled out: `train: {seeds: 5}` reports the mean over all seeds and their spread.",
        why="The best of five is better than the next one will be.",
        example="Accuracy 0.91 with seed 42, and 0.86 to 0.89 with the others.",
        fix="```yaml\ntrain: {seeds: 5}\n```",
    ),
    "L216": Code(
        title="Categories replaced by the mean of the target",
        what="Ruled out: categories become one-hot columns or embeddings, whose numbers are learned.",
        why="A mean over rows that include the row itself gives its answer away.",
        example="`zip` is replaced by the mean price of its rows, before the split.",
        fix="Leave the category as it is.",
    ),
    "O611": Code(
        title="The same augmentation in each epoch, or in each worker",
        what="Ruled out: the noise is a function of seed, epoch and row, and there are no workers.",
        why="Each picture is then changed once and for all, and the network learns the change.",
        example="A NumPy generator that each worker copies.",
        fix="In a `Dataset` of your own, draw from torch's generator.",
    ),
    "T701": Code(
        title="NaN or infinity in training",
        what="Told as R005, with the step and the first layer whose outputs are not finite. D101 looks at the data.",
        why="Every weight is lost in the next step.",
        example="`SGD(lr=100)`",
        fix="A smaller learning rate, or `train: {clip_grad_norm: 1.0}`.",
    ),
    "T714": Code(
        title="The device waits for data",
        what="Ruled out where the data fit into memory: they lie on the device, and a batch is a slice. While it "
        "trains, the command shows rows a second.",
        why="A device that waits costs as much as one that works.",
        example="A `DataLoader` that reads each row from a pandas frame.",
        fix="`data: {path: …}`, or a `TensorDataset` on the device.",
    ),
    "E809": Code(
        title="Rows counted twice in an evaluation",
        what="Ruled out: scores are computed on whole parts, each row once.",
        why="A sampler that fills up the last batch counts some rows twice.",
        example="`DistributedSampler`, which repeats rows until all processes have as many.",
        fix="Score on one process, or leave the repeated rows out.",
    ),
    "E810": Code(
        title="The exported model answers otherwise",
        what="Told as R011: stored rows, a row of unseen words and an empty one are asked before anything is written.",
        why="An exported model that answers otherwise is another model.",
        example="`modelwright export runs/adult-1 --onnx model.onnx`",
        fix="Use the layer that is named instead, or export with `--torch`.",
    ),
    "E812": Code(
        title="A run that cannot be repeated",
        what="Ruled out on one machine: order, weights and noise are functions of the seed, and the description and "
        "the data give the same bytes again.",
        why="What cannot be repeated cannot be compared.",
        example="Rows shuffled by a generator that nobody seeded.",
        fix="```yaml\ntrain: {seed: 0}\n```",
    ),
    "E813": Code(
        title="A resumed run that is another run",
        what="Ruled out: a run that was killed and resumed ends with the bytes of one that was not.",
        why="Rows repeated or skipped, or an optimizer without its memory, give another model without a word.",
        example="A checkpoint of the weights alone.",
        fix="`modelwright resume runs/adult-1`",
    ),
    "E814": Code(
        title="A model file that runs code",
        what="Ruled out: model files and checkpoints are safetensors and JSON; a pickle is neither written nor read.",
        why="Loading a pickle runs whatever it holds.",
        example="`torch.load(path, weights_only=False)`, which O613 reports in your own code.",
        fix="`modelwright.load(path)`",
    ),
    "E815": Code(
        title="The last weights instead of the best",
        what="Ruled out: where there are validation rows, the model of a run has the weights of its best epoch.",
        why="The last epoch may be the one that overfits most.",
        example="Early stopping with a patience of 20 that keeps the weights of the end.",
        fix="`metrics.jsonl` says which epoch was the best.",
    ),
}
