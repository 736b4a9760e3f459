"""Which ICC profile belongs to which frame, PS3.3 C.11.15 and C.8.12.5. Converting colours belongs to `backend.imaging`."""

from backend.dicom.attributes import first_item
from backend.dicom.elements import Elements
from backend.imaging.icc_profile import UnusableProfile, is_srgb

# Profiles of scanners have up to some hundred KiB; the reading header, which is read whole, must stay small.
MAX_PROFILE_BYTES = 1 << 20
_UNUSABLE = "The colour profile of the image is damaged; its colours are shown without it."
_TOO_LARGE = (
    "The colour profile of the image is larger than 1 MiB; its colours are shown without it."
)
_AMBIGUOUS = "The image does not say which of its colour profiles a frame has; its colours are shown without one."


class ColourProfiles:
    """The profiles that the frames of a colour image need, each kept once; that of sRGB is needed by none.

    Args:
        elements: The data set.
    """

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        self._indices: dict[bytes, int | None] = {}
        self._kept: list[bytes] = []
        own, _ = elements.octets("ICCProfile")
        self._of_image = own
        self._of_paths = {} if own else _profiles_of_paths(elements)
        if not own and not self._of_paths:
            _note_other_space(elements)

    @property
    def kept(self) -> tuple[bytes, ...]:
        """Octets of the profiles, in the order of their indices."""
        return tuple(self._kept)

    def index_for(self, groups: list[Elements]) -> int | None:
        """Which of `kept` a frame needs; None for none.

        Args:
            groups: Where to look its attributes up, see `attributes.per_frame_groups`.
        """
        profile = self._of_image or self._of_path(groups)
        if not profile:
            return None
        if profile not in self._indices:
            self._indices[profile] = self._taken(profile)
        return self._indices[profile]

    def _of_path(self, groups: list[Elements]) -> bytes:
        """The profile of the optical path that the frame was made with."""
        different = set(self._of_paths.values())
        if len(different) < 2:
            return next(iter(different), b"")
        item = first_item(groups, "OpticalPathIdentificationSequence")
        identifier = item.string("OpticalPathIdentifier") if item is not None else ""
        if identifier not in self._of_paths:
            self._elements.note(_AMBIGUOUS)
        return self._of_paths.get(identifier, b"")

    def _taken(self, profile: bytes) -> int | None:
        if len(profile) > MAX_PROFILE_BYTES:
            self._elements.note(_TOO_LARGE)
            return None
        try:
            if is_srgb(profile):
                return None
        except UnusableProfile:
            self._elements.note(_UNUSABLE)
            return None
        self._kept.append(profile)
        return len(self._kept) - 1


def _profiles_of_paths(elements: Elements) -> dict[str, bytes]:
    return {
        path.string("OpticalPathIdentifier"): path.octets("ICCProfile")[0]
        for path in elements.items("OpticalPathSequence")
    }


def _note_other_space(elements: Elements) -> None:
    space = elements.string("ColorSpace")
    if space not in ("", "SRGB"):
        elements.note(
            f"The colours of the image are those of {space}, for which it has no profile; they are shown as sRGB."
        )
