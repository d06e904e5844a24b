"""wince measures the expression of pain in a face.

    import wince
    print(wince.assess("photo.jpg").level)

Research software, not a medical device. It scores expression, not experience.
"""

import os

# Libraries read these variables when they are first imported, so they are set before any import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # huggingface_hub, with which timm downloads weights

from typing import TYPE_CHECKING, Any

from wince.errors import WinceError

if TYPE_CHECKING:
    from wince.runtime.assessment import Assessment
    from wince.runtime.assessor import Assessor, assess

__version__ = "0.1.0"
__all__ = ["Assessment", "Assessor", "WinceError", "__version__", "assess"]

_MODULE_OF_NAME = {
    "Assessment": "wince.runtime.assessment",
    "Assessor": "wince.runtime.assessor",
    "assess": "wince.runtime.assessor",
}  # imported on first use, so that `import wince` stays fast


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF_NAME:
        raise AttributeError(f"module 'wince' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_MODULE_OF_NAME[name]), name)
