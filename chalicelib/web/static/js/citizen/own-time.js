/**
 * For people who book from another time zone: their own clock, small, under each time.
 * The server shows Germany's time; nothing here changes what is booked.
 */

const OFFICE_ZONE = "Europe/Berlin";

/** @param {Date} moment @param {string} zone @returns {string} such as "10:20" */
function clock(moment, zone) {
  return new Intl.DateTimeFormat("de", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(moment);
}

const form = document.querySelector("#times");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (form instanceof HTMLFormElement && own) {
  const buttons = [...form.querySelectorAll("button[name='start']")].filter((each) => each instanceof HTMLButtonElement);
  const first = buttons[0];
  const differs = first && clock(new Date(first.value), own) !== clock(new Date(first.value), OFFICE_ZONE);
  if (differs) {
    const note = document.createElement("p");
    note.className = "kern-body fa-muted";
    note.textContent = (form.dataset["ownTime"] ?? "").replace("{zone}", own.replace(/_/g, " "));
    form.prepend(note);
    for (const button of buttons.filter((each) => each.classList.contains("fa-time"))) {
      const line = document.createElement("span");
      line.className = "fa-own-time";
      line.textContent = clock(new Date(button.value), own);
      button.append(line);
    }
  }
}
