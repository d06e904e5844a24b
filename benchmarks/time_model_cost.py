"""Time of one step of each model of time, as a share of the network's time for one face.

    python -m benchmarks.time_model_cost [MODEL]

Both run in onnxruntime on one thread, in turns, in one process. The weights are random: they do not
change the time.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

from wince import onnx_session
from wince.runtime.estimator import Estimator
from wince.runtime.network_outputs import OUTPUT_COUNTS
from wince.training.over_time.time_export import write_onnx
from wince.training.over_time.time_network import KINDS, TimeNetwork
from wince.training.over_time.time_settings import WINDOW

ROUNDS, STEPS = 40, 20
FEATURES = 512
BUDGET = 0.3
"""Milliseconds a frame on one core."""


def main() -> None:
    """Print a line for each model of time."""
    estimator = Estimator(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    size = estimator.spec.size
    crop = np.full((1, size, size, 3), 128, np.uint8)
    for kind in KINDS:
        network = TimeNetwork(kind, FEATURES, OUTPUT_COUNTS["action-units"], WINDOW).eval()
        with tempfile.TemporaryDirectory() as folder:
            write_onnx(network, Path(folder) / "time.onnx")
            session = onnx_session.open_session(Path(folder) / "time.onnx")
            size_mb = (Path(folder) / "time.onnx").stat().st_size / 1e6
        inputs = {
            "features": np.zeros((1, FEATURES), np.float32),
            "state": np.zeros((1, network.state_size), np.float32),
        }
        of_network, of_step = [], []
        for _ in range(ROUNDS):
            start = process_time()
            estimator(crop)
            middle = process_time()
            for _ in range(STEPS):
                session.run(None, inputs)
            of_network.append((middle - start) * 1000)
            of_step.append((process_time() - middle) * 1000 / STEPS)
        step, whole = median(of_step), median(of_network)
        print(
            f"{kind}: {step:.3f} ms a frame (budget {BUDGET}), {step / whole:.4f} of the network's "
            f"{whole:.1f} ms, {size_mb:.2f} MB"
        )


if __name__ == "__main__":
    main()
