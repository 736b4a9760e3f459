import { Children, startTransition, useEffect, useState } from "react";

// Shows its second child first, and its first as soon as there is time: made in small pieces, between which hands
// and images go on.
export function Later({ children, ref: _ref }) {
  const [isTime, setIsTime] = useState(false);
  useEffect(() => startTransition(() => setIsTime(true)), []);
  const [content, meanwhile] = Children.toArray(children);
  return isTime ? content : meanwhile;
}
