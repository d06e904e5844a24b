"""Count what a preparation kept and left out: the content of report.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wince.archive import checks
from wince.archive.balanced_split import PARTS
from wince.archive.frame_database import FrameDatabase
from wince.archive.frame_file import RATINGS
from wince.scale import Scale

EXAMPLES = 3  # frames named for each reason; excluded.csv names all


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a run, all of kept frames except `files`, `checks` and `examples`.

    docs/prepare.md describes the counts where it describes report.json.

    Attributes:
        files: Files in the archive.
        checks: See `check_counts`.
        examples: For each reason the first few frames that were left out.
        histogram: Frames by label, rounded half up to `Scale.bin_width`, the whole range.
        subjects: Counts of each subject.
        parts: Counts of each part of the split.
        unassigned: Frames in no part.
        folds: Counts of each fold.
        groups: Counts of each value of each group column.
        labels: Frames with action units and with doubtful labels; whether labels rate sequences.
        doubts: The first few different doubts about labels.
        remarks: The first few different problems with ratings.
        image_warnings: Frames by what of their images could not be read as it was meant.
        ratings: Number of sequences with each rating.
        faces: Frames with and without a face.
        crops: Number, size and sides of the crops.
        duplicates: Images that occur in more than one sequence.
        recordings: What is known of each video, with its kept frames and faces.
        scale: The scale of the labels.
    """

    files: int
    checks: list[dict[str, Any]]
    examples: dict[str, list[dict[str, Any]]]
    histogram: dict[str, int]
    subjects: list[dict[str, Any]]
    parts: dict[str, dict[str, Any]]
    unassigned: int
    folds: dict[str, dict[str, Any]]
    groups: dict[str, dict[str, dict[str, int]]]
    labels: dict[str, Any]
    doubts: list[str]
    remarks: list[str]
    image_warnings: dict[str, int]
    ratings: dict[str, int]
    faces: dict[str, Any]
    crops: dict[str, Any]
    duplicates: dict[str, int]
    recordings: list[dict[str, Any]]
    scale: Scale

    @property
    def kept(self) -> int:
        """Frames that passed every check."""
        return int(self.checks[-1]["kept"])


def summarise(
    database: FrameDatabase, groups: Sequence[str], recordings: Sequence[Mapping[str, Any]] = ()
) -> Summary:
    """Return the counts of a finished run.

    Args:
        database: The frames, with their parts and folds.
        groups: Names of the group columns.
        recordings: What the layout states of each video, see `Recording`.
    """
    return Summary(
        files=database.only_row("SELECT count(*) FROM frame")[0],
        checks=check_counts(database),
        examples=_left_out_examples(database),
        histogram=_histogram(database),
        subjects=_subjects(database),
        parts={part: _describe_part(database, "part", part) for part in PARTS},
        unassigned=database.only_row("SELECT count(*) FROM kept WHERE part = ''")[0],
        folds={
            fold: _describe_part(database, "fold", fold)
            for (fold,) in database.rows(
                "SELECT DISTINCT fold FROM kept WHERE fold != '' ORDER BY fold + 0, fold"
            )
        },
        groups={name: _group(database, place) for place, name in enumerate(groups)},
        labels=_labels(database, recordings),
        doubts=_first_texts(database, "doubt"),
        remarks=_first_texts(database, "remark"),
        image_warnings=dict(
            database.rows(
                "SELECT image_warning, count(*) FROM kept WHERE image_warning != '' "
                "GROUP BY image_warning ORDER BY min(number)"
            )
        ),
        ratings=_rated_sequences(database),
        faces=_faces(database),
        crops=_crops(database),
        duplicates=_duplicates(database),
        recordings=_recordings(database, recordings),
        scale=database.scale,
    )


