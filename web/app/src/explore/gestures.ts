// What pointers, the wheel and keys do to a view that pans and zooms.
import type { Point } from './camera';

export interface Movable {
  pan(by: Point): void;
  /** About a point of the view; about its middle if there is none. */
  zoom(factor: number, at?: Point): void;
  showAll(): void;
  tap(at: Point): void;
  escape(): void;
}

/** The factor of one press of a button or key. */
export const STEP = 1.4;

const KEY_PAN = 60;

/** A pointer that moves less, in pixels, was meant to tap. */
const STILL = 5;

const WHEEL_SPEED = 0.002;
const PINCH_SPEED = 0.01;
const LINE = 16;

const middle = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

const spread = ([a, b]: readonly Point[]): number =>
  a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);

function takePointers(element: HTMLElement, view: Movable): void {
  const pointers = new Map<number, Point>();
  let moved = 0;
  let most = 0;
  const place = ({ offsetX, offsetY }: PointerEvent): Point => ({ x: offsetX, y: offsetY });

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) moved = most = 0;
    pointers.set(event.pointerId, place(event));
    most = Math.max(most, pointers.size);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = [...pointers.values()];
    pointers.set(event.pointerId, place(event));
    const now = [...pointers.values()];
    const [from, to] = [middle(before), middle(now)];
    moved += Math.hypot(to.x - from.x, to.y - from.y);
    if (moved < STILL && most === 1) return;
    view.pan({ x: to.x - from.x, y: to.y - from.y });
    if (spread(before) > 0 && spread(now) > 0) view.zoom(spread(now) / spread(before), to);
  });
  element.addEventListener('pointerup', (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (moved < STILL && most === 1) view.tap(place(event));
  });
  element.addEventListener('pointercancel', ({ pointerId }) => pointers.delete(pointerId));
}

function takeWheel(element: HTMLElement, view: Movable): void {
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    // Browsers report a pinch on a touch pad as a wheel with the control key, in smaller steps.
    const speed = event.ctrlKey ? PINCH_SPEED : WHEEL_SPEED;
    const factor = Math.exp(-event.deltaY * pixels * speed);
    view.zoom(factor, { x: event.offsetX, y: event.offsetY });
  };
  element.addEventListener('wheel', onWheel, { passive: false });
}

function takeKeys(element: HTMLElement, view: Movable): void {
  const keys: Record<string, (far: number) => void> = {
    ArrowLeft: (far) => view.pan({ x: far, y: 0 }),
    ArrowRight: (far) => view.pan({ x: -far, y: 0 }),
    ArrowUp: (far) => view.pan({ x: 0, y: far }),
    ArrowDown: (far) => view.pan({ x: 0, y: -far }),
    '+': () => view.zoom(STEP),
    '=': () => view.zoom(STEP),
    '-': () => view.zoom(1 / STEP),
    '0': () => view.showAll(),
    Escape: () => view.escape(),
  };
  element.addEventListener('keydown', (event) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(event.shiftKey ? 5 * KEY_PAN : KEY_PAN);
  });
}

export function takeGestures(element: HTMLElement, view: Movable): void {
  takePointers(element, view);
  takeWheel(element, view);
  takeKeys(element, view);
}
