"""Answers about uploads that arrive in pieces."""

from dataclasses import dataclass
from datetime import datetime

from backend.schemas.attaching import AttachmentRequest


@dataclass(frozen=True, slots=True)
class PartialUploadView:
    """One upload, as its sender sees it.

    Attributes:
        upload_id: Its identifier.
        source_name: The file as its sender called it; never logged.
        fingerprint: By which its sender knows the file again.
        size_bytes: How large the file is.
        received_bytes: So many of its octets are durable.
        expires_at: What is not whole then is removed.
        is_taken_in: Whether every outcome is known.
        outcome_count: How many outcomes are known.
        attachment: What it is to be attached to, and as what; None if it is to be taken in like any file.
    """

    upload_id: str
    source_name: str
    fingerprint: str
    size_bytes: int
    received_bytes: int
    expires_at: datetime
    is_taken_in: bool
    outcome_count: int
    attachment: AttachmentRequest | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all octets are here."""
        return self.received_bytes == self.size_bytes
