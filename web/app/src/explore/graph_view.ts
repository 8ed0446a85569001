// The graph on a canvas, to pan, zoom and select in. What it shows is in the table as well, for those who do not see it.
import { el } from '../dom';
import { counted } from '../format';
import {
  beginning,
  fitted,
  panned,
  seen,
  toGraph,
  zoomed,
  type Box,
  type Camera,
  type Point,
  type Size,
} from './camera';
import type { Exploration } from './exploration';
import { STEP, takeGestures, type Movable } from './gestures';
import { graphOf } from './graph';
import { legend } from './layer_errors';
import { layOut } from './layout';
import { coloursOf, paint, READABLE } from './painting';
import { centre, hit, sceneOf, type Scene } from './scene';
import type { ModelInfo } from 'quantab';

/** What comes into view by search or from the table is at least so large. */
const CLEAR = 0.8;

const contains = (a: Box, b: Box): boolean =>
  a.left <= b.left && a.top <= b.top && a.right >= b.right && a.bottom >= b.bottom;

/** A canvas that shows a scene; what it looks at is its own, what is found and selected is the exploration's. */
class View implements Movable {
  #camera: Camera | undefined;
  #size: Size = { width: 0, height: 0 };
  #waiting = false;
  #isTapping = false;
  #shown: number | undefined;
  #matches: ReadonlySet<number>;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly scene: Scene,
    private readonly exploration: Exploration,
    private readonly onZoom: (zoom: number) => void,
  ) {
    this.#matches = new Set(exploration.matches);
    exploration.onChange(() => this.#follow());
  }

  resize({ width, height }: Size): void {
    if (width === 0 || height === 0) return;
    this.#size = { width, height };
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    if (this.#camera === undefined) this.#begin();
    this.draw();
  }

  pan(by: Point): void {
    if (this.#camera !== undefined) this.#look(panned(this.#camera, by, this.scene.whole));
  }

  zoom(factor: number, at: Point = { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    if (this.#camera !== undefined) this.#look(zoomed(this.#camera, this.#size, at, factor));
  }

  showAll(): void {
    this.#look(fitted(this.scene.whole, this.#size));
  }

  tap(at: Point): void {
    if (this.#camera === undefined) return;
    const index = hit(this.scene, toGraph(this.#camera, this.#size, at));
    this.#isTapping = true;
    this.exploration.select(this.scene.vertices[index]?.kind === 'node' ? index : undefined);
    this.#isTapping = false;
  }

  escape(): void {
    this.exploration.select(undefined);
  }

  /** Draws once, before the next frame, however often it is asked to. */
  draw(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#paint();
    });
  }

  #begin(): void {
    const { vertices, whole } = this.scene;
    this.#look(beginning(whole, this.#size, centre(vertices[0]!.box), CLEAR));
    this.#shown = this.exploration.selected;
    this.#show(this.#shown);
  }

  #look(camera: Camera): void {
    this.#camera = camera;
    this.onZoom(camera.zoom);
    this.draw();
  }

  #follow(): void {
    const { selected, matches } = this.exploration;
    this.#matches = new Set(matches);
    if (selected !== this.#shown && !this.#isTapping) this.#show(selected);
    this.#shown = selected;
    this.draw();
  }

  /** Brings a vertex into view, unless it is there and can be read. */
  #show(index: number | undefined): void {
    const box = index === undefined ? undefined : this.scene.vertices[index]?.box;
    if (box === undefined || this.#camera === undefined) return;
    const { zoom } = this.#camera;
    if (zoom >= READABLE && contains(seen(this.#camera, this.#size), box)) return;
    this.#look({ ...centre(box), zoom: Math.max(zoom, CLEAR) });
  }

  #paint(): void {
    const context = this.canvas.getContext('2d', { alpha: false });
    if (context === null || this.#camera === undefined) return;
    const { selected, isFiltered, errors } = this.exploration;
    const marks = { selected, matches: isFiltered ? this.#matches : undefined, errors };
    const view = { camera: this.#camera, size: this.#size, ratio: devicePixelRatio };
    paint(context, this.scene, marks, view, coloursOf(this.canvas));
  }
}

const LARGE =
  'This graph is large, deep or much entwined: it is drawn in simple rows, and lines may cross nodes.';

function toolbar(view: View, level: HTMLElement): HTMLElement {
  const button = (id: string, text: string, onclick: () => void) =>
    el('button', { type: 'button', id, onclick }, text);
  return el(
    'p',
    { class: 'actions', role: 'group', 'aria-label': 'View of the graph' },
    button('zoom-in', 'Zoom in', () => view.zoom(STEP)),
    button('zoom-out', 'Zoom out', () => view.zoom(1 / STEP)),
    button('zoom-fit', 'Whole graph', () => view.showAll()),
    level,
  );
}

function canvasOf(info: ModelInfo): HTMLCanvasElement {
  const nodes = counted(info.nodes.length, 'node');
  return el('canvas', {
    id: 'graph',
    tabindex: 0,
    role: 'img',
    'aria-label': `A drawing of the graph of ${nodes}; the table of nodes below says the same in words. Arrow keys move the drawing, plus and minus zoom, 0 shows the whole.`,
  });
}

/** Lays the graph out and shows it in `host`, until `signal` is aborted. */
export async function showGraph(
  host: HTMLElement,
  info: ModelInfo,
  exploration: Exploration,
  signal: AbortSignal,
): Promise<void> {
  host.replaceChildren(el('p', { class: 'help', id: 'laying-out' }, 'Laying the graph out…'));
  const graph = graphOf(info);
  const boxes = graph.vertices.map(({ width, height }) => ({ width, height }));
  const { layout, simple } = await layOut({ boxes, edges: graph.edges }, signal);
  const canvas = canvasOf(info);
  const level = el('span', { id: 'zoom-level' });
  const view = new View(canvas, sceneOf(graph, layout), exploration, (zoom) => {
    level.textContent = `${Number((zoom * 100).toPrecision(2))} %`;
  });
  const colours = legend();
  const showLegend = () => (colours.hidden = exploration.errors.size === 0);
  showLegend();
  exploration.onChange(showLegend);
  host.replaceChildren(
    canvas,
    colours,
    toolbar(view, level),
    el(
      'p',
      { class: 'help' },
      'Drag to move, turn the wheel or pinch to zoom, click a node to see what it reads and writes.',
    ),
    ...(simple ? [el('p', { class: 'help', id: 'simple-layout' }, LARGE)] : []),
  );
  takeGestures(canvas, view);
  const sizes = new ResizeObserver(() =>
    view.resize({ width: canvas.clientWidth, height: canvas.clientHeight }),
  );
  sizes.observe(canvas);
  signal.addEventListener('abort', () => sizes.disconnect());
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', () => view.draw(), { signal });
}
