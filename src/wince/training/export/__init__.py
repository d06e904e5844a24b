"""From a trained network to a model folder: model.onnx, model.json and MODEL_CARD.md."""
