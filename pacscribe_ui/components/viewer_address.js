// What the address of the page says.

/** Whether the address names this study: the state may still hold the one before. */
export const isInAddress = (study) =>
  decodeURIComponent(location.pathname).replace(/\/+$/, "").endsWith(`/viewer/${study}`);
