// A layout for graphs that are too large for a better one: every vertex below all that it depends on, in rows.
import type { Problem, Layout } from './layout';

const BETWEEN_ROWS = 56;
const BETWEEN_BOXES = 24;

/** The neighbours that each vertex has in one direction. */
function neighbours(count: number, pairs: readonly [number, number][]): number[][] {
  const lists: number[][] = Array.from({ length: count }, () => []);
  for (const [at, other] of pairs) lists[at]!.push(other);
  return lists;
}

/** The length of the longest path to each vertex. Those of a cycle, which a model must not have, get what is known of them. */
function ranksOf(before: readonly number[][], after: readonly number[][]): number[] {
  const missing = before.map((list) => list.length);
  const ranks = missing.map(() => 0);
  const ready = [...missing.keys()].filter((i) => missing[i] === 0);
  for (let at = 0; at < ready.length; ++at) {
    const vertex = ready[at]!;
    for (const next of after[vertex]!) {
      ranks[next] = Math.max(ranks[next]!, ranks[vertex]! + 1);
      missing[next]!--;
      if (missing[next] === 0) ready.push(next);
    }
  }
  return ranks;
}

/** Puts a row's boxes side by side, as near as they can be to where they would like to be. */
function placeRow(
  row: readonly number[],
  wish: Map<number, number>,
  { boxes }: Problem,
  x: number[],
) {
  const sorted = [...row].sort((a, b) => wish.get(a)! - wish.get(b)! || a - b);
  let right = -Infinity;
  let shift = 0;
  for (const vertex of sorted) {
    const half = boxes[vertex]!.width / 2;
    x[vertex] = Math.max(wish.get(vertex)!, right + half);
    right = x[vertex] + half + BETWEEN_BOXES;
    shift += x[vertex] - wish.get(vertex)!;
  }
  for (const vertex of sorted) x[vertex]! -= shift / sorted.length;
}

/** A line that skips rows goes around what is between, by more the longer it is. */
function route(
  problem: Problem,
  from: number,
  to: number,
  { x, y }: Layout,
  rows: number,
): number[] {
  const top = y[from]! + problem.boxes[from]!.height / 2;
  const bottom = y[to]! - problem.boxes[to]!.height / 2;
  const ends = (...between: number[]) => [x[from]!, top, ...between, x[to]!, bottom];
  if (rows <= 1) return ends();
  const aside = Math.max(x[from]!, x[to]!) + 110 + 8 * Math.min(rows, 20);
  return ends(aside, top + BETWEEN_ROWS, aside, bottom - BETWEEN_ROWS);
}

const beforeIn = ({ boxes, edges }: Problem): number[][] =>
  neighbours(
    boxes.length,
    edges.map(({ from, to }) => [to, from]),
  );

const afterIn = ({ boxes, edges }: Problem): number[][] =>
  neighbours(
    boxes.length,
    edges.map(({ from, to }) => [from, to]),
  );

/** The number of rows that a graph has at least. */
export const depthOf = (problem: Problem): number =>
  ranksOf(beforeIn(problem), afterIn(problem)).reduce((most, rank) => Math.max(most, rank + 1), 0);

export function inLayers(problem: Problem): Layout {
  const { boxes, edges } = problem;
  const before = beforeIn(problem);
  const ranks = ranksOf(before, afterIn(problem));
  const rows: number[][] = [];
  ranks.forEach((rank, vertex) => (rows[rank] ??= []).push(vertex));
  const layout: Layout = { x: [], y: [], routes: [] };
  let top = 0;
  for (const row of rows) {
    const wish = new Map(
      row.map((vertex) => {
        const above = before[vertex]!.filter((other) => ranks[other]! < ranks[vertex]!);
        const sum = above.reduce((total, other) => total + layout.x[other]!, 0);
        return [vertex, above.length > 0 ? sum / above.length : 0];
      }),
    );
    placeRow(row, wish, problem, layout.x);
    const height = row.reduce((most, vertex) => Math.max(most, boxes[vertex]!.height), 0);
    for (const vertex of row) layout.y[vertex] = top + height / 2;
    top += height + BETWEEN_ROWS;
  }
  layout.routes = edges.map(({ from, to }) =>
    route(problem, from, to, layout, ranks[to]! - ranks[from]!),
  );
  return layout;
}
