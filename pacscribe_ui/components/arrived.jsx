import { Children, useEffect, useRef } from "react";
import { useLocation } from "react-router";

// What the state still held when a page was left: it is of an earlier visit, also to the same address.
let left = { visit: "", key: "" };

// Shows its first child, which belongs to an address, once the state says that it was read for it, and its second
// until then: never one patient's page under another's address, nor a page that is about to begin anew.
export function Arrived({ visit, children, ref: _ref }) {
  const { pathname, key } = useLocation();
  const now = useRef(left);
  now.current = { visit, key };

  useEffect(() => () => {
    left = now.current;
  }, []);

  const isOfAddress = visit.split(" ")[0] === pathname.replace(/\/+$/, "");
  const isOfEarlierVisit = visit === left.visit && key !== left.key;
  const [page, meanwhile] = Children.toArray(children);
  return isOfAddress && !isOfEarlierVisit ? page : meanwhile;
}
