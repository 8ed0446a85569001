// Which part of the graph is seen, and how large.

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The point of the graph at the middle of the view, and pixels of the view by pixel of the graph. */
export interface Camera extends Point {
  zoom: number;
}

const CLOSEST = 3;
const FARTHEST = 0.002;
const MARGIN = 24;

const between = (least: number, value: number, most: number): number =>
  Math.min(most, Math.max(least, value));

/** The point of the graph that is seen at a point of the view. */
export const toGraph = ({ x, y, zoom }: Camera, size: Size, at: Point): Point => ({
  x: x + (at.x - size.width / 2) / zoom,
  y: y + (at.y - size.height / 2) / zoom,
});

export function seen(camera: Camera, size: Size): Box {
  const { x: left, y: top } = toGraph(camera, size, { x: 0, y: 0 });
  const { x: right, y: bottom } = toGraph(camera, size, { x: size.width, y: size.height });
  return { left, top, right, bottom };
}

/** Moves the graph by pixels of the view, but never all of it out of sight. */
export const panned = ({ x, y, zoom }: Camera, by: Point, whole: Box): Camera => ({
  x: between(whole.left, x - by.x / zoom, whole.right),
  y: between(whole.top, y - by.y / zoom, whole.bottom),
  zoom,
});

/** Zooms by a factor; the point of the graph at `at` stays where it is. */
export function zoomed(camera: Camera, size: Size, at: Point, factor: number): Camera {
  const zoom = between(FARTHEST, camera.zoom * factor, CLOSEST);
  const fixed = toGraph(camera, size, at);
  return {
    x: fixed.x - (at.x - size.width / 2) / zoom,
    y: fixed.y - (at.y - size.height / 2) / zoom,
    zoom,
  };
}

/** The whole graph, no larger than it is. */
export function fitted({ left, top, right, bottom }: Box, size: Size): Camera {
  const wide = (size.width - 2 * MARGIN) / (right - left);
  const high = (size.height - 2 * MARGIN) / (bottom - top);
  const zoom = between(FARTHEST, Math.min(wide, high), 1);
  return { x: (left + right) / 2, y: (top + bottom) / 2, zoom };
}

/** Where to begin: the whole graph if it can be read then, or else its upper end around `first`. */
export function beginning(whole: Box, size: Size, first: Point, readable: number): Camera {
  const fit = fitted(whole, size);
  if (fit.zoom >= readable) return fit;
  const y = whole.top + (size.height / 2 - MARGIN) / readable;
  return { x: first.x, y, zoom: readable };
}
