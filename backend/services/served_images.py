"""Proof of view: which images of a study left for whom, remembered while they do and written to the audit trail at the end.

A tile is noted after it has left, never before, so that what is written was sent. One entry sums up one viewing: it ends
with the session, soon after its last socket has closed, or after a while. What is remembered is lost only if the process
is killed; that the study was opened is in the trail all the same (`viewing_verdicts`).
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from backend.access import audit
from backend.access.audit import DetailValue
from backend.core import clock
from backend.core.caller import Caller
from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction
from backend.models import served_images as queries
from backend.models.served_images import PlacedInstance
from backend.models.session import Database

WHOLE_VIDEO = 0
"""In place of a frame number."""

# So long is what a killed process loses at most.
_LONGEST_SECONDS = 15 * 60.0
# A page that is loaded anew opens its socket again within this time, and it is one viewing.
_LEFT_SECONDS = 20.0
_LOOK_SECONDS = 5.0
# All viewings together: a megabyte holds about four thousand instances.
_MOST_INSTANCES = 50_000
_MOST_SERIES_TOLD = 40
_MOST_CHARACTERS = 300

_log = logging.getLogger(__name__)


class _Key(NamedTuple):
    session_id: str
    user_id: str
    study_instance_uid: str


@dataclass(slots=True)
class _Viewing:
    """What has left so far.

    Attributes:
        frames: By SOP Instance UID; bit n stands for frame n, bit 0 for the whole of a video.
    """

    caller: Caller
    began_at: datetime
    began: float
    ended_at: datetime
    last: float
    frames: dict[str, int] = field(default_factory=dict)


class ServedImages:
    """Notes what left, and writes it down.

    Args:
        database: Where the audit trail is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._viewings: dict[_Key, _Viewing] = {}
        self._instances = 0
        self._sockets: dict[str, int] = {}
        self._ended: set[str] = set()
        self._is_stopping = threading.Event()
        self._something_to_do = threading.Event()
        self._thread = threading.Thread(target=self._work, name="proof of view", daemon=True)

    def note(
        self, caller: Caller, study_instance_uid: str, sop_instance_uid: str, frame_number: int
    ) -> None:
        """An image has left for `caller`. Costs about a microsecond, touches neither database nor disk.

        Args:
            caller: Whoever it was drawn for.
            study_instance_uid: Of the study.
            sop_instance_uid: Of the instance.
            frame_number: From 1; `WHOLE_VIDEO` for a video, which is not counted by frames.
        """
        key = _Key(caller.session_id, caller.user_id, study_instance_uid)
        bit = 1 << frame_number
        with self._lock:
            viewing = self._viewings.get(key)
            if viewing is None:
                at, now = clock.now(), time.monotonic()
                viewing = self._viewings[key] = _Viewing(caller, at, now, at, now)
            viewing.last = time.monotonic()
            known = viewing.frames.get(sop_instance_uid)
            if known is None:
                viewing.frames[sop_instance_uid] = bit
                self._instances += 1
                if self._instances > _MOST_INSTANCES:
                    self._something_to_do.set()
            elif not known & bit:
                viewing.frames[sop_instance_uid] = known | bit

    def socket_opened(self, session_id: str) -> None:
        """Somebody looks at images, in this session."""
        with self._lock:
            self._sockets[session_id] = self._sockets.get(session_id, 0) + 1

    def socket_closed(self, session_id: str) -> None:
        """They no longer do, in this page."""
        with self._lock:
            left = self._sockets.get(session_id, 1) - 1
            if left:
                self._sockets[session_id] = left
            else:
                self._sockets.pop(session_id, None)

    def session_ended(self, session_id: str) -> None:
        """A session is over, and its viewings with it."""
        with self._lock:
            self._ended.add(session_id)
        self._something_to_do.set()

    def start(self) -> None:
        """Begin to look, every few seconds, which viewings are at their end."""
        self._thread.start()

    def stop(self) -> None:
        """The program stops: write down every viewing."""
        self._is_stopping.set()
        self._something_to_do.set()
        if self._thread.is_alive():
            self._thread.join()
        self.write_down(everything=True)

    def write_down(self, *, everything: bool = False) -> int:
        """Write an entry for each viewing that is at its end; returns how many.

        Args:
            everything: Whether to take every viewing for ended.
        """
        written = 0
        for key, viewing in self._taken(everything=everything):
            try:
                self._write(key, viewing)
                written += 1
            except Exception as error:  # noqa: BLE001 - the trail may be written again at the next look
                _log.error("A proof of view waits to be written: %s", described_exception(error))
                self._put_back(key, viewing)
        return written

    # --------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._is_stopping.is_set():
            self._something_to_do.wait(_LOOK_SECONDS)
            self._something_to_do.clear()
            self.write_down()

    def _taken(self, *, everything: bool) -> list[tuple[_Key, _Viewing]]:
        now = time.monotonic()
        with self._lock:
            ended, self._ended = self._ended, set()
            is_full = self._instances > _MOST_INSTANCES
            taken = [
                (key, viewing)
                for key, viewing in self._viewings.items()
                if everything
                or is_full
                or key.session_id in ended
                or now - viewing.began >= _LONGEST_SECONDS
                or (key.session_id not in self._sockets and now - viewing.last >= _LEFT_SECONDS)
            ]
            for key, viewing in taken:
                del self._viewings[key]
                self._instances -= len(viewing.frames)
                viewing.ended_at = viewing.began_at + timedelta(
                    seconds=viewing.last - viewing.began
                )
        return taken

    def _put_back(self, key: _Key, viewing: _Viewing) -> None:
        with self._lock:
            newer = self._viewings.get(key)
            if newer is not None:
                self._instances -= len(newer.frames)
                for uid, frames in newer.frames.items():
                    viewing.frames[uid] = viewing.frames.get(uid, 0) | frames
                viewing.last = newer.last
            self._viewings[key] = viewing
            self._instances += len(viewing.frames)

    def _write(self, key: _Key, viewing: _Viewing) -> None:
        with self._database.write(viewing.caller.organization_id) as session:
            placed = queries.placed_instances(
                session, key.study_instance_uid, sorted(viewing.frames)
            )
            audit.append(
                session,
                viewing.caller,
                AuditAction.STUDY_SERVED,
                object_type="study",
                object_id=key.study_instance_uid,
                details=summary(viewing.frames, placed)
                | {"from": _moment(viewing.began_at), "to": _moment(viewing.ended_at)},
            )


