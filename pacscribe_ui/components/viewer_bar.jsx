// Controls outside the viewports, as they are for the hand: what was decided shows at once, whoever decided it. All of
// them only name commands; `viewer_keys.jsx` hears those.
import { useNow } from "./viewer_ahead.js";
import { filmOf, isIdle, isOn } from "./viewer_changes.js";
import { engines } from "./viewer_engines.js";
import { plainNumber } from "./viewport_pixels.js";
import { AS_STORED, windowChoices, windowShown } from "./viewport_windows.js";

const nothing = () => {}; // a list that shows what holds needs a listener for React

/**
 * A button that gives a command, pressed while what it switches is on. `labelOn` is what it does then, if that is other;
 * `whyIdle` why it does nothing while there is nothing for it to act on.
 */
export function CommandButton({ name, label, labelOn, whyIdle, children, ref: _ref, ...rest }) {
  const on = useNow((page) => isOn(page, name));
  const idle = useNow((page) => isIdle(page, name));
  const said = (on && labelOn) || label;
  return (
    <button
      {...rest} {...(said ? { title: said, "aria-label": said } : {})} {...(idle ? { title: whyIdle, "aria-disabled": true } : {})}
      type="button" data-command={name} aria-pressed={on ?? undefined}
    >
      {children}
    </button>
  );
}

/** How much text lies over the images. */
export function TextLevels({ levels, label, ref: _ref }) {
  const level = useNow((page) => page.text_level) ?? "";
  return (
    <select value={level} onChange={nothing} data-commands="text" aria-label={label} className="tools-select tools-select--wide">
      {Object.entries(levels).map(([value, said]) => <option key={value} value={value}>{said}</option>)}
    </select>
  );
}

/** The speed of the active viewport's film. */
export function FilmSpeed({ said, ref: _ref }) {
  const speed = useNow((page) => filmOf(page, page.active).speed);
  return <span className="tools-rate">{said.replace("{speed}", plainNumber(speed))}</span>;
}

/** The windows of the active viewport's image, and which of them it has. */
export function WindowList({ words, ref: _ref }) {
  const { choices, value } = JSON.parse(useNow(({ active }) => JSON.stringify(offered(engines.get(active)))));
  const idle = useNow((page) => isIdle(page, "choose"));
  return (
    <select
      value={value} onChange={nothing} data-commands="choose" aria-label={words.list} className="tools-select"
      disabled={idle} title={idle ? words.idle : undefined}
    >
      <option value={AS_STORED}>{words.as_stored}</option>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {nameOf(choice, words) + (choice.shortcut ? ` (${choice.shortcut})` : "")}
        </option>
      ))}
      {value ? null : <option value="">{words.own}</option>}
    </select>
  );
}

function offered(engine) {
  if (!engine?.description || !engine.view) return { choices: [], value: AS_STORED };
  const choices = windowChoices(engine.description, engine.view.image_index, engine.measured);
  return { choices, value: windowShown(choices, engine.view) };
}

const nameOf = ({ value, name, voi_lut_number: table }, words) => {
  if (table !== null) return words.filed + (name || words.table.replace("{number}", table));
  return value.startsWith("file-") ? words.filed + name : words.names[name] ?? name;
};
