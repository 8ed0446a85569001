// The layout of large graphs, and the camera over them.
import { describe, expect, test } from '@jest/globals';
import { importSource } from './source.mjs';

const { depthOf, inLayers } = await importSource('explore/layers.ts');
const { beginning, fitted, panned, toGraph, zoomed } = await importSource('explore/camera.ts');

const problem = (count, pairs) => ({
  boxes: Array.from({ length: count }, () => ({ width: 100, height: 40 })),
  edges: pairs.map(([from, to]) => ({ from, to })),
});

describe('rows', () => {
  test('put every box below what it depends on, and none over another', () => {
    const pairs = [];
    for (let i = 1; i < 200; ++i) pairs.push([(i * 7) % i, i], [Math.floor(i / 3), i]);
    const { x, y, routes } = inLayers(problem(200, pairs));
    for (const [from, to] of pairs) expect(y[to] - y[from]).toBeGreaterThan(40);
    for (let a = 0; a < 200; ++a) {
      for (let b = 0; b < a; ++b) {
        if (y[a] === y[b]) expect(Math.abs(x[a] - x[b])).toBeGreaterThan(100);
      }
    }
    routes.forEach((points, i) => {
      const [from, to] = pairs[i];
      expect(points.slice(0, 2)).toEqual([x[from], y[from] + 20]);
      expect(points.slice(-2)).toEqual([x[to], y[to] - 20]);
    });
  });

  test('are as many as the longest path has boxes', () => {
    expect(depthOf(problem(0, []))).toBe(0);
    expect(depthOf(problem(3, []))).toBe(1);
    const pairs = [
      [0, 3],
      [0, 1],
      [1, 2],
      [2, 3],
    ];
    expect(depthOf(problem(5, pairs))).toBe(4);
  });

  test('take a line that skips some around what is between', () => {
    const { x, routes } = inLayers(
      problem(3, [
        [0, 1],
        [1, 2],
        [0, 2],
      ]),
    );
    expect(routes[0]).toHaveLength(4);
    expect(routes[2]).toHaveLength(8);
    expect(routes[2][2]).toBeGreaterThan(x[1] + 50);
  });

  test('are made of a cycle as well, of nothing, and of 100,000 in a row', () => {
    const cycle = inLayers(
      problem(3, [
        [0, 1],
        [1, 2],
        [2, 1],
      ]),
    );
    expect([...cycle.x, ...cycle.y].every(Number.isFinite)).toBe(true);
    expect(inLayers(problem(0, []))).toEqual({ x: [], y: [], routes: [] });
    const long = Array.from({ length: 99_999 }, (_, i) => [i, i + 1]);
    expect(inLayers(problem(100_000, long)).y.at(-1)).toBeGreaterThan(5_000_000);
  });
});

describe('the camera', () => {
  const size = { width: 400, height: 300 };
  const whole = { left: 0, top: 0, right: 1000, bottom: 2000 };

  test('keeps the point that is zoomed about', () => {
    const camera = { x: 100, y: 200, zoom: 0.5 };
    const at = { x: 30, y: 250 };
    const fixed = toGraph(camera, size, at);
    const closer = zoomed(camera, size, at, 2.5);
    expect(closer.zoom).toBe(1.25);
    expect(toGraph(closer, size, at).x).toBeCloseTo(fixed.x);
    expect(toGraph(closer, size, at).y).toBeCloseTo(fixed.y);
  });

  test('goes neither too near nor too far, nor out of sight', () => {
    const camera = { x: 100, y: 200, zoom: 1 };
    const at = { x: 0, y: 0 };
    expect(zoomed(camera, size, at, 1e9).zoom).toBe(3);
    expect(zoomed(camera, size, at, 1e-9).zoom).toBe(0.002);
    expect(panned(camera, { x: 1e9, y: -1e9 }, whole)).toEqual({ x: 0, y: 2000, zoom: 1 });
  });

  test('begins with all that can be read, or else at the top', () => {
    expect(fitted(whole, size)).toEqual({ x: 500, y: 1000, zoom: 252 / 2000 });
    const first = { x: 700, y: 20 };
    expect(beginning(whole, size, first, 0.1)).toEqual(fitted(whole, size));
    const top = beginning(whole, size, first, 0.5);
    expect(top).toMatchObject({ x: 700, zoom: 0.5 });
    expect(toGraph(top, size, { x: 0, y: 24 }).y).toBe(0);
  });
});