def check_counts(database: FrameDatabase) -> list[dict[str, Any]]:
    """Return for each check, in order, how many frames it left out and how many were kept."""
    left_out = dict(database.rows("SELECT reason, count(*) FROM frame GROUP BY reason"))
    kept = sum(left_out.values())
    counts = []
    for check in checks.of_scale(database.scale):
        failed = left_out.get(check.reason, 0)
        kept -= failed
        counts.append(
            {
                "reason": check.reason,
                "passes": check.passes,
                "of_report": check.of_report,
                "left_out": failed,
                "kept": kept,
            }
        )
    return counts


def _left_out_examples(database: FrameDatabase) -> dict[str, list[dict[str, Any]]]:
    """Return the first frames of each reason that left out any."""
    examples: dict[str, list[dict[str, Any]]] = {}
    for check in checks.of_scale(database.scale):
        for path, detail, label_path, line in database.rows(
            "SELECT name, detail, label, nullif(line, 0) FROM frame WHERE reason = ? "
            "ORDER BY number LIMIT ?",
            check.reason,
            EXAMPLES,
        ):
            example = {"path": path, "detail": detail, "label_path": label_path, "line": line}
            examples.setdefault(check.reason, []).append(example)
    return examples


def _histogram(database: FrameDatabase) -> dict[str, int]:
    scale, width = database.scale, database.scale.bin_width
    counts = dict(
        database.rows(
            "SELECT CAST((score - ?1) / ?2 + 0.5 AS INTEGER), count(*) FROM kept GROUP BY 1",
            scale.low,
            width,
        )
    )
    bins = round(scale.span / width) + 1
    return {f"{scale.low + number * width:g}": counts.get(number, 0) for number in range(bins)}


def _level_counts(database: FrameDatabase) -> str:
    """Return the SQL expressions that count the frames of each level."""
    return "".join(f", ifnull(sum(level = {number}), 0)" for number in range(database.level_count))


def _by_level(database: FrameDatabase, counts: Sequence[int]) -> dict[str, int]:
    """Return frames by level, {} for a scale without levels."""
    levels = database.scale.levels
    return dict(zip(map(str, levels), counts, strict=True)) if levels else {}


def _subjects(database: FrameDatabase) -> list[dict[str, Any]]:
    """Return the counts of each subject, sorted by name."""
    subjects: list[dict[str, Any]] = []
    for row in database.rows(
        f"SELECT subject, count(*), count(DISTINCT sequence), sum({database.is_pain}), "  # noqa: S608 - our text
        f"max(score), sum(crop != ''), group_concat(DISTINCT part), min(fold)"
        f"{_level_counts(database)} FROM kept GROUP BY subject ORDER BY subject"
    ):
        subject, frames, sequences, pain, highest, faces, parts, fold, *levels = row
        subjects.append(
            {
                "subject": subject,
                "frames": frames,
                "sequences": sequences,
                "pain_frames": pain,
                "pain_share": pain / frames,
                f"highest_{database.scale.column}": highest,
                "levels": _by_level(database, levels),
                "faces_found": faces,
                "split": " ".join(part for part in PARTS if part in (parts or "").split(",")),
                "fold": fold,
            }
        )
    return subjects


def _describe_part(
    database: FrameDatabase, column: Literal["part", "fold"], value: str
) -> dict[str, Any]:
    """Return frames, subjects and levels of one part or one fold."""
    frames, subjects, pain, *levels = database.only_row(
        f"SELECT count(*), count(DISTINCT subject), ifnull(sum({database.is_pain}), 0)"  # noqa: S608 - our text
        f"{_level_counts(database)} FROM kept WHERE ? = iif(? = 'part', part, fold)",
        value,
        column,
    )
    return {
        "frames": frames,
        "subjects": subjects,
        "pain_frames": pain,
        "levels": _by_level(database, levels),
    }


def _group(database: FrameDatabase, place: int) -> dict[str, dict[str, int]]:
    """Return frames, subjects and frames with pain for each value of a group column."""
    return {
        value: {"frames": frames, "subjects": subjects, "pain_frames": pain}
        for value, frames, subjects, pain in database.rows(
            "SELECT json_extract(cells, ?) AS value, count(*), count(DISTINCT subject), "  # noqa: S608 - our text
            f"sum({database.is_pain}) FROM kept GROUP BY value ORDER BY value",
            f"$.groups[{place}]",
        )
    }


