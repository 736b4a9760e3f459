"""Videos as the viewer's strip lists them: an entry for each, beside the stacks of its series. Pure, from rows that were read."""

from collections.abc import Mapping, Sequence

from backend.models.studies import Series
from backend.models.videos import VideoInStudy
from backend.schemas.viewing import SeriesView


def with_videos(
    series: Series, entries: Sequence[SeriesView], videos: Sequence[VideoInStudy]
) -> list[SeriesView]:
    """The entries of a series with one more for each of its videos; of a series that holds only videos, just those.

    Args:
        series: Its row.
        entries: What it holds beside its videos.
        videos: Its videos, in order.
    """
    if not videos:
        return list(entries)
    others = [entry for entry in entries if entry.instance_count]
    is_alone = not others and len(videos) == 1
    return [
        *others,
        *(
            _video_view(series, video, 0 if is_alone else number)
            for number, video in enumerate(videos, start=1)
        ),
    ]


def videos_by_series(videos: Sequence[VideoInStudy]) -> Mapping[str, list[VideoInStudy]]:
    """Videos by the key of their series."""
    found: dict[str, list[VideoInStudy]] = {}
    for video in videos:
        found.setdefault(video.series_key, []).append(video)
    return found


def _video_view(series: Series, video: VideoInStudy, number: int) -> SeriesView:
    return SeriesView(
        series_instance_uid=series.series_instance_uid,
        modality=series.modality,
        series_number="" if series.series_number is None else str(series.series_number),
        series_description=series.series_description,
        image_count=video.frame_count,
        instance_count=1,
        is_displayable=False,  # it is played, not drawn
        note=video.trouble,
        rows=video.rows,
        columns=video.columns,
        is_cine=True,
        stack_id=f"video-{number}" if number else "",
        stack_label=f"video {number}" if number else "",
        video_sop_instance_uid=video.sop_instance_uid,
        duration_ms=video.duration_ms,
    )
