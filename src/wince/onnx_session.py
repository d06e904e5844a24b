"""Open ONNX files with onnxruntime, on one CPU thread and with telemetry turned off."""

import hashlib
import stat
from pathlib import Path

import onnxruntime
from onnxruntime import InferenceSession

from wince import onnx_graph
from wince.errors import ModelError
from wince.files import file_type

onnxruntime.disable_telemetry_events()

MAX_BYTES = 2**30
"""Bytes of a model with its weights. The packaged one has 11 MB, ResNet-18 45 MB."""


def open_session(
    path: Path, *, sha256: str | None = None, threads: int = 1, sizes_vary: bool = False
) -> InferenceSession:
    """Return a CPU session for an ONNX file.

    Args:
        path: The ONNX file.
        sha256: Expected digest in hexadecimal, if known. It finds damage that leaves a network
            which still runs.
        threads: Threads for one run. One thread that does not spin has the steadiest run time when
            several sessions or programs share the machine. Callers run sessions in parallel.
        sizes_vary: Whether inputs have many sizes. Then onnxruntime does not plan its memory by the
            first one, which takes less of it.

    Raises:
        ModelError: The file is missing, has another digest, is not a loadable model, or has what
            `onnx_graph.reason_to_refuse` lists.
    """
    if file_type(path) != stat.S_IFREG:
        raise ModelError(
            f"There is no model file at {path}. Check the path, or install wince again."
        )
    _check(path, sha256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = not sizes_vary
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")  # what was checked
    options.log_severity_level = 3
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base class
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{path} is not a model that onnxruntime can load ({reason}). "
            "The file may be damaged: copy or export it again."
        ) from error


def _check(path: Path, sha256: str | None) -> None:
    """Raise ModelError unless the file has the digest, if one is given, and may be loaded."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ModelError(
                f"{path} has {size / 2**30:.1f} GB, more than {MAX_BYTES / 2**30:.0f} GB, so "
                "loading it may take very long. Export a smaller network."
            )
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and digest != sha256:
        raise ModelError(
            f"{path} is not the expected file (sha256 {digest[:12]}…, expected "
            f"{sha256[:12]}…). It is damaged or was replaced. Copy it or export the model again, "
            "with its model.json, or install wince again."
        )
    try:
        reason = onnx_graph.reason_to_refuse(content)
    except ValueError as error:
        raise ModelError(
            f"{path} is not an ONNX model ({error}). The file may be damaged: copy or export it "
            "again."
        ) from error
    if reason:
        raise ModelError(
            f"{path} {reason}. Expected a plain network in one file: export the model again with "
            "`wince export`."
        )
