"""What an object without an image is, in words for people who know no SOP classes (PS3.4 B.5). One sentence for each."""

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_KEPT = "{what} It holds no image to draw; the file is kept whole."
# The longest beginning that fits decides, so that a later member of a family is still called by its family's name.
_KINDS = {
    "104.1": "This is a PDF document.",
    "104.2": "This is a clinical document (CDA).",
    "104.3": "This is a three-dimensional model (STL).",
    "104.4": "This is a three-dimensional model (OBJ).",
    "104.5": "This is the material of a three-dimensional model (MTL).",
    "88": "This is a structured report.",
    "88.50": "This is a structured report of computer-aided detection.",
    "88.59": "This is a selection of key images.",
    "88.65": "This is a structured report of computer-aided detection.",
    "88.67": "This is a report of the radiation dose.",
    "88.68": "This is a report of the radiation dose.",
    "88.73": "This is a report of the radiation dose.",
    "9": "This is a recorded curve.",
    "9.1": "This is an electrocardiogram.",
    "9.2.1": "This is a recording of pressures in heart and vessels.",
    "9.3.1": "This is an electrophysiological recording.",
    "9.4": "This is a sound recording.",
    "9.5.1": "This is a recording of the pulse.",
    "9.6": "This is a recording of the breathing.",
    "9.7.1": "This is an electroencephalogram.",
    "9.7.2": "This is an electromyogram.",
    "9.7.3": "This is a recording of the movements of the eyes.",
    "9.7.4": "This is a recording of sleep.",
    "11": "This is a presentation state: how images of the study are meant to be shown.",
    "481.3": "This is a set of structures outlined for radiotherapy.",
    "481.4": "This is the record of a radiotherapy session.",
    "481.5": "This is a radiotherapy plan.",
    "481.6": "This is the record of a brachytherapy session.",
    "481.7": "This is the summary of a radiotherapy.",
    "481.8": "This is a radiotherapy plan (ions).",
    "481.9": "This is the record of a radiotherapy session (ions).",
    "481": "This is an object of radiotherapy.",
    "4.2": "This is a magnetic resonance spectrum.",
    "66": "This is raw data of a device.",
    "66.1": "This is a registration: how the images of two series lie to each other.",
    "66.2": "This is a set of reference points in space.",
    "66.3": "This is a registration: how the images of two series are bent to each other.",
    "66.5": "This is a segmentation by surfaces.",
    "66.6": "This is a set of nerve tracts.",
    "67": "This says how pixel values become measured values.",
    "68": "This is a scanned surface.",
    "78": "This is a measurement of the eye.",
    "79.1": "This is an analysis of measurements of the eye.",
    "80": "This is a visual field.",
}


def sentence_without_image(sop_class_uid: str, sop_class_name: str) -> str:
    """What the object is, and that there is nothing to draw.

    Args:
        sop_class_uid: Of the object.
        sop_class_name: Its name in the standard, for those without words of their own here.
    """
    is_storage = sop_class_uid.startswith(_STORAGE)
    parts = sop_class_uid.removeprefix(_STORAGE).split(".") if is_storage else []
    for length in range(len(parts), 0, -1):
        what = _KINDS.get(".".join(parts[:length]))
        if what is not None:
            return _KEPT.format(what=what)
    return _KEPT.format(what=f"This is an object of the kind “{sop_class_name}”.")
