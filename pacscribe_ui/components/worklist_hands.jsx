import { useCallback, useEffect, useRef } from "react";

const STEPS = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, J: 1, K: -1, Home: -Infinity, End: Infinity };
const CHOOSE_AFTER_MS = 120;
const LOOK_EVERY_MS = 5000;
const LOOK_AT_MOST_EVERY_MS = 60000;

const isTyping = (target) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  target.type !== "checkbox";

// Keys, choosing and selecting rows by hand, and looking whether there is news. What is selected, and what is shown, the page knows.
export function WorklistHands({
  canSelect = false, selected = [], newsPath, onChoose, onSelect, onZone, onNews, onHelp, children, ref, ...rest
}) {
  const root = useRef(null);
  const now = useRef({});
  now.current = { canSelect, selected, onChoose, onSelect, onZone, onNews, onHelp };
  const anchor = useRef("");

  const rows = () => [...root.current.querySelectorAll("tbody tr[data-study-instance-uid]")];
  const uidOf = (row) => row.dataset.studyInstanceUid;

  const select = useCallback((row, { range = false }) => {
    if (!now.current.canSelect) return;
    const uid = uidOf(row);
    const all = rows().map(uidOf);
    const before = now.current.selected.filter((each) => all.includes(each));
    let after;
    if (range && all.includes(anchor.current)) {
      const [first, last] = [all.indexOf(anchor.current), all.indexOf(uid)].sort((a, b) => a - b);
      after = [...new Set([...before, ...all.slice(first, last + 1)])];
    } else {
      after = before.includes(uid) ? before.filter((each) => each !== uid) : [...before, uid];
      anchor.current = uid;
    }
    now.current.onSelect?.(after);
  }, []);

  const press = (event) => {
    if (!canSelect) return;
    const target = event.target;
    if (target.closest(".check-all")) {
      event.stopPropagation();
      const all = rows().map(uidOf);
      now.current.onSelect?.(now.current.selected.length === all.length ? [] : all);
      return;
    }
    const row = target.closest("tbody tr[data-study-instance-uid]");
    if (!row) return;
    if (target.closest(".check-cell")) {
      // A label presses its box as well, which would select twice.
      event.stopPropagation();
      event.preventDefault();
      select(row, { range: event.shiftKey });
    } else if (event.ctrlKey || event.metaKey || event.shiftKey) {
      event.stopPropagation();
      event.preventDefault();
      select(row, { range: event.shiftKey });
    }
  };

  useEffect(() => {
    const isAll = selected.length > 0 && selected.length === rows().length;
    for (const box of root.current.querySelectorAll(".check-all")) {
      box.checked = isAll;
      box.indeterminate = selected.length > 0 && !isAll;
    }
  });

  useEffect(() => {
    const keys = (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
      const links = [...root.current.querySelectorAll(".study-link")];
      if (event.key === "ArrowDown" && event.target.matches?.('input[type="search"]') && links.length) {
        event.preventDefault();
        links[0].focus();
        return;
      }
      if (isTyping(event.target)) return;
      if (event.key === "/") {
        event.preventDefault();
        document.querySelector('input[type="search"]')?.focus();
        return;
      }
      if (event.key === "?") {
        event.preventDefault();
        now.current.onHelp?.();
        return;
      }
      const at = links.indexOf(document.activeElement);
      const step = STEPS[event.key];
      // Arrows scroll what they are in, and go through menus; letters come here from every button and box.
      const isHere = root.current.contains(document.activeElement) || document.activeElement === document.body;
      const isLetter = event.key.length === 1 && !event.target.closest('[role="menu"]');
      if (step !== undefined && links.length && (isHere || isLetter)) {
        event.preventDefault();
        const next = at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step));
        links[next].focus();
        links[next].scrollIntoView({ block: "nearest" });
        if (event.shiftKey && at >= 0) select(links[next].closest("tr"), { range: true });
      } else if ((event.key === " " || event.key === "x") && at >= 0) {
        event.preventDefault();
        select(links[at].closest("tr"), { range: event.shiftKey });
      } else if (event.key === "Escape" && now.current.selected.length) {
        now.current.onSelect?.([]);
      }
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, [select]);

  // A key that is held goes through many studies, and whoever opens one wants to see nothing beside the list: only
  // the one at which the keyboard stays is chosen.
  useEffect(() => {
    let timer = 0;
    const focused = ({ target }) => {
      window.clearTimeout(timer);
      if (!target.matches(".study-link:focus-visible")) return;
      timer = window.setTimeout(() => now.current.onChoose?.(uidOf(target.closest("tr"))), CHOOSE_AFTER_MS);
    };
    const opened = () => window.clearTimeout(timer);
    const list = root.current;
    list.addEventListener("focusin", focused);
    list.addEventListener("click", opened, true);
    return () => {
      window.clearTimeout(timer);
      list.removeEventListener("focusin", focused);
      list.removeEventListener("click", opened, true);
    };
  }, []);

  useEffect(() => {
    now.current.onZone?.(Intl.DateTimeFormat().resolvedOptions().timeZone || "");
  }, []);

  useEffect(() => {
    if (!newsPath) return undefined;
    let timer = 0;
    let known = "";
    let wait = LOOK_EVERY_MS;
    let isOver = false;
    const look = async () => {
      if (document.visibilityState === "visible") {
        try {
          const answer = await fetch(newsPath, { cache: "no-store" });
          if (answer.status === 401) return; // signed out; the next thing the reader does says so
          if (!answer.ok) throw new Error(String(answer.status));
          const { state } = await answer.json();
          if (isOver) return;
          if (known && state !== known) now.current.onNews?.();
          known = state;
          wait = LOOK_EVERY_MS;
        } catch {
          wait = Math.min(2 * wait, LOOK_AT_MOST_EVERY_MS); // the server is away: ask it less and less often
        }
      }
      if (!isOver) timer = window.setTimeout(look, wait);
    };
    look();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [newsPath]);

  return (
    <div
      {...rest}
      ref={(node) => {
        root.current = node;
        if (typeof ref === "function") ref(node);
        else if (ref) ref.current = node;
      }}
      onClickCapture={press}
    >
      {children}
    </div>
  );
}
