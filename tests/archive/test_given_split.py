import pytest

from wince.archive import given_split, subject_groups
from wince.errors import DataError


def write(tmp_path, text: str):
    path = tmp_path / "split.csv"
    path.write_text(text)
    return path


def test_subjects_are_given_parts_and_folds(tmp_path) -> None:
    split = given_split.read(
        write(tmp_path, "subject,split,fold\na,Training,3\nb,validation,\nc,test,1\n")
    )
    assert split.entries == {"a": ("train", "3"), "b": ("val", ""), "c": ("test", "1")}
    assert split.key("a", "q", "1", "Images/a/q/1.png") == "a"


def test_frames_are_given_parts_by_number_or_by_the_end_of_their_path(tmp_path) -> None:
    split = given_split.read(write(tmp_path, "subject,sequence,frame,split\na,q,1,test\n"))
    assert split.entries[split.key("a", "q", "1", "x")] == ("test", "")
    split = given_split.read(
        write(tmp_path, "image_path,split\nC:\\data\\Images\\a\\q\\q001.png,val\n")
    )
    assert split.entries[split.key("a", "q", "1", "images/Images/a/q/q001.png")] == ("val", "")


@pytest.mark.parametrize("given", ["/data/set/photos/p1.jpg", "photos/p1.jpg", "p1.jpg"])
@pytest.mark.parametrize("name", ["a/photos/p1.jpg", "photos/p1.jpg", "p1.jpg"])
def test_paths_are_compared_by_as_many_parts_as_both_have(tmp_path, given: str, name: str) -> None:
    split = given_split.read(
        write(tmp_path, f"image_path,split\n{given},val\nother/p2.jpg,train\n")
    )
    entry = split.entries.get(split.key("s", "p1", "p1", name))
    agree = given.endswith(name) or name.endswith(given)
    assert entry == (("val", "") if agree else None)


def test_a_short_path_that_several_entries_end_with_matches_none(tmp_path) -> None:
    split = given_split.read(
        write(tmp_path, "image_path,split\na/p1.jpg,train\nb/p1.jpg,test\nb/p2.jpg,test\n")
    )
    assert split.key("s", "p1", "p1", "p1.jpg") not in split.entries
    assert split.entries[split.key("s", "p2", "p2", "p2.jpg")] == ("test", "")


def test_a_folder_of_three_tables_is_a_split(tmp_path) -> None:
    for part in ("train", "val", "test"):
        (tmp_path / f"{part}.csv").write_text(
            f"image_path,label_path\n../data/images/Images/s/q/{part}.png,x\n"
        )
    split = given_split.read(tmp_path)
    assert split.entries["s/q/val.png"] == ("val", "")
    (tmp_path / "val.csv").unlink()
    with pytest.raises(DataError, match=r"val\.csv is missing"):
        given_split.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject,split\na,tran\n", "line 2: expected train, val or test"),
        ("subject,split\na,train\nb,val\na,test\n", "line 4: a has test here and train"),
        ("person,split\na,train\n", "expected subject, or subject, sequence, frame"),
        ("subject,part\na,train\n", "split is missing"),
        ("", "expected subject"),
    ],
)
def test_an_invalid_split_file_is_refused_with_its_line(tmp_path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        given_split.read(write(tmp_path, text))


def test_groups_are_read_by_subject(tmp_path) -> None:
    groups = subject_groups.read(write(tmp_path, "Subject,Age,Sex\na,30,f\nb,41,m\n"))
    assert groups.names == ("age", "sex")
    assert groups.of("b") == ("41", "m")
    assert groups.of("nobody") == ("", "")
    assert subject_groups.read(None).of("a") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject,age\na,1\na,2\n", "line 3: the subject a is listed a second time"),
        ("subject\na\n", "one column for each group"),
        ("name,age\na,1\n", "subject is missing"),
        ("subject,age,age\na,1,2\n", "'age' occurs more than once"),
    ],
)
def test_an_invalid_group_file_is_refused(tmp_path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        subject_groups.read(write(tmp_path, text))
