"""Tables of action units of other programs: recognised, read, scored, and refused with a reason."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince import cli, scale
from wince.errors import DataError
from wince.unit_tables import scores_file, table
from wince.unit_tables.scores import INDEX, PSPI, score
from wince.unit_tables.tools import TOOLS, Tool

NUMBERS = (4, 6, 7, 9, 10)
OPENFACE_HEAD = "frame, face_id, timestamp, confidence, success, " + ", ".join(
    [*(f"AU{number:02}_r" for number in NUMBERS), "AU04_c", "AU45_c"]
)
FACEREADER_NAMES = (
    "Action Unit 04 - Brow Lowerer",
    "Action Unit 06 - Cheek Raiser",
    "Action Unit 07 - Lid Tightener",
    "Action Unit 09 - Nose Wrinkler",
    "Action Unit 10 - Upper Lip Raiser",
    "Action Unit 43 - Eyes Closed",
)
FACEREADER_HEAD = "\t".join(["Video Time", "Neutral", *FACEREADER_NAMES])
PYFEAT_HEAD = "frame,FaceScore," + ",".join(f"AU{number:02}" for number in (*NUMBERS, 43))
FACET_HEAD = "\t".join(
    ["StudyName", "EventSource", "Timestamp", "FrameNo"]
    + [f"AU{number} Evidence" for number in (*NUMBERS, 43)]
)
AFFDEX_NAMES = (
    "Brow Furrow",
    "Cheek Raise",
    "Lid Tighten",
    "Nose Wrinkle",
    "Upper Lip Raise",
    "Eye Closure",
)


@pytest.fixture
def run_wince(capsys):
    def run(*arguments):
        status = cli.main(arguments)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="s1.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def openface(frame, units=(0, 0, 0, 0, 0), *, closed=0, success=1, face=0):
    cells = [frame, face, (frame - 1) * 0.04, 0.98, success, *units, 0, closed]
    return ", ".join(map(str, cells))


def scored(path, **options):
    return score(table.read(path, **options))


def test_openface_gives_pspi_with_the_higher_unit_of_each_pair(write):
    path = write(OPENFACE_HEAD, openface(1, (1, 2, 3, 0.5, 0)), openface(2, (5, 5, 5, 5, 5)))
    result = scored(path)
    assert (result.name, result.maximum, result.missing) == (PSPI, 16, ())
    assert result.values == (1 + 3 + 0.5, 15)


def test_frames_in_which_openface_found_no_face_have_no_score(write):
    path = write(OPENFACE_HEAD, openface(1, success=0), openface(2))
    read = table.read(path)
    assert [row.reason for row in read.rows] == ["no face", None]
    assert score(read).values == (None, 0)


@pytest.mark.parametrize(("frames", "counts"), [(12, False), (13, True)])
def test_a_closure_counts_from_half_a_second_on_and_then_from_its_beginning(write, frames, counts):
    rows = [openface(1), *(openface(2 + n, closed=1) for n in range(frames)), openface(2 + frames)]
    result = scored(write(OPENFACE_HEAD, *rows))
    assert result.values == (0, *[float(counts)] * frames, 0)
    assert result.blinks == (not counts)


def test_facereader_letters_are_facs_intensities(write):
    path = write(
        "Video analysis detailed log",
        "Face Model:\tGeneral",
        "Date:\t2026-03-02",
        "",
        FACEREADER_HEAD,
        "00:00:00.000\t0.9\tA\tNotActive\tB\tC\tD\tNotActive",
        "00:00:00.040\t0.9\tE\tE\tE\tE\tE\tE",
        "00:00:01.000\t0.9\tNotActive\tNotActive\tNotActive\tNotActive\tNotActive\tA",
        "00:00:01.040" + "\tFIT_FAILED" * 7,
        "00:00:01.080" + "\tFIND_FAILED" * 7,
        name="p01.txt",
    )
    read = table.read(path)
    result = score(read)
    assert result.name == PSPI
    # The eyes are closed from .04 to 1.04 s, so they count.
    assert result.values == (1 + 2 + 4, 16, 1, None, None)
    assert [row.reason for row in read.rows[3:]] == ["not judged by the program", "no face"]
    assert [row.seconds for row in read.rows[:3]] == [0, 0.04, 1]
    assert [row.frame for row in read.rows] == [1, 2, 3, 4, 5]


def test_the_stronger_side_of_facereader_counts(write):
    sides = [f"{name} - {side}" for name in FACEREADER_NAMES for side in ("Left", "Right")]
    path = write("\t".join(["Video Time", *sides]), "0:00.000\t" + "\t".join(["A", "C"] * 6))
    assert scored(path).units[0]["AU4"] == 3


def test_numbers_of_facereader_need_their_range(write):
    path = write(FACEREADER_HEAD, "00:00:00.000\t0.9\t0.5\t0\t0.25\t0\t1\t0")
    with pytest.raises(DataError, match=r"--unit-range 0-5 .* --unit-range 0-1"):
        table.read(path)
    assert scored(path, unit_range="0-5").name == PSPI
    index = scored(path, unit_range="0-1")
    assert (index.name, index.maximum, index.values) == (INDEX, 4, (1.75,))


def test_letters_and_numbers_in_one_table_are_refused(write):
    path = write(FACEREADER_HEAD, "0:00.0\t0\tA\tA\tA\tA\tA\tA", "0:00.1\t0\t0.3\t0\t0\t0\t0\t0")
    with pytest.raises(DataError, match="letters in some rows and numbers in others"):
        table.read(path)


def test_libreface_gives_an_index_without_the_missing_units(write):
    head = "frame_idx,frame_time_in_ms,au_4,au_7,au_10,au_4_intensity,au_6_intensity,au_9_intensity"
    path = write(head, "0,0,1,1,0,2.5,1,0", "1,40,1,1,0,5,5,5")
    result = scored(path)
    assert (result.name, result.maximum) == (INDEX, 15)
    assert result.missing == ("AU7", "AU10", "AU43")
    assert result.values == (3.5, 15)
    low = write(head, "0,0,1,1,0,0.5,1,0", name="low.csv")
    with pytest.raises(DataError, match="LibreFace does not say of which range"):
        table.read(low)


def test_probabilities_of_py_feat_are_an_index_and_not_pspi(write):
    path = write(PYFEAT_HEAD, "0,0.99,0.9,0.2,0.4,0.1,0.3,0.05", "1,,,,,,,", "2,0.9" + ",nan" * 6)
    read = table.read(path)
    result = score(read)
    assert (result.name, result.maximum) == (INDEX, 4)
    assert result.values[0] == pytest.approx(0.9 + 0.4 + 0.3 + 0.05)
    assert result.values[1:] == (None, None)
    assert "UNBC" in read.tool.caution


def test_facet_counts_units_that_are_there_and_skips_rows_of_other_instruments(write):
    above = ["Study: pain", "Respondent: 7", "", "#METADATA", "#DATA"]
    path = write(
        *above,
        FACET_HEAD,
        "pain\tFACET\t0\t1\t1.2\t-0.5\t0.1\t-2\t-3\t-4",
        "pain\tTobii\t5\t\t\t\t\t\t\t",
        "pain\tFACET\t33\t2\t-1\t-1\t-1\t-1\t-1\t-1",
        name="r7.txt",
    )
    read = table.read(path)
    result = score(read)
    assert (result.name, result.maximum, result.values) == (INDEX, 4, (2, 0))
    assert [row.line for row in read.rows] == [7, 9]
    assert read.rows[1].seconds == pytest.approx(0.033)


def test_affdex_is_an_index_to_400(write):
    head = ",".join(["Timestamp", "FrameNo", *AFFDEX_NAMES])
    result = scored(write("#INFO", "#Export 9.3", head, "0,1,50,10,20,0,100,0"))
    assert (result.name, result.maximum, result.values) == (INDEX, 400, (170,))


def test_openface_3_is_refused_with_what_it_lacks(write):
    head = ",".join(f"AU{number}" for number in (1, 2, 4, 6, 9, 12, 25, 26))
    with pytest.raises(DataError, match=r"OpenFace 3.*neither AU7, AU10 nor closed eyes"):
        table.read(write(head, ",".join("0" * 8)))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["subject,pspi", "a,1"], "no table of action units was recognised"),
        ([""], "no table of action units was recognised"),
        ([OPENFACE_HEAD], "has no rows"),
        ([OPENFACE_HEAD, openface(1, (6, 0, 0, 0, 0))], r"line 2: expected AU4 from 0 to 5"),
        ([OPENFACE_HEAD, openface(1, ("x", 0, 0, 0, 0))], r"line 2: expected a number as AU4"),
        ([OPENFACE_HEAD, openface(1.5)], "a whole number as the frame"),
        ([OPENFACE_HEAD, openface(2), openface(1)], r"line 3: the time goes back"),
        (
            [OPENFACE_HEAD, openface(1), openface(1, face=1)],
            r"faces 0, 1 .* choose one with --face",
        ),
        ([PYFEAT_HEAD, "0,0.9,1.2,0,0,0,0,0"], "expected AU4 from 0 to 1"),
        ([FACEREADER_HEAD, "soon\t0" + "\tA" * 6], "a time such as 00:01:02.040"),
        ([PYFEAT_HEAD.replace("AU10,", ""), "0" + ",0" * 6], "no table of action units"),
    ],
)
def test_bad_tables_end_in_a_sentence(write, lines, message):
    with pytest.raises(DataError, match=message):
        table.read(write(*lines))


def test_one_of_several_faces_can_be_chosen(write):
    rows = [openface(1, face=0), openface(1, (2, 0, 0, 0, 0), face=1)]
    assert scored(write(OPENFACE_HEAD, *rows), face="1").values == (2,)


@given(
    st.lists(
        st.tuples(*[st.sampled_from("01234")] * 5, st.sampled_from("01")), min_size=1, max_size=30
    )
)
def test_values_are_pspi_of_the_counted_units(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "s.csv"
    lines = [openface(number, row[:5], closed=row[5]) for number, row in enumerate(rows, 1)]
    path.write_text("\n".join([OPENFACE_HEAD, *lines]), encoding="utf-8")
    result = scored(path)
    for value, units in zip(result.values, result.units, strict=True):
        assert value == scale.pspi(units)


@pytest.mark.usefixtures("undrawn_plots")
def test_scores_with_labels_are_read_by_the_evaluation(write, run_wince, tmp_path):
    pytest.importorskip("matplotlib", reason="needs the training extra")
    rng = range(1, 41)
    for name in ("s1", "s2", "s3"):
        write(OPENFACE_HEAD, *(openface(n, (n % 5, 0, 1, 0, 0)) for n in rng), name=f"{name}.csv")
    label_lines = [
        f"{subject},{sequence},{n},{n % 5}"
        for subject, sequence in (("a", "s1"), ("b", "s2"), ("=c", "s3"))
        for n in range(2, 43)
    ]
    labels = write("subject,sequence,frame,pspi", *label_lines, name="labels.csv")
    out = tmp_path / "scores.csv"
    tables = [str(tmp_path / f"s{n}.csv") for n in (1, 2, 3)]
    status, shown, errors = run_wince("score", *tables, "--out", str(out), "--labels", str(labels))
    assert status == 0, errors
    assert "OpenFace" in shown
    assert "pspi, 0 to 16" in shown
    assert "6 labels without a row." in shown
    assert "3 rows without a label." in shown
    evaluation = tmp_path / "evaluation"
    status, shown, errors = run_wince(
        *("evaluate", "--predictions", str(out), "--out", str(evaluation), "--resamples", "0")
    )
    assert status == 0, errors
    assert (evaluation / "metrics.json").exists()


def test_scores_without_labels_have_the_units_and_never_two_kinds_in_a_file(
    write, run_wince, tmp_path
):
    first = write(OPENFACE_HEAD, openface(1, (1, 2, 0, 0, 0)), openface(2, success=0))
    out = tmp_path / "scores.csv"
    status, _, errors = run_wince("score", str(first), "--out", str(out))
    assert status == 0, errors
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["pspi"] for row in rows] == ["3.0", ""]
    assert rows[0]["AU6"] == "2.0"
    assert rows[1]["not_scored"] == "no face"
    assert run_wince("score", str(first), "--out", str(out))[0] == 1  # it exists
    second = write(PYFEAT_HEAD, "0,0.9" + ",0.1" * 6, name="s2.csv")
    status, _, errors = run_wince(
        "score", str(first), str(second), "--out", str(tmp_path / "x.csv")
    )
    assert status == 1
    assert "Score them separately" in errors
    assert not (tmp_path / "x.csv").exists()


def test_labels_of_other_sequences_are_refused(write, tmp_path):
    labels = scores_file.read_labels(
        write("subject,sequence,frame,pspi", "a,other,1,3", name="labels.csv")
    )
    read = table.read(write(OPENFACE_HEAD, openface(1)))
    with pytest.raises(DataError, match=r"No label belongs to a row.*s1.*other"):
        scores_file.write_predictions(tmp_path / "x.csv", [(read, score(read))], labels)
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_table_is_taken_for_one_of_another_program(tool: Tool):
    heads = {
        "OpenFace": OPENFACE_HEAD.lower().split(", "),
        "FaceReader": FACEREADER_HEAD.lower().split("\t"),
        "py-feat": PYFEAT_HEAD.lower().split(","),
        "iMotions FACET": FACET_HEAD.lower().split("\t"),
        "iMotions AFFDEX": [name.lower() for name in AFFDEX_NAMES],
        "LibreFace": ["au_4_intensity", "au_6_intensity", "au_9_intensity"],
    }
    recognised = [name for name, head in heads.items() if tool.columns(head) is not None]
    assert recognised == [tool.name]
