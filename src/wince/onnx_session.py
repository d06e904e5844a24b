"""Open ONNX files with onnxruntime, on one CPU thread and with telemetry turned off.

A small file can describe a network that takes hours to load or hundreds of gigabytes to run. So
what does not come with wince has limits of time and memory.
"""

import hashlib
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import onnxruntime
from numpy.typing import NDArray
from onnxruntime import InferenceSession, RunOptions, SessionOptions

from wince import onnx_graph
from wince.errors import ModelError
from wince.files import file_type

onnxruntime.disable_telemetry_events()

MAX_BYTES = 2**30
"""Bytes of a model with its weights. The packaged one has 11 MB, ResNet-18 45 MB."""
MAX_RUN_BYTES = 3 * 2**30
"""Memory that all networks together may take which do not come with wince."""
MAX_FOLDED_BYTES = 2**16
"""Largest constant that onnxruntime may compute while it loads such a network, at least."""
WIDEST_CAST = 8
"""Weights of one byte become at most numbers of eight. onnxruntime 1.28 ends the process when it
may not convert a stored weight, so what the file can become is always allowed."""
MAX_SECONDS = 60.0
"""Time for loading such a network, and for its first run. ResNet-18 needs less than a second."""


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
        ModelError: The file is missing, has another digest, is not a loadable model, takes too
            long to load, or has what `onnx_graph.reason_to_refuse` lists.
    """
    if file_type(path) != stat.S_IFREG:
        raise ModelError(
            f"There is no model file at {path}. Check the path, or install wince again."
        )
    _check(path, sha256)
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = not sizes_vary
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")  # what was checked
    # Processors with AVX2 but without VNNI saturate sums of 8-bit products, which moved PSPI by up
    # to 1.0 on 21 faces. Exact sums give the same numbers on all machines, and in browsers.
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 3
    if not path.resolve().is_relative_to(_packaged_models()):
        _limit_memory(options, path.stat().st_size)
    start = time.monotonic()
    try:
        with _time_limit(lambda: options.set_load_cancellation_flag(True)):
            session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base class
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "MODEL_LOAD_CANCELED" in reason:
            raise _slow_model(path) from error
        raise ModelError(
            f"{path} is not a model that onnxruntime can load ({reason}). "
            "The file may be damaged: copy or export it again."
        ) from error
    # onnxruntime looks at the flag between the stages of loading, so the last stages ignore it.
    if time.monotonic() - start > MAX_SECONDS:
        raise _slow_model(path)
    return session


def first_run(session: InferenceSession, inputs: dict[str, NDArray[Any]]) -> list[Any]:
    """Return the outputs of a network that has not run before, within MAX_SECONDS.

    Raises:
        Exception: The network fails, takes too long or too much memory. The errors of onnxruntime
            have no common base class.
    """
    options = RunOptions()
    with _time_limit(lambda: setattr(options, "terminate", True)):
        return list(session.run(None, inputs, options))


def _slow_model(path: Path) -> ModelError:
    return ModelError(
        f"{path} takes more than {MAX_SECONDS:g} seconds to load. Expected a plain network "
        "without large computations of constants: export the model again with `wince export`."
    )


@contextmanager
def _time_limit(cancel: Callable[[], object]) -> Iterator[None]:
    """Call a function if the block takes more than MAX_SECONDS."""
    timer = threading.Timer(MAX_SECONDS, cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@cache
def _packaged_models() -> Path:
    return Path(str(resources.files("wince.models"))).resolve()


def _limit_memory(options: SessionOptions, file_size: int) -> None:
    """Limit the memory for computing constants and for running a network."""
    _add_limited_allocator()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.add_session_config_entry(
        "optimization.constant_folding_max_output_size_in_bytes",
        str(max(MAX_FOLDED_BYTES, WIDEST_CAST * file_size)),
    )


@cache
def _add_limited_allocator() -> None:
    """Give onnxruntime an allocator for the sessions that ask for it, one in this process."""
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu",
        onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
        0,
        onnxruntime.OrtMemType.DEFAULT,
    )
    arena = onnxruntime.OrtArenaCfg({"max_mem": MAX_RUN_BYTES})
    onnxruntime.create_and_register_allocator(memory, arena)


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
