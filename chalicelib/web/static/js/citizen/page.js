/**
 * What every page gains from scripts, and no page needs: after a refused form the error summary takes the focus
 * (and says so in the title), so that nobody wonders why the page came back.
 */

const summary = document.querySelector("[data-focus]");
if (summary instanceof HTMLElement) {
  summary.focus();
}

for (const form of document.querySelectorAll("form[method='post']")) {
  form.addEventListener("submit", (event) => {
    // A second tap on a slow line must not send a second form; the page that follows is a new one.
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
    }
    form.setAttribute("data-sent", "");
  });
}

// The browser's "back" shows the page as it was left: the form may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    form.removeAttribute("data-sent");
  }
});
