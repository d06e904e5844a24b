"""Annotations of videos: their forms, times, units and intensities."""

from pathlib import Path

import numpy as np
import pytest

from wince.archive.annotations import frame_values, known_forms, unit_names
from wince.archive.annotations.annotation import SCORE, Annotation, Interval
from wince.archive.annotations.clock import Clock
from wince.archive.annotations.known_forms import Reading
from wince.errors import DataError

RATE = 25
TIMES = np.arange(100) / RATE


def read(
    folder: Path,
    text: str,
    *,
    name: str = "p1.csv",
    rate: float | None = None,
    renames: dict[str, str] | None = None,
    video: str | None = None,
    unit_range: str | None = None,
    first_frame: int | None = None,
) -> Annotation:
    path = folder / name
    path.write_text(text)
    clock = Clock(path, TIMES, RATE, rate, first_frame)
    reading = Reading(renames or {}, unit_range)
    rows = known_forms.rows_by_video(path, reading) if video is not None else None
    return known_forms.read(path, None if rows is None else list(rows.of(video)), clock, reading)


def spans(annotation: Annotation) -> list[tuple[str, float, float, float]]:
    """Return (unit, onset, offset, intensity) of each interval, times in milliseconds."""
    return [
        (i.unit, round(1000 * i.onset), round(1000 * i.offset), i.intensity)
        for i in annotation.intervals
    ]


@pytest.mark.parametrize(
    ("header", "onset", "offset"),
    [
        ("onset,offset", "1.2", "2"),
        ("start,end", "00:00:01.200", "0:02.000"),
        ("begin;stop", "1,2", "2,0"),
        ("onset_ms,offset_ms", "1200", "2000"),
        ("onset_ms,offset_ms", "00:00:01.200", "00:02.000"),
        ("onset,offset", "00:00:01:05", "00:00:02:00"),
        ("onset,duration", "1.2", "0.8"),
        ("onset_frame,offset_frame", "30", "49"),
        ("onset_frame,duration_ms", "30", "800"),
    ],
)
def test_an_event_has_the_same_time_in_every_way_to_write_it(
    tmp_path: Path, header: str, onset: str, offset: str
) -> None:
    mark = ";" if ";" in header else ","
    frame_0 = mark.join(("0", "0", "AU12", "A")) if "onset_frame" in header else ""
    rows = [mark.join((header.replace(",", mark), "unit", "intensity")), frame_0]
    rows.append(mark.join((onset, offset, "AU4", "C")))
    annotation = read(tmp_path, "\n".join(rows))
    assert spans(annotation)[-1] == ("AU4", 1200, 2000, 3.0)
    assert annotation.complete


def test_the_first_frame_is_what_the_numbers_show_or_the_user_states(tmp_path: Path) -> None:
    header = "onset_frame,offset_frame,unit,intensity\n"
    from_1 = read(tmp_path, header + "1,10,AU4,2\n91,100,AU4,2\n")  # the video has 100 frames
    from_0 = read(tmp_path, header + "0,9,AU4,2\n90,99,AU4,2\n")
    expected = [("AU4", 0, 400, 2.0), ("AU4", 3600, 4000, 2.0)]
    assert spans(from_1) == spans(from_0) == expected
    inner = header + "11,20,AU4,2\n"
    with pytest.raises(DataError, match=r"frames from 11 to 20 of a video with 100.*--first-frame"):
        read(tmp_path, inner)
    assert spans(read(tmp_path, inner, first_frame=1)) == [("AU4", 400, 800, 2.0)]
    assert spans(read(tmp_path, inner, first_frame=0)) == [("AU4", 440, 840, 2.0)]
    at_30 = read(tmp_path, header + "11,120,AU4,2\n", rate=30)  # 120 frames at that rate
    assert at_30.notes == ("p1.csv counts frames from 1.",)


def test_a_list_of_frames_begins_with_the_first(tmp_path: Path) -> None:
    rows = "".join(f"{frame},1\n" for frame in range(1, 6))
    assert spans(read(tmp_path, "frame,au4\n" + rows))[0] == ("AU4", 0, 40, 1.0)
    later = "".join(f"{frame},1\n" for frame in range(40, 50))
    with pytest.raises(DataError, match="frames from 40 to 49"):
        read(tmp_path, "frame,au4\n" + later)


