/**
 * The result's secret stands in the fragment. It goes into the form and out of the address, so that it stays neither
 * in the history nor on a photographed screen; fetching waits for the button.
 */

const form = document.querySelector("#result-link");
const field = document.querySelector("#link");
const secret = location.hash.slice(1);

if (form instanceof HTMLFormElement && field instanceof HTMLInputElement && secret.includes(".")) {
  history.replaceState(null, "", location.pathname + location.search);
  field.value = secret;
  const row = field.closest(".kern-form-input");
  if (row instanceof HTMLElement) row.hidden = true;
}
