// Small helpers over the DOM. Text is always set as text, never as markup.

export type Child = Node | string | false | null | undefined;
type Props = Record<string, string | number | boolean | ((event: Event) => void) | undefined>;

/** An element with attributes (or `onclick`-like listeners) and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(
    ...children.filter((child) => child !== false && child !== null && child !== undefined),
  );
  return element;
}

/** Where the app's elements are, unless they are the page's: the shadow root of an element in another page. */
let shadow: ShadowRoot | undefined;

/** To be called before the app's modules are loaded, which look for their elements then. */
export function useRoot(given: ShadowRoot): void {
  shadow = given;
}

/** Whether the app is the page, rather than a part of one. */
export const isPage = (): boolean => shadow === undefined;

/** The app's element that has the focus. */
export const activeElement = (): Element | null => (shadow ?? document).activeElement;

export const findId = (id: string): HTMLElement | null => (shadow ?? document).getElementById(id);

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = findId(id);
  if (element === null) throw new Error(`The page has no element '${id}'.`);
  return element as T;
}

export interface Column {
  head: Node | string;
  number?: boolean;
}

/** A table that scrolls sideways rather than breaking the page. The first column names the row. */
export function table(caption: string, columns: Column[], rows: Child[][]): HTMLElement {
  const cell = (child: Child, index: number) => {
    const props = columns[index]?.number ? { class: 'number' } : {};
    return index === 0 ? el('th', { scope: 'row', ...props }, child) : el('td', props, child);
  };
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    el(
      'table',
      {},
      el('caption', {}, caption),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...columns.map(({ head, number }) =>
            el('th', { scope: 'col', class: number ? 'number' : undefined }, head),
          ),
        ),
      ),
      el('tbody', {}, ...rows.map((row) => el('tr', {}, ...row.map(cell)))),
    ),
  );
}
