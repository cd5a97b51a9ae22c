/**
 * Choice of camera, microphone and speaker, in a dialog over whichever face is shown.
 *
 * @import {DeviceRole} from "../call/devices.js"
 * @import {OwnDevices} from "./own-devices.js"
 */

import { chooseDevice, chosenDevice, listDevices, useChosenSpeaker, watchDevices } from "../call/devices.js";
import { onTap, part, wish } from "./parts.js";
import { t } from "./setup.js";
import { testTone } from "./sounds.js";

/** @type {DeviceRole[]} */
const ROLES = ["camera", "microphone", "speaker"];

export class DeviceChoice extends HTMLElement {
  /** @param {OwnDevices} devices */
  use(devices) {
    const dialog = part(this, "dialog", HTMLDialogElement);
    part(this, "close").addEventListener("click", () => dialog.close());
    onTap(part(this, "test"), playTestTone);
    for (const role of ROLES) {
      const select = part(this, role, HTMLSelectElement);
      select.addEventListener("change", () => {
        if (role === "speaker") {
          chooseDevice(role, select.value);
          wish(this, "room-speaker");
        } else {
          void devices.choose(role, select.value);
        }
      });
    }
    devices.onLevel((level) => (part(this, "level", HTMLMeterElement).value = level));
    devices.addEventListener("change", () => void this.#fill(devices));
    watchDevices(() => void this.#fill(devices));
  }

  /** @param {OwnDevices} devices */
  async open(devices) {
    await this.#fill(devices);
    part(this, "dialog", HTMLDialogElement).showModal();
  }

  /** @param {OwnDevices} devices */
  async #fill(devices) {
    const all = await listDevices();
    for (const role of ROLES) {
      const select = part(this, role, HTMLSelectElement);
      const known = all[role].filter((device) => device.id);
      const inUse = role === "speaker" ? undefined : devices.track(role)?.getSettings().deviceId;
      const wanted = inUse ?? chosenDevice(role) ?? "";
      select.replaceChildren(
        ...known.map((device, at) => {
          const label = device.label || t(`device.default.${role}`, { number: at + 1 });
          return new Option(label, device.id, false, device.id === wanted);
        }),
      );
      const row = /** @type {HTMLElement} */ (this.querySelector(`[data-kind="${role}"]`));
      row.hidden = known.length === 0;
    }
  }
}

async function playTestTone() {
  const { stream, lengthS } = testTone();
  const element = new Audio();
  element.srcObject = stream;
  await useChosenSpeaker(element);
  await element.play().catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, lengthS * 1000));
  element.srcObject = null;
}

customElements.define("device-choice", DeviceChoice);
