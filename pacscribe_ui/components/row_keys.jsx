// Arrow keys, Home and End move between the links of a list's rows; Enter follows one, as everywhere.
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export function RowKeys({ selector, children, ref, ...rest }) {
  const move = (event) => {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const links = [...event.currentTarget.querySelectorAll(selector)];
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const next = at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step));
    event.preventDefault();
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
  };
  return (
    <div {...rest} ref={ref} onKeyDown={move}>
      {children}
    </div>
  );
}
