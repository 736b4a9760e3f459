// A moment in the reader's own time zone, as `2026-01-31 13:45`; the exact moment is in the tooltip.
export function LocalTime({ moment, ref, ...rest }) {
  const at = new Date(moment);
  const isMoment = moment && !Number.isNaN(at.getTime());
  const two = (number) => String(number).padStart(2, "0");
  const shown = isMoment
    ? `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
    : "";
  return (
    <time {...rest} ref={ref} dateTime={moment} title={isMoment ? at.toString() : undefined}>
      {shown}
    </time>
  );
}
