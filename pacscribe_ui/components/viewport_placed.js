// What hands do with the place of something on a glass, images or a video, and telling the page's state of it. How it is
// drawn there is for those who extend it. Knows no element.

import { MAXIMUM_ZOOM, MINIMUM_ZOOM, clamp, fitZoom, panned, zoomedAt } from "./viewport_geometry.js";
import { Told } from "./viewport_told.js";

/**
 * What extends it has the `series` that is shown, its `view`, `onGlass`, the image that lies on the glass or null, `box`,
 * the size of the glass in device pixels, `zoom`, and `tell.settled(values)`; and `placed()`, called once a hand has moved
 * the place.
 */
export class Placed {
  series = null;
  view = null;
  told = new Told();

  panBy(dx, dy) {
    if (!this.onGlass) return;
    Object.assign(this.view, panned(this.onGlass, this.view, this.zoom, this.box, dx, dy));
    this.placed();
  }

  /** Zoom so that the image point under (x, y), in device pixels of the box, stays where it is. */
  zoomBy(factor, x, y) {
    this.zoomTo(this.zoom * factor, x, y);
  }

  zoomTo(zoom, x = this.box.width / 2, y = this.box.height / 2) {
    if (!this.onGlass) return;
    const next = clamp(zoom, MINIMUM_ZOOM, MAXIMUM_ZOOM);
    Object.assign(this.view, zoomedAt(this.onGlass, this.view, this.zoom, next, this.box, x, y), { zoom: next });
    this.placed();
  }

  /** Zoom at which the whole of an image just fits. */
  fittedZoomOf(image) {
    return image && this.box.width ? fitZoom(image, this.view, this.box) : 1;
  }

  /** What a hand has moved that the page's state has not been told. */
  get news() {
    return this.series && this.view ? this.told.news(this.view) : {};
  }

  get isUnsettled() {
    return Object.keys(this.news).length > 0;
  }

  /** Tell the page's state now what hands have moved, if they have. */
  settle() {
    const { news } = this;
    if (!Object.keys(news).length) return;
    const { series_instance_uid, stack_id } = this.series;
    this.tell.settled({ series_instance_uid, stack_id: stack_id ?? "", hand_serial: this.told.send(news), ...news });
  }
}
