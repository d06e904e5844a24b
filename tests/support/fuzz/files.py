"""Damaged manifests of models, tables and labels, read in this process."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.support.fuzz.damage import changed, damaged
from tests.support.fuzz.images import face_jpeg
from tests.support.fuzz.target import Target, check_sentence
from wince.archive import given_split, labels, subject_groups
from wince.archive.layouts import known_layouts
from wince.errors import WinceError
from wince.evaluation.prediction_files import read_predictions, read_training_labels
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import starter_folder
from wince.server import schemas


class _InFolder(Target):
    """A target that reads files in a temporary folder."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)

    def close(self) -> None:
        """Remove the folder."""
        self._temporary.cleanup()


class Manifests(_InFolder):
    """Loads a model with a damaged model.json and assesses a face with it."""

    def __init__(self) -> None:
        """Link the packaged model into a folder."""
        super().__init__()
        (self.folder / "model.onnx").symlink_to(starter_folder() / "model.onnx")
        self._text = (starter_folder() / "model.json").read_bytes()
        self._manifest = json.loads(self._text)
        self._face = face_jpeg()

    def attempt(self, number: int) -> str:
        """Load manifest `number`."""
        random = Random(number)
        if random.randrange(4):
            data = json.dumps(changed(self._manifest, random)).encode()
        else:
            data = damaged([self._text], random)
        (self.folder / "model.json").write_bytes(data)
        try:
            assessor = Assessor(self.folder)
            score = assessor.estimator.calibration(3.0)
            json.dumps(assessor.assess(self._face).to_dict(), allow_nan=False)
        except WinceError as error:
            return check_sentence(error)
        low, high = score.interval
        assert score.scale.low <= low <= score.score <= high <= score.scale.high
        assert score.confidence is None or 0 <= score.confidence <= 1
        schemas.describe_model(assessor.estimator.manifest).model_dump_json()
        return "assessed"


_TABLES = (
    b"image,subject,pspi,sequence,frame,au4,au6,au7,au9,au10,au43,vas,box,sex\n"
    b"a.png,1,4,s,1,1,1,0,1,0,1,3,0 0 9 9,f\nb.png,2,0,s,2,,,,,,,,,m\n",
    b"image;subject;pspi\na.png;eins;1,5\nb.png;zwei;2,5\n",
    b'sep=;\nImage;Subject;PSPI\n"a";"=1+1";0\n',
    b"subject,sequence,frame,pspi,predicted,low,high,p_none,p_mild,p_moderate,p_severe,fold,vas\n"
    b"1,a,1,4,3.5,2,5,.1,.6,.2,.1,1,2\n2,a,1,0,.5,0,1,.9,.1,0,0,2,\n3,b,1,9,,,,,,,,2,\n",
    b"subject,split,fold\n1,train,1\n2,test,2\n3,val,\n",
    b"image_path,split\ns1/a.png,train\ns2/b.png,test\n",
    b"subject,age,sex\n1,30,f\n2,40,m\n",
    "image,subject,pspi\né.png,ü,3\n".encode("utf-16"),
    b"image,subject,expression,au4_a,au6_a,au7_a,au9_a,au10_a,au43_a,quality_a,au4_b,au6_b,au7_b,"
    b"au9_b,au10_b,au43_b,quality_b,box\na.png,1,calm,0,1,0,0,0,0,2,0,0,1,0,0,0,2,0 0 9 9\n",
)


class Tables(_InFolder):
    """Reads damaged CSV files with everything that reads CSV files."""

    def __init__(self) -> None:
        """Make an archive whose table is damaged."""
        super().__init__()
        (self.folder / "images").mkdir()
        self._path = self.folder / "ratings.csv"
        self._readers: dict[str, Callable[[], object]] = {
            "archive": lambda: _read_archive(self.folder),
            "predictions": lambda: read_predictions(self._path),
            "training labels": lambda: read_training_labels(self._path),
            "split": lambda: given_split.read(self._path),
            "groups": lambda: subject_groups.read(self._path),
        }

    def attempt(self, number: int) -> str:
        """Read table `number`."""
        self._path.write_bytes(damaged(_TABLES, Random(number)))
        ends = []
        for name, read in self._readers.items():
            try:
                read()
                ends.append(f"{name} read")
            except WinceError as error:
                check_sentence(error)
        return ", ".join(ends) or "refused"


_LABELS = {
    "Frame_Labels/PSPI/s/q/f_facs.txt": b"  4.0000000e+00\n",
    "Frame_Labels/FACS/s/q/f_facs.txt": b"  4.0e+00  3.0e+00  1.0e+00  9.0e+00\n 43 0 0 0\n",
    "Sequence_Labels/VAS/s/q.txt": b"  5.0e+00\n",
    "annotations/f_pain_1_annotations.json": json.dumps(
        {"PSPI": 4, "AU4": 3, "AU6": 0.0, "AU7": 0, "AU9": 0, "AU10": 0, "AU43": 1}
    ).encode(),
}


class Labels(_InFolder):
    """Reads archives with a damaged label file."""

    def __init__(self) -> None:
        """Make an archive in the layout of UNBC-McMaster and one like 3D-Pain."""
        super().__init__()
        images = ("unbc/Images/s/q/f.png", "3d/meshes_inpainted/f_pain_1_textured_view_0.jpg")
        self._files = {
            self.folder / ("3d" if name.endswith(".json") else "unbc") / name: content
            for name, content in _LABELS.items()
        }
        for path in (*self._files, *(self.folder / image for image in images)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._files.get(path, b""))

    def attempt(self, number: int) -> str:
        """Read an archive with label file `number`."""
        random = Random(number)
        path = random.choice(list(self._files))
        path.write_bytes(damaged([self._files[path], *self._files.values()], random))
        try:
            return _read_archive(self.folder / path.relative_to(self.folder).parts[0])
        finally:
            path.write_bytes(self._files[path])


def _read_archive(folder: Path) -> str:
    """Read every file and label of an archive, and return how many are valid and invalid."""
    layout, base = known_layouts.recognise(folder)
    layout.notes(base)
    count, invalid = 0, 0
    for file in layout.files(base):
        count += 1
        try:
            if file.label:
                layout.read_label(base, file)
        except labels.BadLabelError as error:
            assert str(error)
            invalid += 1
    return f"{min(count, 3)} labels, {min(invalid, 3)} invalid"
