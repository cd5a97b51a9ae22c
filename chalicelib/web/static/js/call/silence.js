// @ts-check
/** Whether the worker, and the other person, can still be heard: judged by how many bytes came between two looks. */

/** The worker says something at least every 500 ms, so this much silence means that it is lost. */
export const SILENCE_MAX_MS = 1800;

export class Silence {
  #heardBytes = -1;
  #silentMs = 0;
  #remoteBytes = 0;
  #remoteSilentMs = 0;

  /**
   * @param {{ transportBytes: number, remoteBytes: number }} now received so far
   * @param {number} elapsedMs since the last look
   * @returns {{ lost: boolean, flowing: boolean }} whether the worker is lost; whether anybody else is received
   */
  look({ transportBytes, remoteBytes }, elapsedMs) {
    this.#silentMs = transportBytes > this.#heardBytes ? 0 : this.#silentMs + elapsedMs;
    this.#heardBytes = transportBytes;
    this.#remoteSilentMs = remoteBytes > this.#remoteBytes ? 0 : this.#remoteSilentMs + elapsedMs;
    this.#remoteBytes = remoteBytes;
    return {
      lost: this.#silentMs >= SILENCE_MAX_MS,
      flowing: remoteBytes > 0 && this.#remoteSilentMs < SILENCE_MAX_MS,
    };
  }
}