def summary(frames: Mapping[str, int], placed: Sequence[PlacedInstance]) -> dict[str, DetailValue]:
    """What was served, by series, in few words.

    Args:
        frames: See `_Viewing.frames`.
        placed: Where these instances stand, in the order of their series and numbers. What is deleted already is
            missing; it is told by its UID.

    Returns:
        `images`: how many frames. `series`: for each `UID: 1-40, 43[1-30, 35]`, instances by number with their frames
        in brackets where there are several; `#UID` where a number says nothing. Long ones are cut, and how
        many instances are not named is in `instances_unnamed`.
    """
    told: dict[str, _Told] = {}
    known = set()
    for instance in placed:
        known.add(instance.sop_instance_uid)
        told.setdefault(instance.series_instance_uid, _Told()).add(
            instance, frames[instance.sop_instance_uid]
        )
    for uid in sorted(set(frames) - known):
        told.setdefault("", _Told()).add(PlacedInstance(uid, "", None, 1), frames[uid])
    lines, unnamed = [], 0
    for number, (series_instance_uid, each) in enumerate(told.items()):
        text, left_out = each.text() if number < _MOST_SERIES_TOLD else ("", each.count)
        unnamed += left_out
        if text:
            lines.append(f"{series_instance_uid}: {text}" if series_instance_uid else text)
    images = sum((mask >> 1).bit_count() for mask in frames.values())
    details: dict[str, DetailValue] = {"images": images, "series": lines}
    if unnamed:
        details["instances_unnamed"] = unnamed
    videos = sum(mask & 1 for mask in frames.values())
    if videos:
        details["videos"] = videos
    return details


class _Told:
    """The instances of one series, as words."""

    def __init__(self) -> None:
        self.count = 0
        self._words: list[tuple[str, int]] = []  # and how many instances each stands for
        self._run: tuple[int, int] | None = None

    def add(self, instance: PlacedInstance, mask: int) -> None:
        """The next instance, in the order of numbers."""
        self.count += 1
        number = instance.instance_number
        is_whole = instance.frame_count <= 1 or mask == 1
        if number is not None and is_whole:
            first, last = self._run or (number, number - 1)
            if number == last + 1:
                self._run = (first, number)
                return
            self._end_run()
            self._run = (number, number)
            return
        self._end_run()
        name = f"#{instance.sop_instance_uid}" if number is None else str(number)
        self._words.append((name if is_whole else f"{name}[{_ranges(mask)}]", 1))

    def text(self) -> tuple[str, int]:
        """The words, cut where they become long, and how many instances are not named by them."""
        self._end_run()
        kept: list[str] = []
        length = named = 0
        for word, count in self._words:
            length += len(word) + 2
            if length > _MOST_CHARACTERS and kept:
                break
            kept.append(word[:_MOST_CHARACTERS])
            named += count
        return ", ".join(kept), self.count - named

    def _end_run(self) -> None:
        if self._run is not None:
            first, last = self._run
            word = str(first) if first == last else f"{first}-{last}"
            self._words.append((word, last - first + 1))
            self._run = None


def _ranges(mask: int) -> str:
    """The frames of a mask: `1-30, 35`."""
    ranges, number = [], 1
    rest = mask >> 1
    while rest:
        gap = (rest & -rest).bit_length() - 1
        rest >>= gap
        length = (~rest & (rest + 1)).bit_length() - 1
        first = number + gap
        ranges.append(str(first) if length == 1 else f"{first}-{first + length - 1}")
        rest >>= length
        number = first + length
    return ", ".join(ranges)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
