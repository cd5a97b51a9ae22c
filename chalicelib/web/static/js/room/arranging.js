/**
 * Which face has the devices: the camera's lamp is on only where the citizen sees why.
 *
 * @import {GreenRoom} from "./green-room.js"
 * @import {OwnDevices} from "./own-devices.js"
 */

/**
 * After a reload in the waiting room or the call they are opened again; in the green room only if the browser will not ask,
 * for there a question comes after the button that announces it.
 *
 * @param {OwnDevices} devices
 * @param {{face: string, seated: boolean, green: GreenRoom}} where
 */
export async function arrange(devices, { face, seated, green }) {
  if (face !== "green" && !seated) {
    devices.close();
  } else if (seated && devices.untouched) {
    await devices.open();
  } else if (face === "green" && devices.untouched && (await devices.allowed())) {
    await green.open();
  }
}
