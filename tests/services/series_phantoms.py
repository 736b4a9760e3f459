"""Frames and attributes of made series, as ingest stores them, for tests of stacks."""

import json
from dataclasses import dataclass, replace

from backend.dicom.model import (
    AcquisitionAttributes,
    CineAttributes,
    FrameDistinction,
    FrameGeometry,
    InstanceAttributes,
    PatientAttributes,
    SeriesAttributes,
    SpacingAttributes,
    StudyAttributes,
)
from backend.models.viewing import PlacedFrame
from backend.services.stacks import SeriesStacks, stacks_of

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


@dataclass(frozen=True)
class Made:
    """One instance of a made series."""

    attributes: InstanceAttributes

    @property
    def uid(self) -> str:
        return self.attributes.sop_instance_uid


def image(
    uid: str,
    number: int | None,
    position: tuple[float, ...] | None = (0.0, 0.0, 0.0),
    orientation: tuple[float, ...] | None = AXIAL,
    *,
    acquisition: dict | None = None,
    apart: dict | None = None,
    frames: tuple[FrameGeometry, ...] = (),
    frames_apart: tuple[FrameDistinction, ...] = (),
    frame_of_reference_uid: str = "2.25.9",
    thickness: float | None = None,
    **said: object,
) -> Made:
    """An instance; frames are given for an enhanced object."""
    attributes = InstanceAttributes(
        patient=PatientAttributes(),
        study=StudyAttributes("2.25.1"),
        series=SeriesAttributes("2.25.2", frame_of_reference_uid=frame_of_reference_uid),
        acquisition=AcquisitionAttributes(**(acquisition or {})),
        spacing=SpacingAttributes(),
        cine=CineAttributes(),
        geometry=FrameGeometry(position, orientation, slice_thickness_mm=thickness),
        sop_instance_uid=uid,
        sop_class_uid="1.2",
        sop_class_name="MR Image Storage",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        transfer_syntax_name="Explicit VR Little Endian",
        instance_number=number,
        rows=64,
        columns=64,
        number_of_frames=len(frames) or 1,
        distinction=FrameDistinction(**(apart or {})),
        frame_geometries=frames,
        frame_distinctions=frames_apart,
        is_displayable=True,
    )
    return Made(replace(attributes, **said))


def placed(made: list[Made]) -> list[PlacedFrame]:
    def text(values: tuple[float, ...] | None) -> str:
        return "" if values is None else json.dumps(values)

    return [
        PlacedFrame(
            sop_instance_uid=one.uid,
            instance_number=one.attributes.instance_number,
            frame_number=index + 1,
            image_position_mm=text(one.attributes.frame_geometry(index).image_position_mm),
            image_orientation=text(one.attributes.frame_geometry(index).image_orientation),
            frame_count=one.attributes.number_of_frames,
            rows=one.attributes.rows,
            columns=one.attributes.columns,
        )
        for one in made
        for index in range(one.attributes.number_of_frames)
    ]


def series(*made: Made, modality: str = "MR") -> SeriesStacks:
    """The stacks of a series; that every image belongs to exactly one of them is checked here for every test."""
    frames = placed(list(made))
    stacks = stacks_of(frames, lambda: {one.uid: one.attributes for one in made}, modality)
    shown = [image for stack in stacks.stacks for image in stack.images]
    assert sorted(shown) == sorted((one.sop_instance_uid, one.frame_number) for one in frames)
    assert len({stack.stack_id for stack in stacks.stacks}) == len(stacks.stacks)
    assert len({stack.label for stack in stacks.stacks}) == len(stacks.stacks)
    return stacks


def labels(stacks: SeriesStacks) -> list[str]:
    return [stack.label for stack in stacks.stacks]


def uids(stacks: SeriesStacks) -> list[list[str]]:
    return [[uid for uid, _ in stack.images] for stack in stacks.stacks]
