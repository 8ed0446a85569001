// The types of quantab/app, as the package has them (vite.element.config.ts copies them).

/**
 * <quantab-app>: the whole app as an element, in a shadow root of its own; files are chosen in it or dropped on it. It has no attributes, and a
 * page can have one. Loading the module defines it.
 */
export declare class QuantabApp extends HTMLElement {
  connectedCallback(): void;
}

/** Makes the element known to the page; needed only where the module was loaded without elements, as servers do. */
export declare function defineQuantabApp(): void;

declare global {
  interface HTMLElementTagNameMap {
    'quantab-app': QuantabApp;
  }
}
