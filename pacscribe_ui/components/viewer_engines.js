// The engines of the page's viewports by index, for keys, menus and whatever else reaches them from outside.

export const engines = new Map();

// What lies over each viewport's image, by index: {probe, loupe, region}.
export const overlays = new Map();
