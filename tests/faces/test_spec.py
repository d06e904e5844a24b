"""A FaceSpec is unchanged after model.json, and other data is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince.errors import ModelError
from wince.faces.spec import WHOLE_IMAGE, FaceSpec

PLAIN = FaceSpec().to_dict()


@pytest.mark.parametrize("spec", [FaceSpec(), WHOLE_IMAGE, FaceSpec(size=112, side=3.1)])
def test_a_spec_is_unchanged_after_json(spec: FaceSpec) -> None:
    assert FaceSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_the_whole_image_spec_is_that_of_the_first_report() -> None:
    assert (WHOLE_IMAGE.kind, WHOLE_IMAGE.size) == ("whole", 224)
    assert WHOLE_IMAGE.mean == (0.485, 0.456, 0.406)
    assert WHOLE_IMAGE.std == (0.229, 0.224, 0.225)


def test_widening_a_spec_changes_only_side_and_size() -> None:
    spec = FaceSpec(side=2.5, centre=0.4)
    assert spec.widened(1.2, 256) == FaceSpec(side=3.0, centre=0.4, size=256)


@pytest.mark.parametrize("name", PLAIN)
def test_a_missing_key_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="has the keys"):
        FaceSpec.from_dict({key: value for key, value in PLAIN.items() if key != name})


def test_a_key_of_a_newer_version_is_refused_and_named() -> None:
    with pytest.raises(ModelError, match="tilt"):
        FaceSpec.from_dict(PLAIN | {"tilt": 1})


@pytest.mark.parametrize("data", [None, [], "aligned", 3])
def test_data_that_is_no_mapping_is_refused(data: object) -> None:
    with pytest.raises(ModelError, match="has the keys"):
        FaceSpec.from_dict(data)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "square"},
        {"kind": None},
        {"size": "224"},
        {"size": 0},
        {"size": 223.5},
        {"size": True},
        {"size": 10**9},
        {"side": 1e299},
        {"centre": -1e299},
        {"std": [1e299, 1e299, 1e299]},
        {"mean": [10**400, 0, 0]},
        {"side": None},
        {"side": -1.0},
        {"centre": "middle"},
        {"mean": [0.5, 0.5]},
        {"mean": 0.5},
        {"std": ["a", "b", "c"]},
        {"std": [0.2, 0.2, 0.0]},
    ],
)
def test_an_invalid_value_is_refused_and_its_key_named(change: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=next(iter(change))):
        FaceSpec.from_dict(PLAIN | change)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.fixed_dictionaries(dict.fromkeys(PLAIN, json_values)))
def test_any_json_gives_a_spec_or_a_model_error(data: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        FaceSpec.from_dict(data)  # a random kind is never one of the two
    for name, value in data.items():
        try:
            spec = FaceSpec.from_dict(PLAIN | {name: value})
        except ModelError:
            continue
        assert FaceSpec.from_dict(spec.to_dict()) == spec
