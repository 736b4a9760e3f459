"""Uploads that arrive in pieces: the rows, and whose they are. The octets of each piece are an object in the store."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, func
from sqlmodel import Field, Session, UniqueConstraint, col, select

from backend.models.base import Tenant, utc_column


class PartialUpload(Tenant, table=True):
    """One file that a person is sending. It exists for that person only.

    Its pieces are sealed under keys that are wrapped under `wrapped_data_key`, so that they outlive a restart.
    """

    __tablename__ = "partial_uploads"

    user_id: str = Field(foreign_key="users.id", index=True)
    source_name: str = Field(default="")
    fingerprint: str = Field(default="", max_length=64)  # by which its sender knows the file again
    size_bytes: int = Field(sa_type=BigInteger)
    received_bytes: int = Field(default=0, sa_type=BigInteger)
    wrapped_data_key: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = utc_column(required=True, index=True)
    outcome_count: int = 0
    taken_in_at: datetime | None = utc_column()  # every outcome is known, and the pieces are gone
    attachment: str = Field(
        default=""
    )  # what it is attached to, and as what (JSON); of a file that is to be attached


class UploadPiece(Tenant, table=True):
    """Some octets of an upload, durable in the object store."""

    __tablename__ = "upload_pieces"
    __table_args__ = (UniqueConstraint("upload_key", "offset_bytes"),)

    upload_key: str = Field(foreign_key="partial_uploads.id", index=True)
    offset_bytes: int = Field(sa_type=BigInteger)
    size_bytes: int = Field(sa_type=BigInteger)
    object_id: str = Field(unique=True, max_length=64)
    wrapped_object_key: bytes = Field(sa_type=LargeBinary)


class UploadOutcomes(Tenant, table=True):
    """Some outcomes of an upload, for whoever asks again after a dropped connection."""

    __tablename__ = "upload_outcomes"
    __table_args__ = (UniqueConstraint("upload_key", "first"),)

    upload_key: str = Field(foreign_key="partial_uploads.id", index=True)
    first: int  # number of the first of them, from 0
    outcomes: str  # JSON


def upload_of(session: Session, user_id: str, upload_id: str) -> PartialUpload | None:
    """An upload, if it is this person's."""
    return session.exec(
        select(PartialUpload).where(
            col(PartialUpload.id) == upload_id, col(PartialUpload.user_id) == user_id
        )
    ).first()


def uploads_of(session: Session, user_id: str) -> Sequence[PartialUpload]:
    """All uploads of a person, the oldest first."""
    return session.exec(
        select(PartialUpload)
        .where(col(PartialUpload.user_id) == user_id)
        .order_by(col(PartialUpload.id))
    ).all()


def held_by(session: Session, user_id: str) -> tuple[int, int]:
    """How many uploads of a person are not taken in yet, and how large they will be together."""
    count, size_bytes = session.exec(
        select(func.count(col(PartialUpload.id)), func.sum(col(PartialUpload.size_bytes)))
        .select_from(PartialUpload)
        .where(col(PartialUpload.user_id) == user_id, col(PartialUpload.taken_in_at).is_(None))
    ).one()
    return int(count), int(size_bytes or 0)


def pieces_of(session: Session, upload_id: str) -> Sequence[UploadPiece]:
    """The pieces of an upload, in order."""
    return session.exec(
        select(UploadPiece)
        .where(col(UploadPiece.upload_key) == upload_id)
        .order_by(col(UploadPiece.offset_bytes))
    ).all()


def outcomes_of(session: Session, upload_id: str, first: int = 0) -> Sequence[UploadOutcomes]:
    """What was written down about an upload, in order, from the row on that holds outcome `first`."""
    rows = session.exec(
        select(UploadOutcomes)
        .where(col(UploadOutcomes.upload_key) == upload_id)
        .order_by(col(UploadOutcomes.first))
    ).all()
    past = [row for row in rows if row.first <= first][-1:]
    return [*past, *(row for row in rows if row.first > first)]


def expired_uploads(session: Session, now: datetime) -> Sequence[PartialUpload]:
    """Uploads of all organizations whose time is over."""
    return session.exec(select(PartialUpload).where(col(PartialUpload.expires_at) <= now)).all()


def arrived_uploads(session: Session) -> Sequence[PartialUpload]:
    """Uploads of all organizations that are here whole and not taken in."""
    return session.exec(
        select(PartialUpload).where(
            col(PartialUpload.taken_in_at).is_(None),
            col(PartialUpload.received_bytes) == col(PartialUpload.size_bytes),
        )
    ).all()


def remove_upload(session: Session, upload: PartialUpload) -> list[str]:
    """Remove an upload and all that is known of it; the objects to delete once that is committed."""
    object_ids = remove_pieces(session, upload.id)
    for row in outcomes_of(session, upload.id):
        session.delete(row)
    session.flush()
    session.delete(upload)
    return object_ids


def remove_pieces(session: Session, upload_id: str) -> list[str]:
    """Remove the pieces of an upload; the objects to delete once that is committed."""
    pieces = pieces_of(session, upload_id)
    for piece in pieces:
        session.delete(piece)
    return [piece.object_id for piece in pieces]
