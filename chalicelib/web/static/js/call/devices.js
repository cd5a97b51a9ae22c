// @ts-check
/**
 * Camera, microphone and speaker: which there are, which are chosen, and why one cannot be had.
 * Errors have kinds, not sentences: the page knows the words.
 */

/** @typedef {"camera" | "microphone" | "speaker"} DeviceRole */
/** @typedef {"denied" | "missing" | "busy" | "insecure" | "failed"} DeviceErrorKind */
/** @typedef {{ id: string, label: string }} Device */

const KINDS = /** @type {const} */ ({ camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" });
const REMEMBERED = "fernamt.devices.";

/** @type {Record<string, DeviceErrorKind>} */
const ERROR_KINDS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** A device could not be had, for the reason `kind`. */
export class DeviceError extends Error {
  /**
   * @param {DeviceErrorKind} kind
   * @param {unknown} cause
   */
  constructor(kind, cause) {
    super(kind, { cause });
    this.kind = kind;
  }
}

/**
 * The choice made in this tab, or null.
 * @param {DeviceRole} role
 */
export function chosenDevice(role) {
  try {
    return sessionStorage.getItem(REMEMBERED + role);
  } catch {
    return null; // storage is switched off: choose anew each time
  }
}

/**
 * Remember a choice for this tab.
 * @param {DeviceRole} role
 * @param {string} id
 */
export function chooseDevice(role, id) {
  try {
    sessionStorage.setItem(REMEMBERED + role, id);
  } catch {
    // storage is switched off: the choice holds for this page
  }
}

/**
 * List the devices of each role. Labels and ids are empty until the person has allowed one.
 * @returns {Promise<Record<DeviceRole, Device[]>>}
 */
export async function listDevices() {
  const found = navigator.mediaDevices ? await navigator.mediaDevices.enumerateDevices() : [];
  /** @param {DeviceRole} role */
  const of = (role) =>
    found.filter(({ kind }) => kind === KINDS[role]).map(({ deviceId, label }) => ({ id: deviceId, label }));
  return { camera: of("camera"), microphone: of("microphone"), speaker: of("speaker") };
}

/**
 * Call back when a device is plugged in or out. Returns how to stop.
 * @param {() => void} changed
 */
export function watchDevices(changed) {
  navigator.mediaDevices?.addEventListener("devicechange", changed);
  return () => navigator.mediaDevices?.removeEventListener("devicechange", changed);
}

/**
 * Open the chosen camera and microphone, or the system's own if the chosen one is gone.
 * @param {{ camera?: boolean, microphone?: boolean }} [wanted]
 * @returns {Promise<MediaStream>} rejects with DeviceError
 */
export async function openDevices({ camera = true, microphone = true } = {}) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError("insecure", null);
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: microphone && {
        ...preferred("microphone"),
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
      },
      // 640 × 360 shows a face and a paper well, and a phone's uplink carries it.
      video: camera && {
        ...preferred("camera"),
        width: { ideal: 640 },
        height: { ideal: 360 },
        frameRate: { ideal: 30, max: 30 },
      },
    });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    throw new DeviceError(ERROR_KINDS[name] ?? "failed", error);
  }
}

/**
 * `ideal`, not `exact`: a headset that was unplugged must not end the call.
 * @param {"camera" | "microphone"} role
 * @returns {MediaTrackConstraints}
 */
function preferred(role) {
  const id = chosenDevice(role);
  return id ? { deviceId: { ideal: id } } : {};
}

/**
 * Play through the chosen speaker. Returns false where the browser cannot choose (Safari, Firefox on phones).
 * @param {HTMLMediaElement} element
 * @returns {Promise<boolean>}
 */
export async function useChosenSpeaker(element) {
  const id = chosenDevice("speaker");
  if (!("setSinkId" in element)) return false;
  try {
    await element.setSinkId(id ?? "");
    return true;
  } catch {
    return false; // unplugged since: the system's own plays
  }
}

/** How loud a microphone is. */
export class LevelMeter {
  #context = new AudioContext();
  #analyser = this.#context.createAnalyser();
  /** @type {MediaStreamAudioSourceNode} */ #source;
  #samples;

  /** @param {MediaStream} stream with an audio track */
  constructor(stream) {
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
    void this.#context.resume();
  }

  /** The level now, from 0 (silence) to 1; logarithmic over 60 dB, as ears are. */
  level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const energy = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    const decibels = 10 * Math.log10(Math.max(energy, 1e-9));
    return Math.min(1, Math.max(0, 1 + decibels / 60));
  }

  /** Release the microphone's tap. */
  async close() {
    this.#source.disconnect();
    await this.#context.close();
  }
}
