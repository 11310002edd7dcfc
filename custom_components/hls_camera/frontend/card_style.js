/** The style of the card around its cameras. */

import { styleSheet } from "./dom.js";

export const CARD_STYLE = styleSheet(`
  :host {
    display: block;
  }
  ha-card {
    display: flex;
    flex-direction: column;
    overflow: hidden;
  }
  :host([filled]),
  :host([filled]) ha-card {
    height: 100%;
  }
  .card-header {
    margin: 0;
    padding: 12px 16px;
    font-size: var(--ha-font-size-l, 16px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 1.4;
  }
  .wall {
    display: grid;
    flex: 1;
    gap: 2px;
    grid-template-columns: repeat(var(--columns, 1), minmax(0, 1fr));
    min-height: 0;
  }
  :host([filled]) .wall {
    grid-auto-rows: minmax(0, 1fr);
  }
  :host([filled]) hls-camera-view {
    aspect-ratio: auto;
    height: 100%;
  }
  .empty {
    color: var(--secondary-text-color);
    margin: 0;
    padding: 24px 16px;
    text-align: center;
  }
  [hidden] {
    display: none;
  }
`);
