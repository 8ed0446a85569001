// Draws what is seen of a graph.
import { seen, type Camera, type Size } from './camera';
import { errorWords, levelOf, type LayerErrors } from './layer_errors';
import { overlap, type Line, type Placed, type Scene } from './scene';

/** The page's colours, by the names of its style sheet. */
const NAMES = [
  ...(['ink', 'soft', 'paper', 'panel', 'accent', 'on-accent', 'warn-panel'] as const),
  ...(['level-0', 'level-1', 'level-2', 'level-3'] as const),
];
export type Colours = Record<(typeof NAMES)[number], string>;

export interface Marks {
  selected: number | undefined;
  /** The vertices that match; nothing when none is looked for. */
  matches: ReadonlySet<number> | undefined;
  /** Nodes with an error have the colour of its level, and say it. */
  errors: LayerErrors;
}

/** Below this zoom letters are not drawn. */
export const READABLE = 0.45;

/** Below this zoom corners are not round and lines have no arrows. */
const COARSE = 0.25;

const LONGEST = 34;
const ARROW = 5;

type Context = CanvasRenderingContext2D;

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`)]),
  ) as Colours;
}

/** A line through points, its corners rounded. */
function trace(context: Context, points: readonly number[]): void {
  const last = points.length - 2;
  context.moveTo(points[0]!, points[1]!);
  for (let i = 2; i < last; i += 2) {
    const [x, y] = [points[i]!, points[i + 1]!];
    // The curve ends half way to the next corner, or at the last point itself.
    const part = i + 2 === last ? 1 : 0.5;
    const endX = x + (points[i + 2]! - x) * part;
    const endY = y + (points[i + 3]! - y) * part;
    context.quadraticCurveTo(x, y, endX, endY);
  }
  if (last <= 2) context.lineTo(points[last]!, points[last + 1]!);
}

/** The head of an arrow that comes from above. */
function traceHead(context: Context, points: readonly number[]): void {
  const [x, y] = [points.at(-2)!, points.at(-1)!];
  context.moveTo(x - ARROW, y - 1.5 * ARROW);
  context.lineTo(x, y);
  context.lineTo(x + ARROW, y - 1.5 * ARROW);
}

function drawLines(context: Context, lines: readonly Line[], colour: string, zoom: number): void {
  context.beginPath();
  for (const { points } of lines) {
    trace(context, points);
    if (zoom >= COARSE) traceHead(context, points);
  }
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1.2, 0.6 / zoom);
  context.stroke();
}

/** In the order in which they are drawn. */
const STATES = ['plain', 'faint', 'found', 'chosen'] as const;
type State = (typeof STATES)[number];

const LEVEL = ['level-0', 'level-1', 'level-2', 'level-3'] as const;

interface Style {
  fill: string;
  border: string;
  text: string;
  alpha: number;
}

function drawBoxes(context: Context, boxes: readonly Placed[], style: Style, zoom: number): void {
  if (boxes.length === 0) return;
  context.globalAlpha = style.alpha;
  context.beginPath();
  for (const { box, width, height, kind } of boxes) {
    if (zoom < COARSE) context.rect(box.left, box.top, width, height);
    else context.roundRect(box.left, box.top, width, height, kind === 'node' ? 6 : height / 2);
  }
  context.fillStyle = style.fill;
  context.fill();
  context.strokeStyle = style.border;
  context.lineWidth = Math.max(1.5, 0.8 / zoom);
  context.stroke();
  if (zoom >= READABLE) drawTexts(context, boxes, style.text);
  context.globalAlpha = 1;
}

const cut = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;

function drawTexts(context: Context, boxes: readonly Placed[], colour: string): void {
  context.fillStyle = colour;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const line = (font: string, part: 'title' | 'subtitle', share: number) => {
    context.font = `${font} system-ui, sans-serif`;
    for (const { [part]: text, box, width, height } of boxes) {
      context.fillText(cut(text), box.left + width / 2, box.top + height * share, width - 16);
    }
  };
  line('600 13px', 'title', 0.34);
  line('11px', 'subtitle', 0.72);
}

/** Draws the whole view; `ratio` is of the screen's pixels to the view's. */
export function paint(
  context: Context,
  scene: Scene,
  marks: Marks,
  { camera, size, ratio }: { camera: Camera; size: Size; ratio: number },
  colours: Colours,
): void {
  const { zoom } = camera;
  const scale = ratio * zoom;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, size.width, size.height);
  const left = ratio * (size.width / 2 - camera.x * zoom);
  context.setTransform(scale, 0, 0, scale, left, ratio * (size.height / 2 - camera.y * zoom));

  const view = seen(camera, size);
  const { selected, matches, errors } = marks;
  const lines = scene.lines.filter(({ box }) => overlap(box, view));
  const isOfSelected = ({ from, to }: Line) => from === selected || to === selected;
  drawLines(context, lines, colours.soft, zoom);
  drawLines(context, lines.filter(isOfSelected), colours.accent, zoom);

  const stateOf = (i: number): State => {
    if (i === selected) return 'chosen';
    if (matches === undefined) return 'plain';
    return matches.has(i) ? 'found' : 'faint';
  };
  const { ink, soft, panel, accent } = colours;
  const plain = { fill: panel, border: soft, text: ink, alpha: 1 };
  const styles: Record<State, Style> = {
    plain,
    faint: { ...plain, alpha: 0.4 },
    found: { ...plain, fill: colours['warn-panel'], border: accent },
    chosen: { fill: accent, border: ink, text: colours['on-accent'], alpha: 1 },
  };
  const groups = new Map<string, { style: Style; boxes: Placed[] }>();
  scene.vertices.forEach((vertex, i) => {
    if (!overlap(vertex.box, view)) return;
    const state = stateOf(i);
    const decibels = errors.get(i);
    const level = decibels === undefined ? undefined : levelOf(decibels);
    const key = `${STATES.indexOf(state)}${level ?? ''}`;
    const style = styles[state];
    const fill = level === undefined || state === 'chosen' ? style.fill : colours[LEVEL[level]!];
    const group = groups.get(key) ?? { style: { ...style, fill }, boxes: [] };
    groups.set(key, group);
    group.boxes.push(
      decibels === undefined
        ? vertex
        : { ...vertex, subtitle: `${errorWords(decibels)} · ${vertex.subtitle}` },
    );
  });
  for (const key of [...groups.keys()].sort()) {
    const { style, boxes } = groups.get(key)!;
    drawBoxes(context, boxes, style, zoom);
  }
}
