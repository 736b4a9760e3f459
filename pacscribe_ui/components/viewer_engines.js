// The engines of the page's viewports by index, for keys, menus and whatever else reaches them from outside.

export const engines = new Map();

// What lies over each viewport's image, by index: {probe, loupe, region}.
export const overlays = new Map();

// The tool that was chosen a moment ago, until the page's state says so too: a drag right after a key is
// already the new tool's, however far the server is.
export const hand = { tool: null };
