"""Traces: what is drawn of scores over time, and from which files."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.support.evaluation_sample import as_csv, columns
from wince import cli
from wince.cli.assess import csv_rows
from wince.cli.watch_rows import COLUMNS as WATCH_COLUMNS
from wince.errors import DataError
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report import trace_plots
from wince.evaluation.traces.trace import FRAME, SECONDS, Trace, frame_numbers, from_predictions
from wince.evaluation.traces.trace_files import add_events, read_traces
from wince.scale import Scale


def table(names, *rows):
    """Return a CSV file with these columns; a row states some of them by name."""
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def write(tmp_path):
    def write(text, name="scores.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def trace(**changes):
    x = np.arange(10.0)
    return Trace("p1", "clip", FRAME, x, x / 2, **changes)


def test_a_trace_has_the_frames_of_one_sequence_in_the_order_of_time():
    cells = {
        "subject": ["p1"] * 3,
        "sequence": ["s"] * 3,
        "frame": ["s010.png", "s9.png", "s011.png"],
        "pspi": ["2", "1", "3"],
        "predicted": ["2.5", "1.5", "3.5"],
    }
    (only,) = from_predictions(from_columns(cells, "table"))
    assert (only.subject, only.name, only.title, only.axis) == ("p1", "s", "p1/s", FRAME)
    assert only.x.tolist() == [9, 10, 11]
    assert only.predicted.tolist() == [1.5, 2.5, 3.5]
    assert only.label.tolist() == [1, 2, 3]
    seconds = from_columns({**cells, "seconds": [".4", ".2", ".6"]}, "table")
    (only,) = from_predictions(seconds)
    assert (only.axis, only.x.tolist()) == (SECONDS, [0.2, 0.4, 0.6])


def test_frames_without_numbers_that_differ_are_numbered_by_their_names():
    assert frame_numbers(["b", "a", "c"]).tolist() == [1, 0, 2]
    assert frame_numbers(["a1", "b1"]).tolist() == [0, 1]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_no_line_is_drawn_across_a_gap_and_no_score_is_lost(steps):
    x = np.concatenate([[0.0], np.cumsum(steps)])
    drawn = Trace("", "s", FRAME, x, x, label=x, interval=np.column_stack([x, x])).with_gaps()
    kept = ~np.isnan(drawn.predicted)
    assert drawn.x[kept].tolist() == x.tolist()
    assert (np.diff(drawn.x) > 0).all()
    neighbours = kept[1:] & kept[:-1]
    assert (np.diff(drawn.x)[neighbours] <= 1.5 * np.median(steps)).all()
    assert drawn.interval.shape == (len(drawn.x), 2)


def test_rows_of_watch_become_a_trace_for_each_person(write):
    rows = [
        {"source": "a/bed.mp4", "person": person, "frame": frame, "seconds": frame / 10,
         "pspi": "" if frame == 3 else person + frame}
        for frame in range(5)
        for person in (1, 2)
    ]  # fmt: skip
    nobody = {"source": "a/bed.mp4", "frame": 5, "seconds": 0.5}
    first, second = read_traces(write(table(WATCH_COLUMNS, *rows, nobody)))
    assert (first.name, second.name) == ("bed.mp4, person 1", "bed.mp4, person 2")
    assert (first.axis, first.x.tolist()) == (SECONDS, [0, 0.1, 0.2, 0.3, 0.4])
    np.testing.assert_array_equal(second.predicted, [2, 3, 4, np.nan, 6])


def test_rows_of_assess_become_a_trace_with_its_interval(write):
    rows = [
        {"file": f"{folder}/clip.mp4", "face": 1, "frame": frame, "seconds": frame / 25,
         "pspi": 4, "pspi_low": 2, "pspi_high": 7}
        for folder in ("a", "b")
        for frame in range(3)
    ]  # fmt: skip
    photo = {"file": "photo.jpg", "face": 1, "pspi": 3, "pspi_low": 1, "pspi_high": 5}
    first, second = read_traces(write(table(csv_rows.COLUMNS, *rows, photo)))
    assert (first.name, second.name) == ("a/clip.mp4", "b/clip.mp4")  # of two folders
    assert first.interval.tolist() == [[2, 7]] * 3


@pytest.mark.parametrize(("score", "measure"), [("pspi", "PSPI"), ("expression_index", "Expr")])
def test_rows_of_score_become_a_trace_under_the_name_of_the_score(write, score, measure):
    names = ("sequence", "frame", "seconds", score, "not_scored")
    rows = [{"sequence": "s1", "frame": frame, score: frame} for frame in (1, 2, 3)]
    (only,) = read_traces(write(table(names, *rows)))
    assert (only.name, only.axis) == ("s1", FRAME)
    assert only.measure.startswith(measure)
    assert np.isnan(only.highest) == (score != "pspi")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no table of scores over time.*found the columns a, b"),
        ("sequence,frame,seconds,pspi\ns,1,,\n", "no row has a score"),
        ("sequence,frame,seconds,pspi\ns,1,,high\n", "line 2: pspi is 'high'"),
        ("sequence,frame,seconds,pspi\ns,1,,nan\n", "line 2: pspi is 'nan'"),
        ("sequence,frame,seconds,pspi\ns,,1,3\ns,2,,4\n", "line 2: frame is empty"),
    ],
)
def test_a_table_that_cannot_be_drawn_says_why(write, text, message):
    with pytest.raises(DataError, match=message):
        read_traces(write(text))


def test_events_are_added_to_their_sequence(write):
    events = write("sequence,start,end,event\nclip,2,5,Movement\np1/clip,7,,Turned\n")
    (marked,) = add_events([trace()], events)
    assert [(event.start, event.end, event.text) for event in marked.events] == [
        (2, 5, "Movement"),
        (7, 7, "Turned"),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("other,1,2,x", "line 2: no sequence is called 'other'; expected one of p1/clip"),
        ("clip,5,2,x", "from 5 to 2; expected times that rise"),
        ("clip,5,20,x", "expected times that rise within p1/clip, from 0 to 9"),
        ("clip,soon,,x", "start is 'soon'"),
    ],
)
def test_an_event_outside_its_sequence_is_refused(write, row, message):
    with pytest.raises(DataError, match=message):
        add_events([trace()], write(f"sequence,start,end,event\n{row}\n"))


def test_an_event_of_several_sequences_says_how_to_name_one(write):
    path = write("sequence,start,end,event\nclip,1,2,x\n")
    with pytest.raises(DataError, match=r"2 sequences are called 'clip': p1/clip, p2/clip\. Write"):
        add_events([trace(), replace(trace(), subject="p2")], path)


def test_a_page_has_the_traces_of_one_subject():
    short = Trace("p1", "few", FRAME, np.arange(3.0), np.arange(3.0))
    pages = trace_plots.pages([trace()] * 13 + [short])
    assert [(title, len(traces)) for title, traces in pages] == [
        ("p1 (1 of 2)", 12),
        ("p1 (2 of 2)", 1),
    ]


def test_a_page_shows_score_label_interval_levels_and_events(write):
    x = np.arange(10.0)
    (marked,) = add_events(
        [trace(label=x / 3, interval=np.column_stack([x / 3, x]))],
        write("sequence,start,end,event\nclip,2,5,Movement\n"),
    )
    figure = trace_plots.draw_page("p1", [marked, trace()])
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [
        "Score", "Label", "90 % interval", "Event", "None", "Mild", "Moderate", "Severe",
    ]  # fmt: skip
    first, second = figure.axes
    assert first.get_title() == "clip: MAE 0.75, PCC 1.00"
    assert first.get_ylim() == second.get_ylim() == (0, pytest.approx(9.9))
    assert [text.get_text() for text in first.texts] == [" Movement"]


def test_a_scale_with_cuts_has_bands_of_its_levels():
    scale = Scale("NRS", -2.0, 10.0, "points", (1.0, 4.0), ("low", "medium", "high"))
    other = trace(scale=scale, measure=scale.name, highest=scale.high)
    figure = trace_plots.draw_page("p1", [other])
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["Score", "Low", "Medium", "High"]
    (axes,) = figure.axes
    assert axes.get_ylim()[0] == -2
    bands = [(patch.get_y(), patch.get_y() + patch.get_height()) for patch in axes.patches]
    assert bands == [(-2, 1), (1, 4), (4, 10)]
    plain = trace(scale=None, measure="Expression index")
    assert [
        text.get_text() for text in trace_plots.draw_page("p1", [plain]).legends[0].get_texts()
    ] == ["Score"]


def test_plots_are_written_in_each_format_and_not_replaced(write, tmp_path, capsys):
    cells = columns()
    rows = [row for row, subject in enumerate(cells["subject"]) if subject == "p01"]
    path = write(as_csv({name: [values[row] for row in rows] for name, values in cells.items()}))
    out = tmp_path / "plots"
    command = ["plot", str(path), "--out", str(out)]
    assert cli.main([*command, "--format", "png", "--format", "pdf"]) == 0
    assert "Traces: 2. Pages: 1." in capsys.readouterr().out
    assert sorted(file.name for file in out.iterdir()) == ["p01.pdf", "p01.png"]
    assert (out / "p01.pdf").read_bytes().startswith(b"%PDF")
    with Image.open(out / "p01.png") as image:
        assert image.size[0] > 2000
        assert len(image.convert("L").getcolors(256)) > 20
    assert cli.main([*command, "--format", "png"]) != 0
    assert "p01.png exists already" in capsys.readouterr().err
    assert cli.main(command) == 0
    assert b"<svg" in (out / "p01.svg").read_bytes()


def test_plots_of_tables_of_the_same_name_do_not_replace_each_other(tmp_path, capsys):
    rows = "".join(f"s,{frame},,{frame}\n" for frame in range(9))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scores.csv").write_text("sequence,frame,seconds,pspi\n" + rows)
    folders = [str(tmp_path / name) for name in ("a", "b")]
    assert cli.main(["plot", *folders, "--out", str(tmp_path / "out")]) == 0
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == ["scores-2.svg", "scores.svg"]
