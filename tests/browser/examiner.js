// Holds the page to axe-core's rules in one theme. With `seen` texts that look like one that has passed are not looked at again.
async ({theme, everyRule, seen}) => {
    const OF_COLOURS = ["color-contrast", "link-in-text-block"];
    const OFF = Object.fromEntries(OF_COLOURS.map(rule => [rule, {enabled: false}]));
    // `preload` fetches style sheets once more, which only a rule about a turned screen needs.
    const HOW = {resultTypes: ["violations"], preload: !seen};

    const list = document.documentElement.classList;
    list.remove("dark", "light");
    list.add(theme);

    const asViolations = ({violations}) =>
        violations.map(({id, impact, help, nodes}) => ({
            id, impact, help, nodes: nodes.map(({target, html}) => ({target, html})),
        }));
    if (!seen) {
        const rules = everyRule ? {} : {runOnly: OF_COLOURS};
        return [asViolations(await axe.run(document, {...HOW, ...rules})), []];
    }

    // All that a text stands on: what has a colour of its own, or changes those of what is in it.
    const grounds = new Map();
    const ground = element => {
        if (!element) return "";
        if (!grounds.has(element)) {
            const {backgroundColor, backgroundImage, opacity, filter, mixBlendMode} = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode].join();
            const below = ground(element.parentElement);
            grounds.set(element, own === "rgba(0, 0, 0, 0),none,1,none,normal" ? below : `${below}|${own}`);
        }
        return grounds.get(element);
    };
    const hasText = element =>
        element.matches("input, select, textarea") ||
        [...element.childNodes].some(({nodeType, data}) => nodeType === Node.TEXT_NODE && data.trim());
    const appearance = element => {
        const {color, fontSize, fontWeight, textShadow, textDecoration} = getComputedStyle(element);
        const isLink = element.localName === "a" && getComputedStyle(element.parentElement).color;
        return [isLink, color, fontSize, fontWeight, textShadow, textDecoration, ground(element)].join();
    };
    const known = new Set(seen);
    const unknown = new Map();
    for (const element of document.body.querySelectorAll("*")) {
        const {right, bottom} = element.getBoundingClientRect();
        if (!hasText(element) || right <= 0 || bottom <= 0 || !element.checkVisibility({visibilityProperty: true})) continue;
        const looks = appearance(element);
        if (!known.has(looks)) unknown.set(element, looks);
    }

    const violations = [];
    if (everyRule) violations.push(...asViolations(await axe.run(document, {...HOW, rules: OFF})));
    if (unknown.size) {
        const found = await axe.run(
            {include: [...unknown.keys()]},
            {...HOW, resultTypes: ["violations", "passes", "incomplete"], elementRef: true, runOnly: OF_COLOURS},
        );
        violations.push(...asViolations(found));
        const nodesOf = results => results.find(({id}) => id === "color-contrast")?.nodes ?? [];
        // On a picture of its own or of what it is in, such as the arrow of a list or the shadow where filters go on below,
        // axe-core never decides.
        const undecidable = nodesOf(found.incomplete).filter(({any, element}) =>
            ["bgImage", "bgGradient"].includes(any[0]?.data?.messageKey) && /(gradient|url)\(/.test(unknown.get(element)));
        for (const {element} of [...nodesOf(found.passes), ...undecidable]) known.add(unknown.get(element));
    }
    return [violations, [...known].filter(looks => looks && !seen.includes(looks))];
}
