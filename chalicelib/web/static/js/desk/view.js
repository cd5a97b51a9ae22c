/**
 * A page that is described anew at every poll, and patched where it differs.
 *
 * `h("li", { key: "b1", class: "row", on: { click } }, "text", …)` describes an element; `patch(parent, [...])`
 * makes the children of `parent` so. What already stands there stays the same element: focus, scroll, an open
 * `<details>` and half-typed text are never touched by a render.
 *
 * Properties: `key` (identity among siblings), `class`, `on` (listeners), `initial` (properties given once, when
 * the element is made: a value, an open details), `live` (properties that follow the description: checked,
 * disabled), everything else an attribute (`false`, `null` and `undefined` leave it out, `true` is empty).
 */

/**
 * @typedef {{ key?: string, class?: string, on?: Record<string, (event: any) => void>,
 *   initial?: Record<string, unknown>, live?: Record<string, unknown>, [attribute: string]: unknown }} Properties
 * @typedef {{ tag: string, properties: Properties, children: Described[] }} Described
 * @typedef {Described | string | number | null | undefined | false} Child
 */

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "path", "circle", "rect"]);
const TEXT = "#text";
const OWN = new Set(["key", "class", "on", "initial", "live"]);

/** @type {WeakMap<Node, Described>} */
const shown = new WeakMap();

/**
 * @param {string} tag
 * @param {Properties | null} [properties]
 * @param {...(Child | Child[])} children
 * @returns {Described}
 */
export function h(tag, properties, ...children) {
  return { tag, properties: properties ?? {}, children: described(children.flat()) };
}

/** @param {Child[]} children @returns {Described[]} */
function described(children) {
  /** @type {Described[]} */
  const found = [];
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    found.push(typeof child === "object" ? child : { tag: TEXT, properties: { text: String(child) }, children: [] });
  }
  return found;
}

/**
 * Make the children of `parent` what `children` describe.
 * @param {Node} parent
 * @param {Child[]} children
 */
export function patch(parent, children) {
  patchChildren(parent, described(children));
}

/** @param {Node} parent @param {Described[]} wanted */
function patchChildren(parent, wanted) {
  const kept = matched(parent, wanted);
  const stays = new Set(kept);
  for (const node of [...parent.childNodes]) {
    if (!stays.has(node)) parent.removeChild(node);
  }
  let place = parent.firstChild;
  wanted.forEach((each, index) => {
    const node = kept[index] ?? create(each);
    if (kept[index]) update(node, each);
    if (node === place) {
      place = place.nextSibling;
    } else {
      move(parent, node, place);
    }
  });
}

/**
 * Find for each description the element that already shows it: by key, else by order among the unkeyed.
 * @param {Node} parent @param {Described[]} wanted @returns {(Node | undefined)[]}
 */
function matched(parent, wanted) {
  /** @type {Map<string, Node[]>} */
  const there = new Map();
  for (const node of parent.childNodes) {
    const was = shown.get(node);
    if (!was) continue;
    const name = identity(was);
    there.set(name, [...(there.get(name) ?? []), node]);
  }
  return wanted.map((each) => there.get(identity(each))?.shift());
}

/** @param {Described} each */
function identity(each) {
  return `${each.tag}|${each.properties.key ?? ""}`;
}

/**
 * Moving an element in the old way takes its focus away; `moveBefore` keeps it where the browser has it.
 * @param {Node} parent @param {Node} node @param {Node | null} place
 */
function move(parent, node, place) {
  const focused = document.activeElement;
  const holds = node.isConnected && focused instanceof HTMLElement && node.contains(focused);
  if (node.isConnected && "moveBefore" in parent) {
    /** @type {any} */ (parent).moveBefore(node, place);
  } else {
    parent.insertBefore(node, place);
    if (holds) focused.focus({ preventScroll: true });
  }
}

/** @param {Described} each @returns {Node} */
function create(each) {
  if (each.tag === TEXT) {
    const text = document.createTextNode(String(each.properties.text));
    shown.set(text, each);
    return text;
  }
  const node = DRAWN.has(each.tag) ? document.createElementNS(SVG, each.tag) : document.createElement(each.tag);
  for (const [name, value] of Object.entries(each.properties)) setAttribute(node, name, value);
  for (const name of Object.keys(each.properties.on ?? {})) listen(node, name);
  patchChildren(node, each.children);
  // After the children: a select has its options only now.
  Object.assign(node, each.properties.initial ?? {}, each.properties.live ?? {});
  shown.set(node, each);
  return node;
}

/** @param {Node} node @param {Described} each */
function update(node, each) {
  const was = /** @type {Described} */ (shown.get(node));
  shown.set(node, each);
  if (!(node instanceof Element)) {
    if (node.nodeValue !== each.properties.text) node.nodeValue = String(each.properties.text);
    return;
  }
  for (const [name, value] of Object.entries(each.properties)) {
    if (was.properties[name] !== value) setAttribute(node, name, value);
  }
  for (const name of Object.keys(was.properties)) {
    if (!(name in each.properties)) setAttribute(node, name, null);
  }
  for (const name of Object.keys(each.properties.on ?? {})) {
    if (!(name in (was.properties.on ?? {}))) listen(node, name);
  }
  patchChildren(node, each.children);
  for (const [name, value] of Object.entries(each.properties.live ?? {})) {
    if (/** @type {any} */ (node)[name] !== value) /** @type {any} */ (node)[name] = value;
  }
}

/** @param {Element} node @param {string} name @param {unknown} value */
function setAttribute(node, name, value) {
  if (name === "class") {
    node.setAttribute("class", String(value ?? ""));
  } else if (OWN.has(name)) {
    return;
  } else if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * The listener asks the newest description what to do, so that no render has to add or remove one.
 * @param {Element} node @param {string} name
 */
function listen(node, name) {
  node.addEventListener(name, (event) => shown.get(node)?.properties.on?.[name]?.(event));
}
