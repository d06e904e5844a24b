"""A prepared folder opened for a model: checked, and down to the frames that can be shown."""

from dataclasses import dataclass
from pathlib import Path

from wince.archive.manifest import PreparedFolder, open_prepared
from wince.faces.spec import FaceSpec
from wince.training import pixel_cache
from wince.training import prepared as frames
from wince.training.prepared import Frames


@dataclass(frozen=True, slots=True)
class Loaded:
    """A prepared folder that has been checked, and those of its frames that a spec can show.

    without_face: how many frames are left out because no face was found.
    """

    prepared: PreparedFolder
    frames: Frames
    without_face: int


def open_folder(folder: Path, spec: FaceSpec) -> Loaded:
    """Return a prepared folder ready to train on.

    Raises DataError when it is none, was changed, names missing pictures, or holds crops for
    another FaceSpec.
    """
    prepared = open_prepared(folder)
    everything = frames.read(prepared)
    pixel_cache.check_spec(prepared, spec)
    kept = frames.usable(everything, spec)
    frames.check_pictures(prepared, kept, spec)
    frames.check_labels(prepared, everything)
    return Loaded(prepared, kept, len(everything) - len(kept))
