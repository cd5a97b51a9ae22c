/**
 * Search as you type on the entry page. The list of all matters is already there; this hides what does not fit.
 * Without this module the same form asks the server.
 */

/** @param {string} text @returns {string} folded as chalicelib.web.matters.folded does */
export function folded(text) {
  return text
    .toLowerCase()
    .replace(/ä/g, "ae").replace(/ö/g, "oe").replace(/ü/g, "ue").replace(/ß/g, "ss")
    .normalize("NFD").replace(/\p{M}/gu, "");
}

/** @param {string} words @param {string[]} wanted @returns {boolean} */
export function fits(words, wanted) {
  const text = ` ${words}`;
  return wanted.every((word) => text.includes(` ${word}`) || (word.length > 3 && text.includes(word)));
}

const form = document.querySelector("#search");
const field = document.querySelector("#q");
const groups = document.querySelector("#groups");
const status = document.querySelector("#found");
const heading = document.querySelector("#all");
const all = heading?.textContent ?? "";

if (form instanceof HTMLFormElement && field instanceof HTMLInputElement && groups && status && heading) {
  const mostUsed = document.querySelector("#most-used-section");
  /** @type {number | undefined} */
  let announcing;

  const show = () => {
    const wanted = folded(field.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const group of groups.querySelectorAll("section")) {
      let inGroup = 0;
      for (const line of group.querySelectorAll("li")) {
        line.hidden = !fits(line.dataset["words"] ?? "", wanted);
        inGroup += line.hidden ? 0 : 1;
      }
      group.hidden = inGroup === 0;
      count += inGroup;
    }
    const searching = wanted.length > 0;
    const none = count === 0;
    mostUsed?.toggleAttribute("hidden", searching);
    // The heading stays: what is found needs one too.
    heading.textContent = searching && !none ? (form.dataset["results"] ?? all) : all;
    if (none) {
      // Nothing fits: the whole list is the way on.
      for (const hidden of groups.querySelectorAll("[hidden]")) {
        hidden.removeAttribute("hidden");
      }
    }
    const texts = form.dataset;
    const said = none ? texts["none"] : count === 1 ? texts["one"] : texts["many"];
    clearTimeout(announcing);
    // A pause in typing, not each letter, is worth a word of a screen reader.
    announcing = setTimeout(() => {
      status.textContent = searching ? (said ?? "").replace("{count}", String(count)) : "";
    }, 300);
  };

  field.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    // Enter takes the one that is left; several stay in view, and the list gets the focus.
    event.preventDefault();
    const left = [...groups.querySelectorAll("li:not([hidden]) a")];
    const first = left[0];
    if (first instanceof HTMLAnchorElement && field.value.trim() !== "") {
      first.focus();
    }
  });
}
