/**
 * Keeps the screen awake while the citizen waits or talks. Browsers drop the lock whenever the page is hidden, so it
 * is asked for again each time the page comes back; one that knows no lock only dims.
 */

let wanted = false;

/** @type {WakeLockSentinel | null} */
let lock = null;

async function take() {
  if (!wanted || document.hidden || (lock && !lock.released) || !("wakeLock" in navigator)) {
    return;
  }
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    // An empty battery forbids it; the call goes on.
  }
}

document.addEventListener("visibilitychange", () => void take());

/** @param {boolean} awake */
export function keepAwake(awake) {
  wanted = awake;
  if (awake) {
    void take();
  } else {
    void lock?.release().catch(() => {});
    lock = null;
  }
}
