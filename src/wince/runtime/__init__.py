"""From an image to an assessment, with ONNX models and without torch."""
