"""Pixels as numbers: look-up tables, windows, pyramids, tiles, encoding, geometry.

Numpy, Pillow and codecs only. What a DICOM element is called is known in `backend.dicom`; who may see the
result, in `backend.access`.
"""
