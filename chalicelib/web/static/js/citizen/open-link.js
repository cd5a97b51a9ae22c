/**
 * The secret of a link stands in the fragment, which browsers keep to themselves. Post it once, and take it out
 * of the address, so that it stays neither in the history nor on a screen that somebody photographs.
 */

const form = document.querySelector("#open-link");
const field = document.querySelector("#link");
const opening = document.querySelector("#opening");
const secret = location.hash.slice(1);

if (form instanceof HTMLFormElement && field instanceof HTMLInputElement && secret.includes(".")) {
  history.replaceState(null, "", location.pathname + location.search);
  field.value = secret;
  form.hidden = true;
  opening?.removeAttribute("hidden");
  form.submit();
}
