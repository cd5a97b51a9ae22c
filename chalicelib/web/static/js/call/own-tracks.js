// @ts-check
/** What we show and say ourselves, over however many connections: one track of each kind, or none, muted or not. */

/** @typedef {"audio" | "video"} Kind */

export class OwnTracks {
  /** @type {Map<Kind, MediaStreamTrack | null>} */ #tracks = new Map();
  /** @type {Map<Kind, boolean>} */ #muted = new Map();

  /** @param {MediaStream | null} stream */
  constructor(stream) {
    this.#tracks.set("audio", stream?.getAudioTracks()[0] ?? null);
    this.#tracks.set("video", stream?.getVideoTracks()[0] ?? null);
  }

  /** @returns {ReadonlyMap<Kind, MediaStreamTrack | null>} */
  get all() {
    return this.#tracks;
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  replace(kind, track) {
    this.#tracks.set(kind, track);
    this.#apply(kind);
  }

  /** Holds for later tracks too. @param {Kind} kind @param {boolean} muted */
  mute(kind, muted) {
    this.#muted.set(kind, muted);
    this.#apply(kind);
  }

  /** @param {Kind} kind */
  isMuted(kind) {
    return this.#muted.get(kind) ?? false;
  }

  /** @param {Kind} kind */
  #apply(kind) {
    const track = this.#tracks.get(kind);
    if (track) track.enabled = !this.isMuted(kind);
  }
}
