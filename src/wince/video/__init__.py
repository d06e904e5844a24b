"""Read videos: upright, square, progressive 8-bit RGB frames, each with its time."""

from wince.video.reader import Video, VideoFrame

__all__ = ["Video", "VideoFrame"]
