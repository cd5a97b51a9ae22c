/** Small pieces that the views of the desk share: icons, buttons, badges, a section with its heading. */

import { h } from "./view.js";

/** @typedef {import("./view.js").Child} Child */
/** @typedef {import("./view.js").Described} Described */

/** Line drawings of 24 × 24, in the manner of the office's other pages. */
const DRAWINGS = {
  camera: "M3 6.500h12v11H3zM15 10.500l6-3.500v10l-6-3.500z",
  microphone: "M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6.500 11.500a5.500 5.500 0 0 0 11 0M12 17v3.500",
  connection: "M4 10a12 12 0 0 1 16 0M7 13.500a7.500 7.500 0 0 1 10 0M10 17a3 3 0 0 1 4 0M12 19.500v.010",
  slash: "M4 4l16 16",
  check: "M5 12.500l4.500 4.500L19 7.500",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  previous: "M15 5l-7 7 7 7",
  following: "M9 5l7 7-7 7",
  back: "M19 12H5M11 6l-6 6 6 6",
  in: "M12 4v10M7.500 10L12 14.500 16.500 10M5 19.500h14",
  out: "M12 15V5M7.500 9L12 4.500 16.500 9M5 19.500h14",
  phone: "M6 3h3l1.500 5-2 1.500a12 12 0 0 0 6 6l1.500-2 5 1.500v3c0 1.700-1.300 3-3 3C10.300 21 3 13.700 3 6c0-1.700 1.300-3 3-3z",
  sheet: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  plus: "M12 5v14M5 12h14",
  warning: "M12 4.500l8.500 15h-17zM12 10v4.500M12 17v.010",
  info: "M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17zM12 11v5.500M12 7.500v.010",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l1.500 1.500h-15zM10 20.500h4",
  close: "M6 6l12 12M18 6L6 18",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.500 20c.8-3.600 3.800-5.500 7.500-5.500s6.700 1.900 7.500 5.500",
};

/** @param {keyof typeof DRAWINGS} name @param {string} [extra] */
export function icon(name, extra = "") {
  return h("svg", { class: `dk-icon ${extra}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    h("path", { d: DRAWINGS[name] }));
}

/**
 * @param {Child | Child[]} label
 * @param {{ key?: string, kind?: "primary" | "plain" | "danger", on: (event: MouseEvent) => void, busy?: boolean,
 *   icon?: keyof typeof DRAWINGS, label?: string, described?: string }} options
 */
export function button(label, options) {
  return h("button", {
    key: options.key, type: "button", class: `dk-button${options.kind ? ` dk-button--${options.kind}` : ""}`,
    "aria-label": options.label, "aria-describedby": options.described, "aria-busy": options.busy ? "true" : null,
    on: { click: (event) => options.busy || options.on(event) },
  }, options.icon && icon(options.icon), h("span", null, label));
}

/** @param {string} text @param {"success" | "warning" | "danger" | "info" | "plain"} [kind] */
export const badge = (text, kind = "plain") => h("span", { class: `dk-badge dk-badge--${kind}` }, text);

/** Words for screen readers only. @param {string} text */
export const spoken = (text) => h("span", { class: "kern-sr-only" }, text);

/**
 * @param {string} key @param {string} title @param {Child} aside what stands beside the heading
 * @param {...(Child | Child[])} children
 */
export function section(key, title, aside, ...children) {
  return h("section", { key, class: "dk-section", "aria-labelledby": `section-${key}` },
    h("div", { class: "dk-section__head" },
      h("h3", { id: `section-${key}`, class: "dk-section__title", tabindex: "-1" }, title), aside),
    ...children);
}

/**
 * A line that says something and leads on.
 * @param {{ key?: string, kind: "info" | "success" | "warning" | "danger", text: Child | Child[], after?: Child[] }} line
 */
export function line({ key, kind, text, after = [] }) {
  const drawing = kind === "success" ? "check" : kind === "info" ? "info" : "warning";
  return h("div", { key, class: `dk-line dk-line--${kind}` },
    icon(drawing), h("p", { class: "dk-line__text" }, text), ...after);
}

/** @param {string} text @param {string} id */
export function fieldError(text, id) {
  return h("p", { class: "dk-field__error", id }, icon("warning"), text);
}
