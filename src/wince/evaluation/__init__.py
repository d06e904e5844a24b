"""How good a set of predictions is: metrics, intervals, plots and a report.

    from wince.evaluation.evaluate import evaluate
    from wince.evaluation.prediction_files import read_predictions

    metrics = evaluate(read_predictions("predictions.csv"))

==================  ===========================================================================
Predictions         prediction_files, predictions, prediction_columns
Formulas            regression, weighted_errors, agreement, roc, classification, calibration,
                    sequence_scores; arrays contains what they share
All metrics         metrics computes them, metric_catalogue describes them
Uncertainty         bootstrap, model_comparison
Context             trivial_predictors, protocol (overlap and caveats), published_results
Result              evaluate, plot_data, plots, plot_style, report, result_files
==================  ===========================================================================

The package works with predictions of any model; it does not import the training code.
"""
