"""How good a set of predictions is: metrics, protocol, plots and the report.

    from wince.evaluation.prediction_files import read_predictions
    from wince.evaluation.evaluate import evaluate
    metrics = evaluate(read_predictions("predictions.csv"))

One module per subject: regression, weighted, agreement, ranking, classification, calibration and
sequences hold the formulas; figures puts them in one list; bootstrap gives the uncertainty;
baselines the trivial predictors that stand in the same table; evaluate runs it all; plots and
report show it. Nothing here knows where predictions come from.
"""
