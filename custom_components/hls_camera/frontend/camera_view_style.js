/** The style of a camera's view. */

import { styleSheet } from "./dom.js";

export const STYLE = styleSheet(`
  :host {
    aspect-ratio: var(--hls-camera-ratio, 16 / 9);
    container: camera / size;
    display: block;
    min-height: 0;
    min-width: 0;
  }
  :host(:fullscreen) {
    aspect-ratio: auto;
    --hls-camera-fit: contain;
  }
  [hidden] {
    display: none !important;
  }
  .view {
    background: var(--secondary-background-color, #e5e5e5);
    color: var(--primary-text-color, #212121);
    font-size: var(--ha-font-size-m, 14px);
    height: 100%;
    overflow: hidden;
    position: relative;
    width: 100%;
    --mdc-icon-size: 20px;
    --ha-icon-display: block;
  }
  :host(:fullscreen) .view,
  .view[data-kind="playing"] {
    background: #000;
  }
  .view[data-kind="playing"][data-nameless]:not(:hover, :focus-within, [data-awake]) .label {
    visibility: hidden;
  }
  video,
  .live,
  .view > img,
  .last {
    display: block;
    height: 100%;
    inset: 0;
    object-fit: var(--hls-camera-fit, contain);
    position: absolute;
    width: 100%;
  }
  video,
  .live {
    opacity: 0;
  }
  .surface {
    background: none;
    border: 0;
    cursor: pointer;
    inset: 0;
    padding: 0;
    position: absolute;
    touch-action: manipulation;
    user-select: none;
    -webkit-tap-highlight-color: transparent;
    -webkit-touch-callout: none;
  }
  .surface[tabindex="-1"] {
    cursor: default;
  }
  .surface:focus-visible {
    outline: 2px solid var(--primary-color, #03a9f4);
    outline-offset: -2px;
  }
  [data-kind="playing"] :is(video, .live) {
    opacity: 1;
  }
  .last {
    background: #000;
  }

  /* The status, over the last picture or in place of one. */
  .message {
    align-items: center;
    display: flex;
    flex-direction: column;
    gap: 8px;
    inset: 0;
    justify-content: center;
    padding: 8px 16px;
    pointer-events: none;
    position: absolute;
    text-align: center;
  }
  /* A short wait, such as for another sound, does not show. */
  .message:has(.spinner:not([hidden])) {
    animation: appear 0s 300ms backwards;
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
  }
  .last:not([hidden]) ~ .message {
    background: rgb(0 0 0 / 55%);
    color: #fff;
  }
  [data-kind="playing"] .message,
  [data-paused]:is([data-kind="loading"], [data-kind="reconnecting"]) .message {
    background: none;
    visibility: hidden;
  }
  .last:not([hidden]) ~ .message:has(.spinner:not([hidden])) {
    background: rgb(0 0 0 / 25%);
  }
  .icon {
    --mdc-icon-size: 36px;
    opacity: 0.75;
  }
  [data-kind="failed"] .icon {
    color: var(--error-color, #db4437);
    opacity: 1;
  }
  .title,
  .hint {
    margin: 0;
  }
  .title {
    font-weight: var(--ha-font-weight-medium, 500);
  }
  .hint {
    font-size: var(--ha-font-size-s, 12px);
    opacity: 0.85;
  }
  .spinner {
    animation: turn 1s linear infinite;
    border: 3px solid currentcolor;
    border-radius: 50%;
    border-top-color: transparent;
    height: 24px;
    opacity: 0.75;
    width: 24px;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }

  /* Name and controls. */
  .label {
    align-items: center;
    background: rgb(0 0 0 / 60%);
    border-radius: 12px;
    color: #fff;
    display: flex;
    font-size: var(--ha-font-size-s, 12px);
    gap: 6px;
    inset: 8px auto auto 8px;
    line-height: 16px;
    max-width: calc(100% - 16px);
    padding: 4px 10px 4px 8px;
    pointer-events: none;
    position: absolute;
    z-index: 1;
    box-sizing: border-box;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .mode:not(:empty) {
    border-inline-start: 1px solid rgb(255 255 255 / 40%);
    opacity: 0.85;
    padding-inline-start: 6px;
    pointer-events: auto;
    white-space: nowrap;
  }
  .dot {
    background: #9e9e9e;
    border-radius: 50%;
    flex: none;
    height: 8px;
    width: 8px;
  }
  [data-kind="playing"] .dot {
    background: var(--success-color, #43a047);
  }
  :is([data-kind="reconnecting"], [data-kind="offline"]) .dot {
    background: var(--warning-color, #ffa600);
  }
  [data-kind="failed"] .dot {
    background: var(--error-color, #db4437);
  }
  /* Cameras write their name and the time along the upper and lower edge: stay clear of it. */
  .controls {
    color: #fff;
    display: flex;
    flex-direction: row-reverse;
    gap: 6px;
    inset: auto 6px 14cqh 6px;
    pointer-events: none;
    position: absolute;
    z-index: 1;
  }
  .bar,
  .controls .more {
    background: rgb(0 0 0 / 75%);
    border-radius: 20px;
  }
  .bar {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    justify-content: end;
    opacity: 0;
    transition: opacity 150ms;
  }
  .view:has(:focus-visible) .bar,
  .bar:has(.note:not(:empty)),
  [data-expanded] .bar {
    opacity: 1;
    pointer-events: auto;
  }
  .more {
    flex: none;
    pointer-events: auto;
  }
  @media (hover: hover) {
    .view:is(:hover, [data-awake]) .bar {
      opacity: 1;
      pointer-events: auto;
    }
    .controls .more {
      display: none;
    }
  }
  .note:not(:empty) {
    padding-inline: 12px 4px;
  }
  :is([data-kind="missing"], [data-kind="foreign"]) :is(.label, .controls),
  [data-controls="none"] .controls {
    display: none;
  }
  /* A button that disappears loses the focus: these stay while the player waits for media. */
  :not([data-kind="playing"], [data-kind="loading"], [data-kind="reconnecting"])
    > .controls :is(.mute, .pip) {
    display: none;
  }
  .control {
    background: none;
    border: 0;
    border-radius: 50%;
    color: inherit;
    cursor: pointer;
    display: grid;
    height: 36px;
    padding: 0;
    place-items: center;
    width: 36px;
  }
  .control:hover {
    background: rgb(255 255 255 / 20%);
  }
  .action {
    background: color-mix(in srgb, var(--primary-color, #03a9f4), #000 35%); /* contrast */
    border: 0;
    border-radius: 16px;
    color: #fff;
    cursor: pointer;
    font: inherit;
    font-weight: var(--ha-font-weight-medium, 500);
    padding: 6px 16px;
    pointer-events: auto;
    text-decoration: none;
  }
  .action:hover {
    filter: brightness(1.1);
  }
  .commands .action {
    background: rgb(255 255 255 / 20%);
    color: #fff;
  }
  :is(.action, .control):focus-visible {
    outline: 2px solid var(--primary-color, #03a9f4);
    outline-offset: 2px;
  }
  .control:focus-visible {
    outline-color: #fff;
    outline-offset: -4px;
  }

  /* Details. */
  .details {
    background: rgb(0 0 0 / 75%);
    border-radius: 12px;
    color: #fff;
    font-size: var(--ha-font-size-s, 12px);
    inset: 8px 8px auto auto;
    max-height: calc(86cqh - 54px);
    max-width: calc(100% - 16px);
    overflow: auto;
    padding: 10px 12px 0;
    position: absolute;
    box-sizing: border-box;
    z-index: 2;
  }
  dl {
    display: grid;
    gap: 4px 12px;
    grid-template-columns: auto auto;
    margin: 0;
  }
  dt {
    opacity: 0.75;
  }
  dd {
    font-variant-numeric: tabular-nums;
    margin: 0;
    text-align: end;
  }
  /* They stay in view where the figures have to be scrolled. */
  .commands {
    align-items: center;
    background: rgb(0 0 0 / 85%);
    bottom: 0;
    display: flex;
    gap: 8px;
    justify-content: end;
    margin: 4px -12px 0;
    padding: 6px 12px;
    position: sticky;
  }
  .commands .action {
    padding: 4px 12px;
  }
  .close {
    height: 28px;
    width: 28px;
  }

  /* Small views. */
  @container camera (max-width: 320px) {
    .icon {
      --mdc-icon-size: 24px;
    }
    .message {
      font-size: var(--ha-font-size-s, 12px);
      gap: 4px;
      padding-bottom: 32px;
    }
  }
  @container camera (max-height: 150px) {
    .hint {
      display: none;
    }
  }
  @container camera (max-height: 320px) {
    .details {
      background: rgb(0 0 0 / 88%); /* It covers the name and the buttons. */
      display: flex;
      flex-direction: column;
      inset: 0;
      border-radius: 0;
      justify-content: space-between;
      max-height: none;
      max-width: none;
    }
  }
  @container camera (max-height: 320px) and (min-width: 250px) {
    dl {
      column-gap: 8px;
      grid-template-columns: repeat(2, auto minmax(0, 1fr));
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .spinner {
      animation-duration: 4s;
    }
    .bar {
      transition: none;
    }
  }
  @media (forced-colors: active) {
    .label,
    .bar,
    .more,
    .details,
    .action {
      border: 1px solid;
    }
  }
`);
