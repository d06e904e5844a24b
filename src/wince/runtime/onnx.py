"""ONNX sessions: one thread each, and nothing reported to anybody."""

from pathlib import Path

import onnxruntime
from onnxruntime import InferenceSession

from wince.errors import ModelError

onnxruntime.disable_telemetry_events()


def session(path: Path, *, threads: int = 1) -> InferenceSession:
    """Return a CPU session for an ONNX file; raise ModelError when it cannot be loaded.

    One thread that does not spin is steadier than many when several sessions or programs share
    the machine; the caller runs sessions side by side instead.
    """
    if not path.is_file():
        raise ModelError(
            f"There is no model file at {path}. Check the path, or install wince again."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class of their own
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{path} is not a model that onnxruntime can load ({reason}). "
            "The file may be damaged: copy or export it again."
        ) from error
