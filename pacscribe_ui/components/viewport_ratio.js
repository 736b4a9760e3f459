// Device pixels per CSS pixel, which change when a window moves to another screen.

/** Call back when the ratio changes; returns what stops it. */
export function onRatioChange(callback) {
  let media = null;
  const changed = () => {
    watch();
    callback();
  };
  const watch = () => {
    media?.removeEventListener("change", changed);
    media = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    media.addEventListener("change", changed);
  };
  watch();
  return () => media.removeEventListener("change", changed);
}
