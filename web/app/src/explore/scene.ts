// A graph with its layout, as it is drawn and hit.
import type { Box, Point } from './camera';
import type { Graph, Vertex } from './graph';
import type { Layout } from './layout';

export interface Placed extends Vertex {
  box: Box;
}

export interface Line {
  from: number;
  to: number;
  /** x, y, x, y, ... */
  points: number[];
  box: Box;
}

export interface Scene {
  vertices: Placed[];
  lines: Line[];
  whole: Box;
}

export const centre = ({ left, top, right, bottom }: Box): Point => ({
  x: (left + right) / 2,
  y: (top + bottom) / 2,
});

export const overlap = (a: Box, b: Box): boolean =>
  a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;

const NOWHERE: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

const around = (a: Box, b: Box): Box => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
});

function boxOf(points: readonly number[]): Box {
  let box = NOWHERE;
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [x, y] = [points[i]!, points[i + 1]!];
    box = around(box, { left: x, top: y, right: x, bottom: y });
  }
  return box;
}

export function sceneOf({ vertices, edges }: Graph, { x, y, routes }: Layout): Scene {
  const placed = vertices.map((vertex, i) => {
    const [halfWidth, halfHeight] = [vertex.width / 2, vertex.height / 2];
    const box = {
      left: x[i]! - halfWidth,
      top: y[i]! - halfHeight,
      right: x[i]! + halfWidth,
      bottom: y[i]! + halfHeight,
    };
    return { ...vertex, box };
  });
  const lines = edges.map(({ from, to }, i) => {
    const points = routes[i]!;
    return { from, to, points, box: boxOf(points) };
  });
  const whole = [...placed, ...lines].reduce((all, { box }) => around(all, box), NOWHERE);
  return { vertices: placed, lines, whole };
}

/** The index of the vertex at a point of the graph; -1 where none is. */
export const hit = ({ vertices }: Scene, { x, y }: Point): number =>
  vertices.findIndex(({ box }) => overlap(box, { left: x, top: y, right: x, bottom: y }));
