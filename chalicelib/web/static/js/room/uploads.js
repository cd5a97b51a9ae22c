/**
 * Sends one file: announce it, post it to the storage with progress, say that it arrived.
 *
 * @import {RoomState} from "./model.js"
 * @import {Office} from "./office.js"
 */

/** The office takes no more; a larger file is refused before a minute of mobile data is spent on it. */
export const SIZE_MAX = 10 * 1024 * 1024;

const TYPES = new Set(["application/pdf", "image/jpeg", "image/png"]);

/** The file did not reach the storage. */
export class NotSent extends Error {}

/** @param {File} file  @returns {"too_large" | "type" | "empty" | null} why the office would refuse it */
export function objection(file) {
  if (!TYPES.has(file.type)) {
    return "type";
  }
  if (file.size === 0) {
    return "empty";
  }
  return file.size > SIZE_MAX ? "too_large" : null;
}

/**
 * Throws what `Office` throws, and NotSent.
 *
 * @param {Office} office
 * @param {File} file
 * @param {(share: number) => void} onProgress  0 to 1
 * @returns {Promise<RoomState>}
 */
export async function send(office, file, onProgress) {
  /** @type {{paper_id: string, url: string, fields: Record<string, string>}} */
  const announced = await office.post("papers", { name: file.name, media_type: file.type, size: file.size });
  const form = new FormData();
  for (const [name, value] of Object.entries(announced.fields)) {
    form.append(name, value);
  }
  form.append("file", file); // last: the storage ignores every field behind the file
  await post(announced.url, form, onProgress);
  return office.post(`papers/${announced.paper_id}/received`);
}

/**
 * XMLHttpRequest, because fetch cannot tell how much has gone out.
 *
 * @param {string} url
 * @param {FormData} form
 * @param {(share: number) => void} onProgress
 * @returns {Promise<void>}
 */
function post(url, form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) {
        onProgress(event.loaded / event.total);
      }
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) {
        resolve();
      } else {
        reject(new NotSent(`the storage answered ${request.status}`));
      }
    });
    for (const trouble of ["error", "abort", "timeout"]) {
      request.addEventListener(trouble, () => reject(new NotSent(trouble)));
    }
    request.open("POST", url);
    request.send(form);
  });
}
