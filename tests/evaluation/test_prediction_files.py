"""Prediction files: what is read, and the messages for files with errors."""

import csv
import io
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince.errors import DataError
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.prediction_files import read_predictions, read_training_labels

HEAD = "subject,sequence,frame,pspi,predicted"
GOOD = f"{HEAD}\na,s1,f1,0,0.25\na,s1,f2,3,2.5\nb,s1,f1,1.2e+01,9\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="predictions.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_plain_file_is_read(write):
    table = read_predictions(write(GOOD))
    assert len(table) == 3
    assert table.subjects == ("a", "b")
    assert table.sequences == ("a/s1", "b/s1")  # the same name under two subjects is two sequences
    assert table.subject.tolist() == [0, 0, 1]
    assert table.sequence.tolist() == [0, 0, 1]
    assert table.pspi.tolist() == [0, 3, 12]
    assert table.predicted.tolist() == [0.25, 2.5, 9]
    assert table.probabilities is table.interval is table.vas is table.overlap is None


def test_rows_without_a_prediction_are_frames_without_a_score(write):
    head = f"{HEAD},p_none,p_mild,p_moderate,p_severe,low,high,milliseconds,fold,not_scored,sex"
    text = (
        f"{head}\nb,s,1,7,,,,,,,,,2,no face found,F\na,s,1,0,1,.7,.2,.1,0,0,1,8,1,,F\n"
        "c,s,1,3,,,,,,,,,,,M\n"
    )
    table = read_predictions(write(text))
    assert (table.subjects, table.pspi.tolist()) == (("a",), [0])
    assert table.unscored.subject.tolist() == ["b", "c"]
    assert table.unscored.pspi.tolist() == [7, 3]
    assert table.unscored.reason.tolist() == ["no face found", "no prediction"]
    assert table.unscored.columns["sex"].tolist() == ["F", "M"]
    assert table.unscored.columns["fold"].tolist() == ["2", "not stated"]
    with pytest.raises(DataError, match=r"line 4 repeats .* of .*line 2"):
        read_predictions(write(f"{HEAD}\nb,s,1,7,\na,s,1,0,1\nb,s,1,7,2\n"))
    with pytest.raises(DataError, match="'01' and '1' differ"):
        read_predictions(write(f"{HEAD}\n01,s,1,7,\n1,s,2,0,1\n"))


def test_columns_may_have_any_order_with_a_byte_order_mark_blank_lines_and_quotes(write):
    text = '\ufeffpredicted, frame ,"subject",pspi,sequence\r\n1.5,1,"Doe, J",2,"s\n1"\r\n\r\n'
    table = read_predictions(write(text))
    assert (table.subjects, table.sequences) == (("Doe, J",), ("Doe, J/s\n1",))
    assert (table.pspi[0], table.predicted[0]) == (2, 1.5)


def test_optional_columns_are_read(write):
    head = (
        f"{HEAD},p_none,p_mild,p_moderate,p_severe,low,high,vas,opr,milliseconds,fold,overlap,sex"
    )
    rows = "a,s,1,0,0,.7,.2,.06,.03,0,1,4,,8,1,yes,F\nb,t,1,1,1,.7,.2,.05,.05,0,2,,2,9,2,0,\n"
    table = read_predictions(write(f"{head}\n{rows}"))
    assert table.probabilities.sum(1) == pytest.approx([1, 1])
    assert table.probabilities[0, 0] == pytest.approx(0.7 / 0.99)
    assert table.interval.tolist() == [[0, 1], [0, 2]]
    assert table.vas == pytest.approx([4, np.nan], nan_ok=True)
    assert table.opr == pytest.approx([np.nan, 2], nan_ok=True)
    assert table.milliseconds.tolist() == [8, 9]
    assert table.overlap.tolist() == [True, False]
    assert table.column("sex").tolist() == ["F", "not stated"]
    assert table.column("fold").tolist() == ["1", "2"]
    with pytest.raises(DataError, match=r"no column 'age' to group by. It has: fold, sex, subject"):
        table.column("age")


SPREADSHEET = "Subject;Sequence;Frame;PSPI;Predicted;VAS;;\n a ;s1;f1;0;0,25;;;\na;s1;f2;3;2,5\n"