def test_the_notes_state_how_frames_were_counted(tmp_path: Path) -> None:
    header = "onset_frame,offset_frame,unit,intensity\n"
    from_1 = read(tmp_path, header + "1,100,AU4,2\n")
    from_0 = read(tmp_path, header + "0,9,AU4,2\n")
    assert from_1.notes == ("p1.csv counts frames from 1.",)
    assert from_0.notes == ("p1.csv counts frames from 0.",)


def test_a_stated_rate_converts_frames_and_timecodes(tmp_path: Path) -> None:
    header = "onset_frame,offset_frame,unit,intensity\n0,0,AU12,1\n"
    assert spans(read(tmp_path, header + "30,59,AU4,2\n", rate=30))[1] == ("AU4", 1000, 2000, 2)
    timecode = "onset,offset,unit,intensity\n00:00:01:15,00:00:02:00,AU4,2\n"
    assert spans(read(tmp_path, timecode, rate=30)) == [("AU4", 1500, 2000, 2)]


@pytest.mark.parametrize(
    ("timecode", "seconds"),
    [("00:01:00:00", 60.06), ("00:10:00;00", 599.9994), ("00:00:01;00", 1.001)],
)
def test_timecode_of_29_97_frames_counts_frames(
    tmp_path: Path, timecode: str, seconds: float
) -> None:
    clock = Clock(tmp_path, TIMES, 30000 / 1001)
    assert clock.parse(timecode, 1, "onset") == pytest.approx(seconds, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("AU4", [("AU4", "")]),
        ("au04", [("AU4", "")]),
        ("4", [("AU4", "")]),
        ("4C", [("AU4", "c")]),
        ("L10b", [("AU10", "b")]),
        ("AU 43", [("AU43", "")]),
        ("6B+7C", [("AU6", "b"), ("AU7", "c")]),
        ("Action Unit 04 - Brow Lowerer", [("AU4", "")]),
        ("Nose  Wrinkler", [("AU9", "")]),
        ("PSPI", [(SCORE, "")]),
        ("stirn", [("AU4", "")]),
        ("confidence", None),
        ("AU4F", None),
        ("AU100", None),
        ("", None),
    ],
)
def test_names_of_units(text: str, codes: list[tuple[str, str]] | None) -> None:
    assert unit_names.parse_codes(text, {"stirn": "au4"}) == codes


def test_letters_are_1_to_5_and_closed_eyes_need_none(tmp_path: Path) -> None:
    rows = "onset,offset,unit,intensity\n0,1,4,e\n0,1,7A,\n0,1,43,\n0,1,43,C\n0,1,9,\n"
    units = [(i.unit, i.intensity) for i in read(tmp_path, rows).intervals]
    assert units[:4] == [("AU4", 5), ("AU7", 1), ("AU43", 1), ("AU43", 1)]
    assert units[4][0] == "AU9"
    assert np.isnan(units[4][1])


def test_a_table_of_frames_holds_until_the_next_row_but_not_over_a_gap(tmp_path: Path) -> None:
    rows = "seconds,au4,au43\n0,1,0\n0.04,2,\n0.08,3,1\n1,4,0\n"
    annotation = read(tmp_path, rows)
    assert spans(annotation) == [
        ("AU4", 0, 40, 1),
        ("AU43", 0, 40, 0),
        ("AU4", 40, 80, 2),
        ("AU4", 80, 140, 3),
        ("AU43", 80, 140, 1),
        ("AU4", 1000, 1040, 4),
        ("AU43", 1000, 1040, 0),
    ]
    assert annotation.coded == {"AU4", "AU43"}
    assert not annotation.complete


def test_a_table_for_several_videos_gives_each_its_rows(tmp_path: Path) -> None:
    rows = "video,frame,pspi\np1.mp4,1,3\np2.mp4,1,5\np1.mp4,2,4\n"
    assert spans(read(tmp_path, rows, video="p1.mp4")) == [(SCORE, 0, 40, 3), (SCORE, 40, 80, 4)]


FACEREADER = (
    "Video analyzed on\t1.1.2026\n\n"
    "Video Time\tAction Unit 04 - Brow Lowerer\tAction Unit 06 - Cheek Raiser\t"
    "Action Unit 07 - Lid Tightener\tAction Unit 09 - Nose Wrinkler\t"
    "Action Unit 10 - Upper Lip Raiser\tAction Unit 43 - Eyes Closed\n"
    "00:00:00.000\tNotActive\tA\tNotActive\tNotActive\tE\tNotActive\n"
    "00:00:00.040\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\n"
    "00:00:00.080\tB\tNotActive\tNotActive\tNotActive\tNotActive\tA\n"
)


