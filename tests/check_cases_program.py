"""Declared cases of the rules that look at a program: a model at work on rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from check_facts import Case
from corpus import (
    faulty_loss,
    faulty_model,
    faulty_rows,
    faulty_shape,
    faulty_training,
    right_loss,
    right_model,
    right_picture,
    right_shape,
    right_target,
    right_training,
)
from corpus.rows import binary, numbers, pictures, table
from modelwright.checks.facts import Facts
from modelwright.checks.program.program import Program
from modelwright.checks.program.rows import rows_of


def program(made: Callable[[], dict[str, Any]], rows: int = 64) -> Callable[[], Facts]:
    """Return what makes the facts of a program of the corpus."""

    def facts() -> Facts:
        torch.manual_seed(0)
        given = made()
        data = given.pop("data")
        return Facts(program=Program(**given, rows=rows_of(data, rows)))

    return facts


def _saturating() -> dict[str, Any]:
    layers = [layer for _ in range(6) for layer in (nn.Linear(8, 8), nn.Sigmoid())]
    return {"model": nn.Sequential(*layers, nn.Linear(8, 1)), "data": numbers(), "loss": nn.MSELoss()}


def _bias_before_norm() -> dict[str, Any]:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26 * 26, 10))
    return {"model": model, "data": pictures(), "loss": nn.CrossEntropyLoss()}


def _large() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 512), nn.ReLU(), nn.Linear(512, 3))
    return {"model": model, "data": table(32, classes=3), "loss": nn.CrossEntropyLoss()}


def _decayed(kind: Any, **keys: float) -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    return {"model": model, "data": binary(), "optimizer": kind(model.parameters(), **{"weight_decay": 0.01, **keys})}


def _outlier() -> dict[str, Any]:
    x, y = table()
    x[3, 2] = 999_999
    return {"model": nn.Linear(8, 2), "data": (x, y)}


PROGRAMS = {
    "D101": [
        Case("NaN", program(faulty_training.d101_nan_in_a_column), "error", "1 NaN"),
        Case("finite", program(right_training.right_one_hot_columns)),
    ],
    "D107": [
        Case("one class", program(faulty_training.d107_one_class_left), "error", "one class"),
        Case("two classes", program(right_loss.right_two_classes_by_cross_entropy)),
    ],
    "D108": [
        Case("bytes", program(faulty_training.d108_bytes), "warning", "0 to 255"),
        Case("incomes", program(faulty_training.d108_income_beside_age), "warning", "spreads"),
        Case("divided inside", program(right_training.right_normalised_inside)),
        Case("batch norm first", program(right_training.right_batch_norm_first)),
    ],
    "D109": [
        Case("prices", program(faulty_loss.d109_house_prices), "warning", "larger than"),
        Case("scaled answers", program(right_target.right_model_scales_its_answers)),
    ],
    "D110": [
        Case("999999", program(_outlier), "note", "column 2"),
        Case("normal", program(right_training.right_linear_regression)),
    ],
    "H501": [
        Case("softmax", program(faulty_loss.h501_functional_softmax), "error", "takes the softmax itself"),
        Case("raw outputs into NLL", program(faulty_loss.h501_nll_of_raw_outputs), "error", "logarithms"),
        Case("redundant", program(right_loss.right_log_softmax_before_cross_entropy_is_redundant)),
    ],
    "H502": [
        Case("twice", program(faulty_loss.h502_sigmoid_in_forward), "error", "takes the sigmoid itself"),
        Case("never", program(faulty_loss.h502_raw_outputs_into_bce), "error", "raw outputs"),
        Case("once", program(right_loss.right_sigmoid_and_bce)),
    ],
    "H503": [
        Case("one output", program(faulty_loss.h503_softmax_over_one_output), "error", "always 1"),
        Case("soft targets", program(right_loss.right_soft_targets)),
    ],
    "H505": [
        Case("too large", program(faulty_loss.h505_normal_weights), "warning", "times that of a guess"),
        Case("weights", program(right_loss.right_inverse_frequencies)),
    ],
    "H506": [
        Case("rare", program(right_training.right_imbalanced_classes), "note", "positive"),
        Case("base rate", program(right_target.right_bias_of_the_base_rate)),
    ],
    "H507": [
        Case("sum", program(faulty_loss.h507_sum_with_sgd), "warning", "sum over the batch"),
        Case("sum with Adam", program(right_loss.right_sum_with_adam)),
        Case("divided", program(right_loss.right_sum_divided_by_rows)),
    ],
    "H508": [
        Case("upside down", program(faulty_loss.h508_share_as_weight), "error", "favour the frequent"),
        Case("positive", program(faulty_loss.h508_pos_weight_upside_down), "error", "pos_weight"),
        Case("inverse", program(right_loss.right_pos_weight)),
    ],
    "H509": [
        Case("ReLU", program(faulty_loss.h509_relu_on_a_regression_with_negatives), "error", "cannot reach"),
        Case("shares", program(right_target.right_sigmoid_for_shares)),
    ],
    "M401": [
        Case("none", program(faulty_model.m401_no_activation_at_all), "warning", "without a nonlinearity"),
        Case("factorised", program(right_model.right_factorised_layer)),
    ],
    "M402": [
        Case("ReLU", program(faulty_model.m402_relu_on_logits), "error", "after the output layer"),
        Case("linear", program(right_loss.right_label_smoothing)),
    ],
    "M403": [
        Case("softmax", program(faulty_model.m403_softmax_between_layers), "warning", "middle of the network"),
        Case("experts", program(right_model.right_experts)),
    ],
    "M404": [
        Case("six sigmoids", program(_saturating), "note", "6 sigmoids"),
        Case("gates", program(right_model.right_gates)),
    ],
    "M405": [
        Case("constant", program(faulty_model.m405_constant_weights), "warning", "alike"),
        Case("zero head", program(right_model.right_head_from_zero)),
    ],
    "M406": [
        Case("bias", program(_bias_before_norm), "note", "bias"),
        Case("no bias", program(right_picture.right_resnet)),
    ],
    "M407": [
        Case("kept", program(faulty_model.m407_keep_rate), "warning", "not the share that is kept"),
        Case("0.8", program(right_model.right_strong_dropout)),
    ],
    "M408": [
        Case("last of one", program(faulty_model.m408_last_batch_of_one), "error", "one row"),
        Case("dropped", program(right_training.right_batch_norm_and_dropped_rest)),
    ],
    "M409": [
        Case("forgotten", program(faulty_model.m409_forgotten_layer), "error", "never uses"),
        Case("detached", program(faulty_model.m409_detached), "error", "no gradient reaches"),
        Case("now and then", program(right_model.right_stochastic_depth)),
    ],
    "M410": [
        Case("wide", program(_large), "note", "parameters a number"),
        Case("small", program(right_training.right_linear_regression)),
    ],
    "M411": [
        Case("on a point", program(faulty_rows.m411_kernel_on_a_point), "warning", "kernel of 3×3"),
        Case("on a map", program(right_picture.right_lenet)),
    ],
    "O601": [
        Case("swapped", program(faulty_training.o601_head_swapped_after), "error", "no longer has"),
        Case("part", program(faulty_training.o601_only_the_last_layer), "warning", "lacks"),
        Case("frozen", program(right_model.right_frozen_backbone)),
    ],
    "O603": [
        Case("functional", program(faulty_training.o603_dropout_in_evaluation), "warning", "training=self.training"),
        Case("on purpose", program(right_model.right_monte_carlo_dropout)),
    ],
    "O605": [
        Case("ten", program(faulty_training.o605_adam_with_ten), "error", "every weight"),
        Case("away", program(faulty_training.o605_runs_away), "warning", "runs away"),
        Case("warm-up", program(right_training.right_warm_up_begins_at_zero)),
    ],
    "O607": [
        Case("Adam", program(lambda: _decayed(torch.optim.Adam)), "note", "L2"),
        Case("AdamW", program(lambda: _decayed(torch.optim.AdamW))),
        Case("ten of SGD", program(lambda: _decayed(torch.optim.SGD, lr=0.1, weight_decay=10)), "warning", "100%"),
        Case("ten of Adam", program(lambda: _decayed(torch.optim.Adam, lr=0.1, weight_decay=10)), "note", "L2"),
    ],
    "O610": [
        Case("sorted", program(faulty_training.o610_sorted_by_class), "error", "shuffle"),
        Case("shuffled", program(right_training.right_sorted_rows_that_are_shuffled)),
    ],
    "O613": [
        Case("typo", program(faulty_training.o613_require_grad), "warning", "require_grad"),
        Case("in place", program(faulty_training.o613_changed_in_place), "error", "in place"),
        Case("nothing", program(right_model.right_gates)),
    ],
    "S304": [
        Case("ten", program(faulty_shape.s304_ten_outputs_for_three_classes), "warning", "10 outputs"),
        Case("few rows", program(right_target.right_few_rows_of_many_classes)),
    ],
    "S305": [
        Case("column", program(faulty_shape.s305_column_against_row), "error", "(64, 64)"),
        Case("quantiles", program(right_target.right_quantiles)),
    ],
    "S306": [
        Case("float labels", program(faulty_shape.s306_float_labels), "error", "class numbers"),
        Case("double inputs", program(faulty_shape.s306_double_inputs), "error", "float64"),
        Case("one-hot", program(right_loss.right_one_hot_targets)),
    ],
    "S307": [
        Case("from one", program(faulty_shape.s307_labels_from_one), "error", "1 to 3"),
        Case("ignored", program(right_target.right_ignored_labels)),
    ],
    "S308": [
        Case("softmax", program(faulty_rows.s308_softmax_over_the_batch), "error", "dim=0"),
        Case("view", program(faulty_rows.s308_view_instead_of_permute), "error", "depends on the other rows"),
        Case("axis", program(faulty_rows.s308_attention_along_the_wrong_axis), "error", "dim=1"),
        Case("time first", program(right_shape.right_rnn_with_time_first)),
    ],
    "S309": [
        Case("no mask", program(faulty_rows.s309_no_mask), "error", "sees the future"),
        Case("mask", program(right_shape.right_causal_language_model)),
    ],
    "S311": [
        Case("list", program(faulty_rows.s311_layers_in_a_list), "error", "3 layers in a list"),
        Case("teacher", program(right_model.right_teacher_kept_out_of_the_parameters)),
    ],
    "T712": [
        Case("dead", program(faulty_training.t712_dead_units), "error", "16 rows"),
        Case("noise", program(right_training.right_noise_as_labels)),
    ],
    "T713": [
        Case("forgotten", program(faulty_training.t713_second_input_forgotten), "error", "never used"),
        Case("zero head", program(right_model.right_head_from_zero)),
    ],
}
