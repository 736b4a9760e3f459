// What one viewport asks of the server: whatever its view wants and its glass lacks, and what will be wanted next. What is
// wished for is the engine's; what has come is put onto its glass.

import { imagesAhead, reach, tilesAround } from "./viewport_ahead.js";
import { TILE_SIZE_PX, fitZoom, levelForZoom, levelShape, visibleTiles, wholeLevel } from "./viewport_geometry.js";
import { BEST_QUALITY } from "./viewport_pace.js";
import { openPicture } from "./viewport_picture.js";

// So many images the server decodes ahead of the one in sight, and behind it; a new list after so many steps.
const DECODED = { ahead: 40, behind: 8 };
const DECODE_AGAIN_AFTER = 8;

export class Asking {
  /** @param engine The viewport's. */
  constructor(engine) {
    this.engine = engine;
    this.generation = 0;
    this.paintedGeneration = 0;
    this.pending = null; // the request under way: {key, left}
    this.decodedAt = null; // index and direction of the list that the server was last given
  }

  /** What was asked for before is not wanted any more. */
  beginAnew() {
    this.decodedAt = null;
    this.pending = null;
    this.generation += 1;
    this.paintedGeneration = this.generation;
  }

  #look(image) {
    const { engine } = this;
    return {
      sop: image.sop_instance_uid, frame: image.frame_number, invert: Boolean(engine.view.is_inverted),
      window: image.is_colour ? null : this.#window(image), shutter: !engine.view.is_shutter_lifted,
    };
  }

  // A window, one of the tables of the file by its number, or null for the first look.
  #window(image) {
    const { window_center, window_width, voi_function, voi_lut_number } = this.engine.view;
    // Images of one series need not have the same tables.
    if (voi_lut_number) return voi_lut_number <= (image.voi_luts?.length ?? 0) ? ["voi-lut", voi_lut_number] : null;
    return window_center !== null && window_width !== null ? [window_center, window_width, voi_function] : null;
  }

  /** Ask for whatever the view wants and the glass lacks. */
  wish(isMoving) {
    const { engine } = this;
    const image = engine.series?.is_displayable ? engine.imageAt(engine.view.image_index) : null;
    if (!image || !engine.box.width || engine.isHidden) return;
    if (!image.is_displayable) {
      engine.clear();
      engine.fail(image.note || engine.words.not_displayable);
      return;
    }
    const moving = isMoving || engine.isMoving;
    const look = this.#look(image);
    const zoom = engine.view.zoom ?? fitZoom(image, engine.view, engine.box);
    const sharpLevel = levelForZoom(image.rows, image.columns, zoom);
    const level = wholeLevel(image.rows, image.columns, sharpLevel);
    const isTiled = level !== sharpLevel;
    const showsLook = engine.glass.shows(look) && engine.base.stack === engine.series.key;
    const wanted = [];
    // What moves, and what is seen for the first time, comes as JPEG; once it rests, without loss.
    const encoding = moving || isTiled || !showsLook ? "jpeg" : "png";
    if (!showsLook || engine.base.level > level || (encoding === "png" && engine.base.fidelity !== "lossless")) {
      wanted.push(this.#tile(look, level, -1, -1, encoding));
    }
    const seen = isTiled && showsLook ? visibleTiles(image, engine.view, zoom, engine.box, sharpLevel) : [];
    for (const { row, column } of seen) {
      const there = engine.glass.tileFidelity(sharpLevel, row, column);
      if (moving ? there : there === "lossless") continue;
      wanted.push(this.#tile(look, sharpLevel, row, column, moving ? "jpeg" : "png"));
    }
    if (wanted.length) this.#send(wanted, image, look);
    this.#lookAhead(level, look, moving, { seen, sharpLevel, image });
  }

  /** A tile of a look as the server is asked for it; level, place and encoding are the asker's. */
  tileOf(look) {
    return this.#tile(look, 0, -1, -1, "png");
  }

  #tile(look, level, row, column, encoding) {
    const { engine } = this;
    return {
      study: engine.series.study_instance_uid, sop: look.sop, frame: look.frame, level, row, column,
      window: look.window, invert: look.invert, shutter: look.shutter, encoding,
      quality: engine.isMoving ? engine.stream.pace.movingQuality : BEST_QUALITY,
    };
  }

  #send(tiles, image, look) {
    const { engine } = this;
    // What is already under way is not asked for twice.
    const key = JSON.stringify(tiles);
    if (this.pending?.key === key) return;
    this.pending = { key, left: tiles.length };
    const pending = this.pending;
    const generation = (this.generation += 1);
    const about = {
      generation, image, look, index: engine.view.image_index, series: engine.series.series_instance_uid,
      stack: engine.series.key, study: engine.series.study_instance_uid,
    };
    engine.stream.ask({
      viewport: engine.name, generation, tiles,
      onTile: (tile, answer) => {
        pending.left -= 1;
        if (!pending.left && this.pending === pending) this.pending = null;
        this.#arrived(about, tile, answer);
      },
      onError: (tile, error) => {
        if (this.pending === pending) this.pending = null;
        if (about.generation === this.generation && !engine.isGone) {
          engine.clear();
          engine.fail(error.sentence);
        }
      },
    });
  }

  async #arrived(about, tile, answer) {
    const { engine } = this;
    let picture;
    try {
      picture = await openPicture(answer);
    } catch {
      if (engine.isGone || engine.series?.key !== about.stack || engine.series.study_instance_uid !== about.study) return;
      if (engine.base && engine.base.stack !== about.stack) engine.clear();
      engine.fail(engine.words.not_decoded);
      return;
    }
    const isCurrent = !engine.isGone && engine.series?.study_instance_uid === about.study
      && engine.series.key === about.stack;
    if (tile.row >= 0) {
      // A tile belongs on the glass only over the very look it was made for.
      if (isCurrent && engine.glass.shows(about.look)) {
        engine.glass.putTile(tile, picture, answer.fidelity);
        engine.paint();
      } else picture.close();
      return;
    }
    if (!isCurrent || about.generation < this.paintedGeneration) {
      picture.close();
      return;
    }
    this.paintedGeneration = about.generation;
    const isSameLook = engine.glass.shows(about.look);
    const described = engine.description && engine.imageAt(about.index);
    const image = described?.sop_instance_uid === about.look.sop ? described : sized(about.image, tile, answer);
    engine.glass.put({ ...about, image, picture, level: tile.level, window: answer.window, fidelity: answer.fidelity });
    if (!about.look.window && answer.window) engine.storedWindow = answer.window.slice(0, 2);
    engine.paint();
    engine.player.shown(about.index);
    // A picture alone does not make up for a series that nobody can scroll through.
    engine.fail(engine.undescribed);
    engine.sayWhetherAwaited();
    this.#shown(isSameLook);
  }

  // After the first sight of a look: refine it, or let the page know that it is all there.
  #shown(isSameLook) {
    const { engine } = this;
    if (engine.isMoving) return;
    if (!isSameLook || engine.base.fidelity !== "lossless") engine.restLater();
  }

  // Neighbours are decoded in the server before they are asked for; over a slow line they are fetched as well.
  #lookAhead(level, look, isMoving, { seen, sharpLevel, image }) {
    const { engine } = this;
    const images = engine.images;
    const { direction } = engine.travel;
    const at = engine.view.image_index;
    const isNews = this.decodedAt?.direction !== direction || Math.abs(this.decodedAt.at - at) >= DECODE_AGAIN_AFTER;
    if (images.length > 1 && isNews) {
      this.decodedAt = { at, direction };
      const list = imagesAhead(images, at, direction, DECODED, engine.isPlaying);
      const named = list.map((each) => [each.sop_instance_uid, each.frame_number]);
      engine.stream.prefetch(engine.name, engine.series.study_instance_uid, named, level);
    }
    const speed = engine.isPlaying ? engine.player.rate : isMoving ? engine.travel.speed(performance.now()) : 0;
    // A hand that drags a window or an image wants nothing of the neighbours.
    const isDrag = isMoving && engine.isByHand && !speed;
    const tiles = isDrag ? [] : imagesAhead(images, at, direction, reach(engine.stream.pace, speed), engine.isPlaying)
      .map((each) => this.#tile(this.#look(each), level, -1, -1, "jpeg"));
    for (const { row, column } of isMoving ? [] : tilesAround(seen, image.rows, image.columns, TILE_SIZE_PX * 2 ** sharpLevel)) {
      tiles.push(this.#tile(look, sharpLevel, row, column, "jpeg"));
    }
    engine.stream.fetchAhead(engine.name, tiles);
  }
}

// Before a series is described its images may be of other sizes than its first: the picture itself knows.
function sized(image, tile, answer) {
  const shape = levelShape(image.rows, image.columns, tile.level);
  if (shape.rows === answer.rows && shape.columns === answer.columns) return image;
  return { ...image, rows: answer.rows * 2 ** tile.level, columns: answer.columns * 2 ** tile.level };
}
