/** The call in a window of its own, for the second screen. */

/**
 * Move `stage` into a window that stays on top (Document Picture-in-Picture), or show `video` alone in one where
 * that is all the browser has. `returned` is called when the window closes, however it closes.
 * Returns how to close it; rejects where neither exists.
 * @param {HTMLElement} stage @param {HTMLVideoElement} video @param {(moved: boolean) => void} returned
 * @returns {Promise<{ moved: boolean, close: () => void }>}
 */
export async function popOut(stage, video, returned) {
  const pictures = /** @type {any} */ (window).documentPictureInPicture;
  if (pictures) {
    const other = await pictures.requestWindow({ width: 480, height: 620 });
    furnish(other.document);
    other.document.body.append(stage);
    other.addEventListener("pagehide", () => returned(true), { once: true });
    return { moved: true, close: () => other.close() };
  }
  await video.requestPictureInPicture();
  video.addEventListener("leavepictureinpicture", () => returned(false), { once: true });
  return { moved: false, close: () => void document.exitPictureInPicture() };
}

/** Give the new window the page's language, look and theme. @param {Document} other */
function furnish(other) {
  const { lang, dir } = document.documentElement;
  Object.assign(other.documentElement, { lang, dir });
  other.title = document.title;
  other.body.className = "dk dk-popped";
  for (const sheet of /** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll("link[rel=stylesheet]"))) {
    const link = other.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: sheet.href });
    other.head.append(link);
  }
}