@pytest.mark.parametrize(
    "data",
    [
        SPREADSHEET.encode(),
        SPREADSHEET.replace(";", "\t").encode("utf-16"),
        ("sep=;\r\n" + SPREADSHEET).encode("utf-8-sig"),
    ],
    ids=["semicolons", "UTF-16 with tabs", "sep= and byte-order mark"],
)
def test_predictions_are_read_as_spreadsheets_write_them(write, data):
    table = read_predictions(write(data))
    assert (table.subjects, table.predicted.tolist()) == (("a",), [0.25, 2.5])
    assert "decimal comma, such as 0,25" in table.notes[0]


def test_columns_with_other_names_are_read_with_renames(write):
    path = write(GOOD.replace("subject", "Proband"))
    assert read_predictions(path, renames={"proband": "subject"}).subjects == ("a", "b")


@pytest.mark.parametrize("names", [("001", "1"), ("P1", "p1"), ("P 1", "P01"), ("1", "1.0")])
def test_two_spellings_of_one_subject_are_refused_unless_they_differ(write, names):
    path = write(f"{HEAD}\n{names[0]},s,1,0,0\n{names[1]},s,1,0,0\nc,s,1,0,0\n")
    with pytest.raises(DataError, match=f"{names[0]}.* and .*{names[1]}.*--distinct-subjects"):
        read_predictions(path)
    assert len(read_predictions(path, distinct_subjects=True).subjects) == 3


def test_training_labels_without_subjects_have_a_note(write):
    labels = read_training_labels(write("pspi\n1\n"))
    assert labels.subjects is None
    assert "names no subject" in labels.notes[0]


