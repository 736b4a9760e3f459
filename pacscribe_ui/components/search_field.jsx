import { Fragment, useRef } from "react";

// What is in it begins anew whenever `serial` becomes another one, but not when the page gets its state: hands may
// have been there before. Until then the state's own number is not known, and after that only changes count.
export function BegunAnew({ serial, isThere, children, ref: _ref }) {
  const first = useRef(null);
  if (isThere && first.current === null) first.current = serial;
  return <Fragment key={first.current === null ? 0 : serial - first.current}>{children}</Fragment>;
}
