"""How good a set of predictions is: metrics, intervals, plots and a report.

    from wince.evaluation.evaluate import evaluate
    from wince.evaluation.prediction_files import read_predictions

    metrics = evaluate(read_predictions("predictions.csv"))

==================  ===========================================================================
Predictions         prediction_files, predictions, prediction_columns
Formulas            metrics/, one module per kind of metric; arrays contains what they share
All metrics         all_metrics computes them, metrics/metric_catalogue describes them
Uncertainty         bootstrap, model_comparison
Context             trivial_predictors, protocol (overlap and caveats), published_results
Result              evaluate returns it; report/ writes the page, plots and files
==================  ===========================================================================

The package works with predictions of any model; it does not import the training code.
"""