def test_tables_of_facereader_are_annotations(tmp_path: Path) -> None:
    annotation = read(tmp_path, FACEREADER, name="p1.txt")
    values = frame_values.at_frames(annotation, TIMES[:3], 1 / RATE, annotation.coded)
    assert values.score[[0, 2]].tolist() == [1 + 5, 2 + 1]
    assert np.isnan(values.score[1])  # no face was found there
    assert annotation.form == "table of FaceReader"
    assert "not coded by people" in annotation.notes[0]


EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT FORMAT="3.0" VERSION="3.0">
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="400"/>
    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="800"/>
    <TIME_SLOT TIME_SLOT_ID="ts3"/>
  </TIME_ORDER>
  <TIER TIER_ID="AU4@coder1" LINGUISTIC_TYPE_REF="default">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1"
      TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>C</ANNOTATION_VALUE>
    </ALIGNABLE_ANNOTATION></ANNOTATION>
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2"
      TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>E</ANNOTATION_VALUE>
    </ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="more" PARENT_REF="AU4@coder1" LINGUISTIC_TYPE_REF="child">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
      <ANNOTATION_VALUE>7A+43</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a3">
      <ANNOTATION_VALUE>looks away</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="AU9" LINGUISTIC_TYPE_REF="default"/>
</ANNOTATION_DOCUMENT>
"""
ELAN_TIMES = "00:00:00.400\t0.4\t00:00:00.800\t0.8\t00:00:00.400\t0.4"
ELAN_LINES = (
    f"AU4\t\t{ELAN_TIMES}\tC\nmore\tP1\t{ELAN_TIMES}\t7A+43\nmore\tP1\t{ELAN_TIMES}\tlooks away\n"
)
ELAN_COLUMNS = (
    "Begin Time - msec\tEnd Time - msec\tDuration - msec\tAU4\tmore\n"
    "400\t800\t400\tC\t7A+43\n400\t800\t400\t\tlooks away\n"
)
OBSERVER = (
    "Observation;Time_Relative_sf;Duration_sf;Subject;Behavior;Modifier_1;Event_Type;Comment\n"
    "p1;0,4;0,4;Child;4_Brow Lowerer;C;State start;\n"
    "p1;0,4;0,4;Child;AU7;A;State start;\n"
    "p1;0,4;0,4;Child;43;;State start;\n"
    "p1;0,5;0;Child;looks away;;Point;\n"
    "p1;0,8;0;Child;4_Brow Lowerer;C;State stop;\n"
    "p1;0,8;0;Child;AU7;A;State stop;\n"
    "p1;0,8;0;Child;43;;State stop;\n"
)


@pytest.mark.parametrize(
    ("name", "text", "form", "unknown"),
    [
        ("p1.eaf", EAF, "ELAN file", "tier more"),
        ("p1.txt", ELAN_LINES, "export of ELAN", "tier more"),
        ("p1.tsv", ELAN_COLUMNS, "export of ELAN", "tier more"),
        ("p1.csv", OBSERVER, "event log of Observer", "looks away"),
    ],
)
def test_elan_and_observer_give_the_same_events(
    tmp_path: Path, name: str, text: str, form: str, unknown: str
) -> None:
    annotation = read(tmp_path, text, name=name)
    expected = [("AU4", 400, 800, 3), ("AU43", 400, 800, 1), ("AU7", 400, 800, 1)]
    assert sorted(spans(annotation)) == expected
    assert (annotation.form, annotation.unknown) == (form, {unknown: 1})
    assert annotation.complete


def test_an_empty_tier_of_elan_is_a_unit_that_was_coded(tmp_path: Path) -> None:
    assert read(tmp_path, EAF, name="p1.eaf").coded == {"AU4", "AU7", "AU9", "AU43"}


def test_a_tier_of_a_unit_has_intensities_and_another_one_has_codes(tmp_path: Path) -> None:
    times = "\t\t1.0\t2.0\t1.0\t"
    lines = f"AU4{times}3\nall{times}7\nAU43{times}\nAU43{times}0\n"
    units = [(i.unit, i.intensity) for i in read(tmp_path, lines).intervals]
    assert [unit for unit, _ in units] == ["AU4", "AU7", "AU43", "AU43"]
    assert [intensity for _, intensity in units] == [3, pytest.approx(np.nan, nan_ok=True), 1, 0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p1.eaf", "no xml", "cannot be read as a file of ELAN"),
        ("p1.csv", OBSERVER + "p1;1;0;Child;43;;State start;\n", "line 9: the state 43 starts and"),
        ("p1.csv", OBSERVER + "p1;1;0;Child;43;;State stop;\n", "stops before it starts"),
        ("p1.txt", ELAN_LINES + "AU4 without times\n", "line 4: expected a tier, the begin"),
        ("p1.txt", ELAN_LINES.replace("\tC", "\tstrong"), "line 1: expected the intensity of AU4"),
    ],
)
def test_a_damaged_export_is_refused_with_the_place(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, text, name=name)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "onset,offset,unit,intensity\n0,1,AU4,C\n1,2,AU4,3\n",
            "letters in some lines (C in",
        ),
        ("onset,offset,unit,intensity\n0,1,AU4,6\n", "line 2: expected the intensity of AU4"),
        ("onset,offset,unit,intensity\n0,1,AU4,F\n", "from 0 to 5 or a letter from A to E"),
        ("onset,offset,unit,intensity\n2,1,AU4,C\n", "found 2 to 1 s"),
        ("onset,offset,unit,intensity\nsoon,1,AU4,C\n", "line 2: expected onset in seconds"),
        ("onset,offset,unit,intensity\n00:00:01:27,3,AU4,C\n", "--annotation-fps"),
        ("onset,offset,unit,intensity\n00:00:75,3,AU4,C\n", "expected onset in seconds"),
        ("onset,offset,unit,intensity\n00:01:00;02,90,AU4,C\n", "drop-frame timecode"),
        ("frame,au4\n1,2\n1,2\n", "line 3: the time goes back"),
        ("frame,au4\n1.5,2\n", "expected the number of a frame"),
        (
            "frame,au4\n" + "".join(f"{n},1\n" for n in range(1, 121)),
            "numbers 120 frames, but",
        ),
        ("frame,seconds,au4\n0,0,1\n30,1,1\n60,2,1\n", "has 30 frames a second"),
        (
            "frame,pspi\n0,17\n",
            "expected PSPI from 0 to 16, found '17'",
        ),
        ("time,mood\n0,1\n", "has no known form of annotation"),
        ("onset,offset,unit,intensity\n", "no row"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, text)
    assert message in str(error.value)
    assert "p1.csv" in str(error.value)


def test_names_that_are_no_units_are_counted(tmp_path: Path) -> None:
    rows = "onset,offset,unit,intensity\n0,1,smile,2\n0,1,AU4,2\n1,2,smile,2\n"
    annotation = read(tmp_path, rows)
    assert annotation.unknown == {"smile": 2}
    assert spans(read(tmp_path, rows, renames={"smile": "au12"}))[0] == ("AU12", 0, 1000, 2)


def event(unit: str, onset: float, offset: float, intensity: float = 1) -> Interval:
    return Interval(2, onset, offset, unit, intensity)


def at_frames(*events: Interval, coded: str) -> frame_values.FrameValues:
    annotation = Annotation(Path("p1.csv"), "events", events, True, frozenset(coded.split()))
    return frame_values.at_frames(annotation, TIMES, 1 / RATE, coded.split())


ALL = "AU4 AU6 AU7 AU9 AU10 AU43"


def test_an_event_holds_for_the_frames_whose_middle_it_contains() -> None:
    # Rounded to milliseconds, onsets and offsets at 30 frames a second miss frames by a fraction.
    times = np.arange(6) / 30
    annotation = Annotation(
        Path("p1.csv"), "events", (event("AU4", 0.067, 0.133, 3),), True, frozenset(["AU4"])
    )
    values = frame_values.at_frames(annotation, times, 1 / 30, ["AU4"])
    assert values.units["AU4"].tolist() == [0, 0, 3, 3, 0, 0]


def test_pspi_is_the_sum_of_its_terms_and_a_term_needs_one_of_its_units() -> None:
    events = (event("AU4", 0, 1, 2), event("AU6", 0, 1, 3), event("AU7", 0, 2, 1))
    values = at_frames(*events, event("AU10", 1, 2, 4), event("AU43", 0, 1), coded=ALL)
    assert values.score[[0, 25, 50]].tolist() == [2 + 3 + 0 + 1, 0 + 1 + 4 + 0, 0]
    assert at_frames(*events, coded="AU4 AU6 AU10 AU43").score[0] == 2 + 3
    assert np.isnan(at_frames(*events, coded="AU4 AU6 AU10").score).all()
    assert frame_values.missing_terms(["AU4", "AU6"]) == ["AU9 or AU10", "AU43"]


def test_overlaps_and_times_after_the_end_are_counted() -> None:
    values = at_frames(
        event("AU4", 0, 1, 2),
        event("AU4", 0.5, 2, 4),
        event("AU4", 2, 3, 1),  # begins when the one before ends
        event("AU6", 3.9, 4.2),  # ends shortly after the end
        event("AU6", 3, 9),
        event("AU7", 4, 5),
        coded=ALL,
    )
    assert values.units["AU4"][[0, 13, 24, 25, 50]].tolist() == [2, 4, 4, 4, 1]
    assert (values.overlapping, values.beyond_end) == (2, 2)
    assert values.first_overlap == "line 2, AU4"


def test_a_moment_is_one_frame_and_a_unit_without_intensity_gives_no_pspi() -> None:
    values = at_frames(event("AU4", 1, 1, 2), event("AU9", 2, 2.04, np.nan), coded=ALL)
    assert np.flatnonzero(values.units["AU4"]).tolist() == [25]
    assert np.flatnonzero(np.isnan(values.score)).tolist() == [50]
    assert values.without_intensity == 1


def of_frames(*rows: Interval, coded: str) -> Annotation:
    return Annotation(Path("p2.csv"), "frames", rows, False, frozenset(coded.split()))


def test_a_table_of_units_has_its_own_sum_where_another_one_states_pspi() -> None:
    rows = [event(unit, 0, 4, 2) for unit in ("AU4", "AU6", "AU9", "AU43")]
    annotation = of_frames(*rows, coded="AU4 AU6 AU9 AU43")
    coded = ["AU4", "AU6", "AU9", "AU43", SCORE]
    assert frame_values.at_frames(annotation, TIMES, 1 / RATE, coded).score[0] == 8


def test_rows_that_are_shorter_than_a_frame_keep_their_length() -> None:
    rows = [event("AU4", n / 100, (n + 1) / 100, 4 * (n < 4)) for n in range(12)]
    values = frame_values.at_frames(of_frames(*rows, coded="AU4"), TIMES[:4], 1 / RATE, ["AU4"])
    assert values.overlapping == 0
    np.testing.assert_array_equal(values.units["AU4"], [4, 0, 0, np.nan])


def test_the_middle_of_a_short_frame_lies_within_it() -> None:
    times = np.array([0, 0.033, 0.043, 0.083])
    ends = [*times[1:], 1]
    rows = [event("AU4", times[n], ends[n], 1 + n) for n in range(4)]
    values = frame_values.at_frames(of_frames(*rows, coded="AU4"), times, 0.033, ["AU4"])
    assert values.units["AU4"].tolist() == [1, 2, 3, 4]


def test_a_unit_stated_as_coded_completes_a_table_of_frames(tmp_path: Path) -> None:
    rows = "".join(f"{frame},1,2,3\n" for frame in range(0, 10))
    annotation = read(tmp_path, "frame,au4,au7,au9\n" + rows)
    coded = frozenset({"AU4", "AU7", "AU9", "AU43"})  # AU43 of another annotation
    without = frame_values.at_frames(annotation, TIMES, 1 / RATE, coded)
    assert np.isnan(without.score).all()
    values = frame_values.at_frames(annotation, TIMES, 1 / RATE, coded, ["AU43"])
    np.testing.assert_array_equal(values.score[:10], 6.0)
    assert np.isnan(values.score[10:]).all()  # frames without a row


def test_annotations_of_elan_without_a_time_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "p1.eaf"
    path.write_text(
        """<ANNOTATION_DOCUMENT><TIME_ORDER>
        <TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="400"/>
        <TIME_SLOT TIME_SLOT_ID="c"/></TIME_ORDER><TIER TIER_ID="AU4">
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="1" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">
        <ANNOTATION_VALUE>C</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="2" TIME_SLOT_REF1="b" TIME_SLOT_REF2="c">
        <ANNOTATION_VALUE>D</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="3" TIME_SLOT_REF1="b" TIME_SLOT_REF2="a">
        <ANNOTATION_VALUE>D</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
        </TIER></ANNOTATION_DOCUMENT>"""
    )
    annotation = known_forms.read(path, None, Clock(path, TIMES, RATE), Reading({}))
    assert spans(annotation) == [("AU4", 0, 400, 3.0)]
    assert annotation.untimed == 2
