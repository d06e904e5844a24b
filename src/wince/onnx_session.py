"""ONNX sessions: one thread each, and nothing reported to anybody."""

from pathlib import Path

import onnxruntime
from onnxruntime import InferenceSession

from wince import files
from wince.errors import ModelError

onnxruntime.disable_telemetry_events()


def open_session(path: Path, *, sha256: str | None = None, threads: int = 1) -> InferenceSession:
    """Return a CPU session for an ONNX file; raise ModelError when it cannot be loaded.

    sha256: the file's digest in hexadecimal, where it is known; a file with another one is refused,
    so that damage which leaves a network that still runs is noticed.

    One thread that does not spin is steadier than many when several sessions or programs share
    the machine; the caller runs sessions side by side instead.
    """
    if not path.is_file():
        raise ModelError(
            f"There is no model file at {path}. Check the path, or install wince again."
        )
    if sha256 is not None:
        _check_digest(path, sha256)
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


def _check_digest(path: Path, expected: str) -> None:
    found = files.sha256(path)
    if found != expected:
        raise ModelError(
            f"{path} is not the file that belongs here (sha256 {found[:12]}…, expected "
            f"{expected[:12]}…). It is damaged or was replaced: copy it or export the model again, "
            "with its model.json, or install wince again."
        )
