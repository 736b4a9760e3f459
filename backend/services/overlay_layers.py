"""Overlay planes of a frame as one transparent picture, kept for a while. Who may see it is decided in `viewing`."""

from backend.core.bounded_cache import BoundedCache
from backend.core.errors import NotDisplayable, NotFound
from backend.dicom.codecs import NotDecodable
from backend.dicom.overlay_bits import overlay_planes
from backend.imaging.encoding import encode_layer
from backend.imaging.overlays import draw_overlays
from backend.imaging.tiling import pyramid_levels
from backend.ports.keyring import Keyring
from backend.ports.object_store import ReadableObjects
from backend.schemas.viewing import EncodedTile, Fidelity
from backend.services.frame_reading import OpenInstance, up_to_the_end

_KEPT_BYTES = 4 * 1024 * 1024


class OverlayLayers:
    """Draws the overlay planes of stored instances.

    Args:
        object_store: Where their octets are.
        keyring: Opens the keys of objects.
    """

    def __init__(self, object_store: ReadableObjects, keyring: Keyring) -> None:
        self._object_store = object_store
        self._keyring = keyring
        self._layers: BoundedCache[tuple[str, str, int, int], EncodedTile] = BoundedCache(
            _KEPT_BYTES, lambda layer: len(layer.octets)
        )

    def layer(
        self, study_key: str, instance: OpenInstance, frame_number: int, level: int
    ) -> EncodedTile:
        """The planes that belong to a frame, at one level of its pyramid; empty where there are none.

        Args:
            study_key: Of the study, so that its layers can be forgotten.
            instance: From `FrameReader.instance`.
            frame_number: From 1.
            level: 0 for full resolution.

        Raises:
            NotFound: If there is no such frame.
            NotDisplayable: If there is no such level, or the planes cannot be read.
            ObjectDamaged: If the stored octets fail their seal.
        """
        header, stored = instance.header, instance.stored
        pixels = header.pixel_format
        if not 1 <= frame_number <= header.number_of_frames:
            raise NotFound("This image has no such frame.")
        if not 0 <= level < pyramid_levels(pixels.rows, pixels.columns):
            raise NotDisplayable("This image has no such level of detail.")
        key = (study_key, stored.object_id, frame_number, level)
        layer = self._layers.get(key)
        if layer is not None:
            return layer
        epoch = self._layers.epoch
        object_key = self._keyring.unwrap_object_key(
            stored.wrapped_object_key, stored.wrapped_data_key
        )
        try:
            with self._object_store.open(stored.object_id, object_key) as reader:
                planes = overlay_planes(header, up_to_the_end(reader), frame_number - 1)
        except NotDecodable as error:
            raise NotDisplayable(f"The overlay cannot be shown: {error}.") from error
        alpha = draw_overlays(planes, pixels.rows, pixels.columns, level)
        rows, columns = alpha.shape
        octets = encode_layer(alpha)
        layer = EncodedTile(octets, "image/png", rows, columns, None, None, Fidelity.LOSSLESS)
        self._layers.put(key, layer, epoch)
        return layer

    def forget_study(self, study_key: str) -> None:
        """Keep nothing of a study."""
        self._layers.forget(lambda key: key[0] == study_key)
