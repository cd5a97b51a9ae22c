/** Stands in for js/call/preflight-run.js: the office's script says what the line is like; it is known after a moment. */

const MOMENT_MS = 300;

export async function tryLine({ ticket, stream, signal }) {
  globalThis.fernamtTried = [...(globalThis.fernamtTried ?? []), { tracks: stream.getTracks().length, hungUp: false }];
  const mine = globalThis.fernamtTried.at(-1);
  await new Promise((resolve) => {
    if (ticket.result !== "endless") setTimeout(resolve, MOMENT_MS);
    signal.addEventListener("abort", resolve);
  });
  mine.hungUp = signal.aborted;
  return signal.aborted ? { outcome: "stopped" } : ticket.result;
}
