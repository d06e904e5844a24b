"""Which metrics the tables of the report and of papers show, in their order."""

MAIN_METRICS = (
    "pcc",
    "icc",
    "ccc",
    "wmae",
    "wmse",
    "auc_1",
    "auc_2",
    "auc_3",
    "ap_1",
    "ap_2",
    "ap_3",
    "four_levels_balanced_accuracy",
    "four_levels_macro_f1",
    "four_levels_kappa",
    "levels_balanced_accuracy",
    "levels_macro_f1",
    "levels_kappa",
    "binary_1_pain_f1",
    "mae",
    "rmse",
    "mse",
    "bias",
    "calibration_slope",
    "calibration_intercept",
    "four_levels_accuracy",
    "levels_accuracy",
)
"""Metrics in which a constant score fails come first."""
SCHEME_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_f1",
    "kappa",
    "distance",
)
SUBJECT_METRICS = ("mae", "wmae", "pcc", "icc", "ccc", "auc_1")
GROUP_METRICS = (
    "mae",
    "wmae",
    "bias",
    "pcc",
    "icc",
    "ccc",
    "auc_1",
    "four_levels_balanced_accuracy",
    "levels_balanced_accuracy",
)
