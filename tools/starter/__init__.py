"""How the packaged model `wince-starter` is made. Not part of the wheel.

`python -m tools.starter train` trains it from folders of photographs. From the command down:

- `__main__`: the commands `train` and `card`.
- `train`: all steps, from photographs to model.onnx and its model card. `recipe` has the settings,
  `folds` the split of the subjects and the predictions for each fold.
- `face_folders`, `rated_faces`, `single_ratings`, `face_mesh`: the faces and what is known of them.
- `network_training`: one network through all stages of the recipe; `stages`, `lightning_modules`
  and `heads` are what it is built from.
- `package`, `stretch`, `card_metrics`, `rater_metrics`, `level_metrics`, `altered_faces`,
  `model_card`: from predictions to a calibrated, measured and described model.

Two more programs make the other packaged models: `train_occlusion` and `widen_detector`.
"""