def of_sequences(scale: Scale, recordings: Sequence[Mapping[str, Any]] = ()) -> bool:
    """Return whether labels on a scale are those of whole sequences, for some of them at least."""
    if recordings:
        return any(entry["of_video"] for entry in recordings)
    return scale.name.lower() in RATINGS


def _labels(database: FrameDatabase, recordings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    units, doubtful = database.only_row(
        "SELECT ifnull(sum(units), 0), ifnull(sum(doubt != ''), 0) FROM kept"
    )
    (left_out,) = database.only_row(
        "SELECT count(*) FROM frame WHERE reason = ?", checks.AGREES.reason
    )
    return {
        "of_sequences": of_sequences(database.scale, recordings),
        "with_action_units": units,
        "doubtful": doubtful,
        "doubtful_left_out": left_out,
    }


def _first_texts(database: FrameDatabase, column: Literal["doubt", "remark"]) -> list[str]:
    """Return the first few different texts of a column, of kept and left out frames."""
    query = (
        "SELECT iif(? = 'doubt', doubt, remark) AS text FROM frame WHERE text != '' "
        "GROUP BY text ORDER BY min(number) LIMIT ?"
    )
    return [text for (text,) in database.rows(query, column, EXAMPLES)]


def _rated_sequences(database: FrameDatabase) -> dict[str, int]:
    """Return how many sequences have each rating."""
    return {
        name: database.only_row(
            "SELECT count(DISTINCT subject || char(0) || sequence) FROM kept "
            "WHERE json_extract(cells, ?) IS NOT NULL",
            f"$.{name}",
        )[0]
        for name in RATINGS
    }


def _faces(database: FrameDatabase) -> dict[str, Any]:
    kept, with_face = database.only_row("SELECT count(*), ifnull(sum(crop != ''), 0) FROM kept")
    return {
        "found": with_face,
        "missing": kept - with_face,
        "coverage": with_face / kept if kept else None,
    }


def _crops(database: FrameDatabase) -> dict[str, Any]:
    count, size = database.only_row(
        "SELECT count(*), ifnull(sum(crop_bytes), 0) FROM kept WHERE crop != ''"
    )
    sides = database.rows(
        "SELECT crop_side, count(*) FROM kept WHERE crop != '' GROUP BY 1 ORDER BY 1"
    )
    return {
        "count": count,
        "bytes": size,
        "megabytes_per_10000": size / count / 100 if count else None,
        "sides": {str(side): frames for side, frames in sides},
    }


def _recordings(
    database: FrameDatabase, recordings: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the recordings with the numbers of kept frames and of faces."""
    counts = {
        video: {"kept": kept, "faces_found": faces}
        for video, kept, faces in database.rows(
            "SELECT video, count(*), sum(crop != '') FROM kept WHERE video != '' GROUP BY video"
        )
    }
    nothing = {"kept": 0, "faces_found": 0}
    return [{**entry, **counts.get(entry["video"], nothing)} for entry in recordings]


def _duplicates(database: FrameDatabase) -> dict[str, int]:
    """Return how many images occur in more than one sequence, and in how many frames."""
    images, frames, subjects, parts = database.only_row(
        "SELECT count(*), ifnull(sum(n), 0), ifnull(sum(s > 1), 0), ifnull(sum(p > 1), 0) FROM "
        "(SELECT count(*) AS n, count(DISTINCT subject) AS s, count(DISTINCT part) AS p "
        "FROM kept GROUP BY digest "
        "HAVING count(DISTINCT subject || char(0) || sequence) > 1)"
    )
    return {
        "pictures": images,
        "frames": frames,
        "pictures_across_subjects": subjects,
        "pictures_across_parts": parts,
    }
