/** Which camera, microphone and speaker the clerk uses; a change takes effect in the running call. */

import { chooseDevice, chosenDevice, listDevices } from "../call/devices.js";
import { button } from "./parts.js";
import { t } from "./texts.js";
import { h, patch } from "./view.js";

/** @typedef {import("../call/devices.js").DeviceRole} DeviceRole */

const ROLES = /** @type {DeviceRole[]} */ (["camera", "microphone", "speaker"]);

/**
 * @param {HTMLElement} panel @param {(role: DeviceRole) => void} changed @param {() => void} closed
 */
export async function showDeviceChoice(panel, changed, closed) {
  const devices = await listDevices();
  patch(panel, [
    ...ROLES.filter((role) => devices[role].length > 0).map((role) => h("div", { key: role, class: "dk-field" },
      h("label", { class: "dk-field__label", for: `device-${role}` }, t(`call.${role}_title`)),
      h("select", { class: "dk-input", id: `device-${role}`, initial: { value: chosenDevice(role) ?? devices[role][0]?.id ?? "" },
        on: { change: (event) => {
          chooseDevice(role, event.target.value);
          changed(role);
        } } },
      devices[role].map(({ id, label }, index) =>
        h("option", { key: id, value: id }, label || t("call.device_default", { number: index + 1 })))))),
    button(t("call.devices_close"), { key: "close", on: closed }),
  ]);
}
