"""From a picture to an assessment, with ONNX models and no torch."""
