/** Sounds made on the spot: the chime of the call and the tone that tests a speaker. No files, no loading. */

/** @type {AudioContext | null} */
let context = null;

/** Browsers let a page make sounds only after a tap: call this inside one. */
export function allowSounds() {
  context ??= new AudioContext();
  void context.resume().catch(() => {});
}

/**
 * @param {AudioContext} audio
 * @param {AudioNode} target
 * @param {{hertz: number, startS: number, lengthS: number}} note
 */
function play(audio, target, { hertz, startS, lengthS }) {
  const from = audio.currentTime + startS;
  const tone = new OscillatorNode(audio, { type: "sine", frequency: hertz });
  const swell = new GainNode(audio, { gain: 0 });
  swell.gain.setValueAtTime(0, from);
  swell.gain.linearRampToValueAtTime(0.3, from + 0.02);
  swell.gain.exponentialRampToValueAtTime(0.001, from + lengthS);
  tone.connect(swell).connect(target);
  tone.start(from);
  tone.stop(from + lengthS);
}

/** Two warm tones, twice: "you are next". Silent where the browser does not allow it yet. */
export function chime() {
  if (context?.state !== "running") {
    return;
  }
  for (const startS of [0, 1.2]) {
    play(context, context.destination, { hertz: 659.25, startS, lengthS: 0.9 });
    play(context, context.destination, { hertz: 523.25, startS: startS + 0.35, lengthS: 1.1 });
  }
}

/**
 * Make three rising tones as a stream, for a media element whose speaker was chosen; ends after `lengthS`.
 *
 * @returns {{stream: MediaStream, lengthS: number}}
 */
export function testTone() {
  allowSounds();
  const audio = /** @type {AudioContext} */ (context);
  const output = new MediaStreamAudioDestinationNode(audio);
  for (const [at, hertz] of [392, 523.25, 659.25].entries()) {
    play(audio, output, { hertz, startS: 0.1 + at * 0.4, lengthS: 0.7 });
  }
  return { stream: output.stream, lengthS: 1.8 };
}