BAD = {
    "missing column": (
        "subject,sequence,frame,pspi\na,s,1,0\n",
        "lacks the column predicted. Expected subject, sequence, frame, pspi, predicted; found",
    ),
    "no row": (f"{HEAD}\n", "has a header but no row"),
    "empty file": ("", "is empty"),
    "blank first line": ("\n" + GOOD, "is empty, or its first line is"),
    "another separator": (GOOD.replace(",", "|"), "line 1: expected columns separated by commas"),
    "column twice": (GOOD.replace("frame", "pspi"), "line 1: the column 'pspi' occurs more"),
    "long row": (GOOD + "c,s,1,0,1,2\n", "line 5: expected 5 values as in the header, found 6"),
    "not a number": (GOOD + "c,s,1,none,0\n", "line 5: pspi is 'none'; expected a number from 0"),
    "prediction in words": (
        GOOD + "c,s,1,0,high\n",
        "line 5: predicted is 'high'; expected a number",
    ),
    "nan": (
        GOOD + "c,s,1,0,nan\n",
        "line 5: predicted is 'nan'; expected a number .* Leave the cell empty",
    ),
    "nan label": (GOOD + "c,s,1,NaN,0\n", "line 5: pspi is 'NaN'; expected a number from 0 to 16"),
    "infinite": (GOOD + "c,s,1,0,inf\n", "line 5: predicted is 'inf'"),
    "underscore": (GOOD + "c,s,1,1_0,0\n", "line 5: pspi is '1_0'"),
    "empty label": (GOOD + "c,s,1,,0\n", "line 5: pspi is ''"),
    "no prediction": (f"{HEAD}\na,s,1,0,\na,s,2,0,\n", "no row has a prediction"),
    "no prediction and no label": (GOOD + "c,s,1,,\n", "line 5: pspi is ''"),
    "a prediction and a reason why there is none": (
        f"{HEAD},not_scored\na,s,1,0,1,\na,s,2,0,1,no face\n",
        "line 3 has a prediction, and in not_scored a reason",
    ),
    "label above the scale": (GOOD + "c,s,1,17,0\n", "line 5: pspi is '17'"),
    "label below the scale": (GOOD + "c,s,1,-1,0\n", "line 5: pspi is '-1'"),
    "no subject": (GOOD + " ,s,1,0,0\n", "line 5: subject is empty; expected a name"),
    "duplicate": (GOOD + "\na,s1,f1,0,1\n", "line 6 repeats .* of .*line 2"),
    "open quote": (GOOD + '"c,s,1,0,0\n', "after line 4: not readable as CSV"),
    "not UTF-8": (GOOD.encode() + b"\xff,s,1,0,0\n", r"is not UTF-8 text \(line 5\)"),
    "three probabilities": (
        "subject,sequence,frame,pspi,predicted,p_none,p_mild,p_severe\na,s,1,0,0,1,0,0\n",
        "lacks the column p_moderate",
    ),
    "probabilities that do not sum to 1": (
        f"{HEAD},p_none,p_mild,p_moderate,p_severe\na,s,1,0,0,.5,.2,.1,.1\n",
        "line 2: p_none, p_mild, p_moderate, p_severe sum to 0.9; expected 1",
    ),
    "interval the wrong way round": (
        f"{HEAD},low,high\na,s,1,0,0,2,1\n",
        "line 2: the interval runs from low 2 to high 1",
    ),
    "VAS off its scale": (f"{HEAD},vas\na,s,1,0,0,11\n", "line 2: vas is '11'; .* from 0 to 10"),
    "VAS that changes": (
        f"{HEAD},vas\na,s,1,0,0,3\na,s,2,0,0,4\n",
        "line 3: vas is '4', but 3 at .*line 2 in the same sequence",
    ),
    "negative time": (f"{HEAD},milliseconds\na,s,1,0,0,-3\n", "expected a number of at least 0"),
    "overlap in other words": (f"{HEAD},overlap\na,s,1,0,0,maybe\n", "line 2: overlap is 'maybe'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_file_and_line(write, name):
    text, message = BAD[name]
    path = write(text)
    with pytest.raises(DataError, match=message) as caught:
        read_predictions(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read: No such file"):
        read_predictions(tmp_path / "nowhere.csv")


names = st.text(string.ascii_letters + string.digits + " ,;\"'é_-/", min_size=1, max_size=8).filter(
    lambda name: name.strip()
)


@given(
    rows=st.lists(
        st.tuples(names, names, names, st.floats(0, 16), st.floats(-1e6, 1e6)),
        min_size=1,
        max_size=20,
        unique_by=lambda row: tuple(cell.strip() for cell in row[:3]),
    )
)
def test_values_survive_writing_and_reading(rows, tmp_path_factory):
    text = io.StringIO()
    csv.writer(text).writerows([HEAD.split(","), *rows])
    path = tmp_path_factory.mktemp("round") / "p.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    table = read_predictions(path, distinct_subjects=True)
    assert table.pspi.tolist() == [row[3] for row in rows]
    assert table.predicted.tolist() == [row[4] for row in rows]
    assert [table.subjects[i] for i in table.subject] == [row[0].strip() for row in rows]
    clips = [(row[0].strip(), row[1].strip()) for row in rows]
    assert len(table.sequences) == len(set(clips))
    assert table.frame.tolist() == [row[2].strip() for row in rows]


@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused_with_a_message(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for text in (content, HEAD.encode() + b"\n" + content, GOOD.encode() + content):
        path.write_bytes(text)
        try:
            table = read_predictions(path)
        except DataError as error:
            assert str(path) in str(error)
        else:
            assert len(table) >= 1
            assert np.isfinite(table.predicted).all()


def test_predictions_in_memory_need_no_file():
    columns = {
        "subject": ["a", "a"], "sequence": ["s", "s"], "frame": ["1", "2"],
        "pspi": ["0", "99"], "predicted": ["0", "1"],
    }  # fmt: skip
    with pytest.raises(DataError, match="my run, row 2: pspi is '99'"):
        from_columns(columns, "my run")


def test_taken_rows_get_new_subject_and_sequence_numbers(write):
    table = read_predictions(write(GOOD)).take(np.array([2]))
    assert (table.subjects, table.sequences) == (("b",), ("b/s1",))
    assert (table.subject.tolist(), table.sequence.tolist()) == ([0], [0])


def test_training_labels_are_read_with_or_without_subjects(write):
    known = read_training_labels(write("image,subject,pspi\nx.png,a,3\ny.png,b,0\n"))
    assert known.pspi.tolist() == [3, 0]
    assert known.subjects == {"a", "b"}
    assert read_training_labels(write("pspi\n3\n")).subjects is None
    with pytest.raises(DataError, match="expected a column pspi"):
        read_training_labels(write("image\nx\n"))
    with pytest.raises(DataError, match="line 3: pspi is '40'; expected a number from 0 to 16"):
        read_training_labels(write("pspi\n3\n40\n"))
