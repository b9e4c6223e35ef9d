"""All rules, in the order in which they run. A test holds that no rule module is missing here."""

from __future__ import annotations

DESCRIPTION = (
    "leakage.l201_no_test_rows",
    "loss.h503_head_for_task",
    "loss.h504_loss_for_task",
    "optimizer.o605_learning_rate",
)
DATA = (
    "data.d101_not_finite",
    "data.d102_constant",
    "data.d103_identifier",
    "data.d104_number_as_text",
    "data.d105_code_as_number",
    "data.d106_copies",
    "data.d107_classes",
    "data.d109_target_scale",
    "data.d112_label_sets",
    "data.d114_times",
    "leakage.l202_fitted_outside_training",
    "leakage.l204_same_rows",
    "leakage.l205_target_among_inputs",
    "leakage.l206_order_predicts",
    "leakage.l207_future_in_training",
    "leakage.l208_shared_groups",
    "leakage.l212_tail_of_sorted",
    "leakage.l213_class_absent",
    "leakage.l214_small_part",
    "leakage.l215_future_in_window",
    "architecture.m404_saturating",
    "shape.s304_output_width",
    "shape.s307_labels_for_loss",
    "shape.s310_steps_mixed",
)
EVALUATION = (
    "leakage.l210_test_reused",
    "evaluation.e801_below_baseline",
    "evaluation.e804_too_good",
)
RULES: tuple[str, ...] = (*DESCRIPTION, *DATA, *EVALUATION)
"""Modules below `modelwright.checks`, imported when their phase comes: those of the data need numpy and polars."""

BY_PHASE: dict[str, tuple[str, ...]] = {
    "description": DESCRIPTION,
    "data": DATA,
    "dry_run": (),
    "training": (),
    "evaluation": EVALUATION,
}
