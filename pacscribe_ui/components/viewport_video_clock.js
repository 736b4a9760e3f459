// Which frame of a video is shown when. Pure arithmetic on what the server says of the stream: times are seconds
// from the start of the film, frames count from 1.

/**
 * @param said {frame_count, frame_seconds, frame_times_seconds}: of the server's description.
 * @param duration Of the film as the browser knows it; used where the stream does not say how long a frame stays.
 * @returns {count, step, times}: `times` is null where the frames come evenly.
 */
export function clockOf(said, duration) {
  const count = Math.max(1, said.frame_count);
  const known = Number.isFinite(duration) && duration > 0 ? duration : 0;
  const step = said.frame_seconds > 0 ? said.frame_seconds : known / count || 1;
  return { count, step, times: said.frame_times_seconds?.length === count ? said.frame_times_seconds : null };
}

/** When a frame is shown first. */
export const timeOf = ({ step, times }, frame) => (times ? times[frame - 1] : (frame - 1) * step);

/** A time at which a frame is shown for sure: in the middle of its stay, whatever was rounded on the way. */
export function middleOf(clock, frame) {
  const start = timeOf(clock, frame);
  const end = frame < clock.count ? timeOf(clock, frame + 1) : start + clock.step;
  return (start + end) / 2;
}

/**
 * The frame that begins at a time, as a browser says it of a frame that it has presented. Browsers round, so the
 * nearest beginning counts.
 */
export function frameBeginningAt(clock, seconds) {
  const { count, step, times } = clock;
  if (!times) return Math.min(count, Math.max(1, Math.round(seconds / step) + 1));
  const after = firstAfter(times, seconds);
  if (after === 0) return 1;
  if (after === count) return count;
  return seconds - times[after - 1] <= times[after] - seconds ? after : after + 1;
}

/** The frame that is shown at a time. */
export function frameDuring(clock, seconds) {
  const { count, step, times } = clock;
  const frame = times ? firstAfter(times, seconds) : Math.floor(seconds / step + 1e-6) + 1;
  return Math.min(count, Math.max(1, frame));
}

// How many of the rising times are not later.
function firstAfter(times, seconds) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= seconds + 1e-6) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A time for people: minutes and seconds with hundredths, hours where there are any. */
export function timeText(seconds) {
  const hundredths = Math.max(0, Math.round(seconds * 100));
  const two = (value) => String(value).padStart(2, "0");
  const [minutes, rest] = [Math.floor(hundredths / 6000), hundredths % 6000];
  const tail = `${two(Math.floor(rest / 100))}.${two(rest % 100)}`;
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${tail}`;
}
