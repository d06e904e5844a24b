"""Files of the packaged models: ONNX networks, manifests and weights. No code."""
