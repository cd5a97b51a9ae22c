/**
 * The waiting room: the place in the queue, said aloud when it changes, and a quiet look at oneself.
 *
 * @import {RoomState} from "./model.js"
 * @import {OwnDevices} from "./own-devices.js"
 */

import { part, say } from "./parts.js";
import { peopleAhead, t, timeOf } from "./setup.js";

export class WaitingRoom extends HTMLElement {
  /** @param {OwnDevices} devices */
  use(devices) {
    const draw = () => {
      const seen = devices.isLive("camera");
      devices.showIn(part(this, "self", HTMLVideoElement));
      part(this, "self").hidden = !seen;
      part(this, "blind").hidden = seen;
      const fine = seen && devices.isLive("microphone");
      say(part(this, "devices-words"), fine ? t("waiting.devices_fine") : partly(devices));
    };
    devices.addEventListener("change", draw);
    draw();
  }

  /** @param {RoomState} state */
  show({ booking, visit, now }) {
    say(part(this, "ahead"), peopleAhead(visit.ahead));
    const late = new Date(now) > new Date(booking.start);
    say(part(this, "when"), t(late ? "waiting.late" : "waiting.from", { time: timeOf(booking.start) }));
  }
}

/** @param {OwnDevices} devices */
function partly(devices) {
  const { camera, microphone } = devices.report("ok");
  return t("waiting.devices_partly", {
    camera: t(`device.camera.${camera}`),
    microphone: t(microphone === "ok" ? "device.camera.ok" : `device.microphone.${microphone}`),
  });
}

customElements.define("waiting-room", WaitingRoom);
