// Where each node is drawn: computed in a worker, well for graphs of usual size and simply for others.
import type { Edge } from './graph';
import { depthOf } from './layers';

/** The sizes of boxes, and what connects them. */
export interface Problem {
  boxes: { width: number; height: number }[];
  edges: Edge[];
}

export interface Layout {
  /** Centres of the boxes. */
  x: number[];
  y: number[];
  /** The points of each edge's line: x, y, x, y, ... from its source to its target. */
  routes: number[][];
}

export interface Request {
  problem: Problem;
  simple: boolean;
}

export type Reply = Layout;

/** Boxes and edges together: beyond these the better layout takes many seconds. */
const MOST = 2500;

/** Rows: the better layout calls itself for each of them, and a worker's stack is small. */
const DEEPEST = 600;

/** Milliseconds for the better layout. */
const PATIENCE = 8000;

/** One answer of a worker of its own, which ends with it. */
function ask(request: Request, signal: AbortSignal, patience?: number): Promise<Layout> {
  return new Promise<Layout>((resolve, reject) => {
    const worker = new Worker(new URL('./layout_worker.ts', import.meta.url), { type: 'module' });
    worker.postMessage(request);
    const limit = patience === undefined ? [] : [AbortSignal.timeout(patience)];
    const over = AbortSignal.any([signal, ...limit]);
    const end = () => {
      worker.terminate();
      over.removeEventListener('abort', cancel);
    };
    const cancel = () => {
      end();
      reject(over.reason);
    };
    over.addEventListener('abort', cancel);
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      end();
      resolve(data);
    };
    worker.onerror = (event) => {
      // It is told by the rejection.
      event.preventDefault();
      end();
      reject(new Error('The graph could not be laid out.'));
    };
  });
}

/** Rejects once `signal` is aborted. `simple` tells that the graph was too much for the better layout. */
export async function layOut(
  problem: Problem,
  signal: AbortSignal,
): Promise<{ layout: Layout; simple: boolean }> {
  if (problem.boxes.length + problem.edges.length <= MOST && depthOf(problem) <= DEEPEST) {
    try {
      return { layout: await ask({ problem, simple: false }, signal, PATIENCE), simple: false };
    } catch {
      signal.throwIfAborted();
    }
  }
  return { layout: await ask({ problem, simple: true }, signal), simple: true };
}
