// Lays a graph out, away from the page's own thread.
import { Graph, layout as dagre } from '@dagrejs/dagre';
import { inLayers } from './layers';
import type { Layout, Problem, Reply, Request } from './layout';

function byDagre({ boxes, edges }: Problem): Layout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 24, ranksep: 40 });
  boxes.forEach(({ width, height }, i) => graph.setNode(String(i), { width, height }));
  for (const { from, to } of edges) graph.setEdge(String(from), String(to), {});
  dagre(graph);
  const placed = boxes.map((_, i) => graph.node(String(i)) as { x: number; y: number });
  const routes = edges.map(({ from, to }) => {
    const { points } = graph.edge(String(from), String(to)) as {
      points: { x: number; y: number }[];
    };
    return points.flatMap(({ x, y }) => [x, y]);
  });
  return { x: placed.map(({ x }) => x), y: placed.map(({ y }) => y), routes };
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  const reply: Reply = data.simple ? inLayers(data.problem) : byDagre(data.problem);
  self.postMessage(reply);
};
