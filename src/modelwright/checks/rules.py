"""All rules, in the order in which they run. A test holds that no rule module is missing here."""

from __future__ import annotations

DESCRIPTION = (
    "leakage.l201_no_test_rows",
    "architecture.m401_no_nonlinearity",
    "architecture.m402_activation_on_output",
    "architecture.m403_activations_in_a_row",
    "architecture.m407_dropout",
    "loss.h501_softmax_before_cross_entropy",
    "loss.h502_sigmoid_and_bce",
    "loss.h503_head_for_task",
    "loss.h504_loss_for_task",
    "optimizer.o605_learning_rate",
    "optimizer.o606_schedule_length",
    "optimizer.o608_accumulation",
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
    "data.d111_pictures",
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
    "shape.s304_output_width",
    "shape.s307_labels_for_loss",
    "shape.s310_steps_mixed",
)
DRY_RUN = (
    "data.d108_unscaled_inputs",
    "data.d110_outliers",
    "shape.s305_loss_broadcast",
    "shape.s306_types",
    "shape.s308_rows_mix",
    "shape.s309_sees_the_future",
    "shape.s311_unregistered",
    "architecture.m404_deep_saturating",
    "architecture.m405_equal_units",
    "architecture.m406_order_of_normalisation",
    "architecture.m408_batch_of_one",
    "architecture.m409_no_gradient",
    "architecture.m410_size_for_rows",
    "architecture.m411_kernel_beyond_input",
    "loss.h505_loss_at_start",
    "loss.h506_output_bias",
    "loss.h507_loss_of_sum",
    "loss.h508_class_weights",
    "loss.h509_bounded_output",
    "optimizer.o601_parameters",
    "optimizer.o603_evaluation_mode",
    "optimizer.o607_weight_decay",
    "optimizer.o610_not_shuffled",
    "optimizer.o613_calls_in_source",
    "dynamics.t712_cannot_learn_a_few_rows",
    "dynamics.t713_input_ignored",
)
TRAINING = (
    "dynamics.t702_diverging",
    "dynamics.t703_not_falling",
    "dynamics.t705_vanishing_gradient",
    "dynamics.t706_exploding_gradient",
    "dynamics.t709_weights_stand_still",
    "dynamics.t711_overfitting",
    "optimizer.o609_clipping",
    "optimizer.o612_size_of_steps",
)
EVALUATION = (
    "leakage.l210_test_reused",
    "evaluation.e801_below_baseline",
    "evaluation.e804_too_good",
    "evaluation.e805_badly_calibrated",
    "evaluation.e806_ignored_class",
)
RULES: tuple[str, ...] = (*DESCRIPTION, *DATA, *DRY_RUN, *TRAINING, *EVALUATION)
"""Modules below `modelwright.checks`, imported when their phase comes: those of the data need numpy and polars."""

BY_PHASE: dict[str, tuple[str, ...]] = {
    "description": DESCRIPTION,
    "data": DATA,
    "dry_run": DRY_RUN,
    "training": TRAINING,
    "evaluation": EVALUATION,
}
