"""The transfer syntaxes of video. Which codec a stream really has is seen from its octets, in `describe`."""

import re

PLAYED = "This object is a video: it is played, not drawn as an image."
# MPEG-2, H.264 and HEVC with their fragmentable forms, PS3.5 A.4.8 to A.4.12; SMPTE ST 2110 is sent, not stored.
_VIDEO = re.compile(r"1\.2\.840\.10008\.1\.2\.(4\.10[0-8](\.1)?|7\.[123])")


def is_video(transfer_syntax_uid: str) -> bool:
    """Whether a transfer syntax says that the pixel data is a video stream."""
    return _VIDEO.fullmatch(transfer_syntax_uid) is not None
