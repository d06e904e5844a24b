"""HDR and wide-gamut videos look like the SDR original that they were made from."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.support.frames import read_frames
from tests.support.video_sample import HLG, PQ, Colour, hlg, pq, write_video
from wince.video import Video
from wince.video.colour import to_bt709, unsupported_colour

pytest.importorskip("av", reason="needs PyAV")

ENCODINGS = {"PQ": (PQ, pq), "HLG": (HLG, hlg)}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("name", "codec"), [("hdr.mp4", "libx264"), ("hdr.mkv", "ffv1")])
def test_a_face_in_hdr_is_shown_and_scored_as_in_sdr(tmp_path, assessor, encoding, name, codec):
    colour, encode = ENCODINGS[encoding]
    options = {"crf": "8"} if codec == "libx264" else {}
    path = next(frame.path for frame in read_frames() if frame.pspi == 12)
    face = np.asarray(Image.open(path).convert("RGB"))
    video_path = write_video(
        tmp_path / name,
        [encode(face)] * 2,
        codec=codec,
        pixel_format="yuv420p10le",
        colour=colour,
        options=options,
    )
    with Video(video_path) as video:
        rgb = [frame.rgb for frame in video.frames()][1]
    assert np.abs(rgb.astype(int) - face).mean() < 2  # 27 in PQ and 16 in HLG when not converted
    assert assessor.assess(rgb).pspi == pytest.approx(assessor.assess(face).pspi, abs=0.5)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_colours_up_to_three_quarters_of_white_are_kept(encoding):
    colour, encode = ENCODINGS[encoding]
    levels = np.arange(0, 226, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(16, 256, 3)
    shown = to_bt709(encode(cube), colour.transfer, colour.primaries)
    assert np.abs(shown.astype(int) - cube).max() <= 4
    assert np.abs(shown.astype(int) - cube).mean() < 0.1


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_highlights_are_compressed_in_order_and_not_cut_off(encoding):
    colour, _ = ENCODINGS[encoding]
    ramp = np.repeat(np.linspace(0, 65535, 256).astype(np.uint16)[None, :, None], 3, axis=2)
    shown = to_bt709(ramp, colour.transfer, colour.primaries)[0].astype(int)
    assert (np.diff(shown, axis=0) >= 0).all()
    white = {"PQ": 148, "HLG": 191}[encoding]  # 203 cd/m2 of BT.2408: 58 % of PQ, 75 % of HLG
    assert (shown[white] > 235).all()
    assert (shown[white] < 250).all()
    assert (shown == shown[:, :1]).all(), "grey stays grey"


@pytest.mark.parametrize("primaries", [9, 12])
def test_wide_primaries_are_converted(primaries):
    # Red of BT.709 in BT.2020 (ITU-R BT.2087) and in Display P3 (CSS Color 4), as light.
    red = {9: (0.6274, 0.0691, 0.0164), 12: (0.8225, 0.0332, 0.0171)}[primaries]
    signal = np.round(65535 * np.array(red) ** (1 / 2.4)).astype(np.uint16)
    shown = to_bt709(signal[None, None], 1, primaries)[0, 0]
    assert shown[0] >= 254
    assert shown[1:].max() < 12


def test_wide_primaries_of_an_sdr_video_are_converted(tmp_path):
    signal = np.round(65535 * np.array((0.6274, 0.0691, 0.0164)) ** (1 / 2.4)).astype(np.uint16)
    images = [np.full((48, 64, 3), signal, np.uint16)] * 2
    colour = Colour(matrix=9, transfer=14, primaries=9)
    path = tmp_path / "wide.mkv"
    write_video(path, images, codec="ffv1", pixel_format="yuv420p10le", colour=colour)
    with Video(path) as video:
        for frame in video.frames():
            assert frame.rgb.mean((0, 1)) == pytest.approx((255, 0, 0), abs=14)


def test_dolby_vision_without_a_standard_colour_space_is_refused():
    frame = SimpleNamespace(color_trc=2, colorspace=2, side_data={"DOVI_METADATA": b""})
    assert "Dolby Vision" in unsupported_colour(frame)
    frame.color_trc = 18  # profile 8.4 of phones can be read as HLG
    assert unsupported_colour(frame) is None
