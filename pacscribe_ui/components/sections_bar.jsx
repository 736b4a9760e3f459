import { useEffect, useRef } from "react";

// A list of links that is a bar on narrow screens: the page that is open is brought into sight, once the list is there.
export function SectionsBar({ children, ref: _ref, ...rest }) {
  const bar = useRef(null);

  useEffect(() => {
    const show = () => {
      const here = bar.current.querySelector('[aria-current="page"]');
      if (!here) return;
      const [outer, inner] = [bar.current.getBoundingClientRect(), here.getBoundingClientRect()];
      bar.current.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
    };
    show();
    const arriving = new MutationObserver(show);
    arriving.observe(bar.current, { childList: true, subtree: true });
    return () => arriving.disconnect();
  }, []);

  return <nav {...rest} ref={bar}>{children}</nav>;
}
