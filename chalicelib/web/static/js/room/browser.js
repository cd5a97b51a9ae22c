/**
 * Names the browser, for the clerk in words and for the help by guide. Only ever a hint: nothing depends on it.
 *
 * @typedef {"chrome" | "firefox" | "safari" | "ios" | "android"} Guide
 */

/** @type {[RegExp, string][]} The first that fits names it: most browsers also claim to be Chrome or Safari. */
const BROWSERS = [
  [/Edg(?:A|iOS)?\/(\d+)/, "Edge"],
  [/OPR\/(\d+)/, "Opera"],
  [/SamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/CriOS\/(\d+)/, "Chrome"],
  [/Chrome\/(\d+)/, "Chrome"],
  [/Version\/(\d+).*Safari/, "Safari"],
];

/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "Mac"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** @param {string} agent  a User-Agent header  @returns {string} such as "Chrome 156, Linux" */
export function browserInWords(agent = navigator.userAgent) {
  const named = BROWSERS.map(([pattern, name]) => [name, agent.match(pattern)?.[1]]).find(([, version]) => version);
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  return [named?.join(" "), system].filter(Boolean).join(", ");
}

/**
 * An iPad calls itself a Mac; only its touch points give it away.
 *
 * @returns {Guide}
 */
export function guideFor(agent = navigator.userAgent, touchPoints = navigator.maxTouchPoints) {
  if (/iPhone|iPad/.test(agent) || (/Mac OS X/.test(agent) && touchPoints > 1)) {
    return "ios";
  }
  if (/Android/.test(agent)) {
    return "android";
  }
  if (/Firefox\//.test(agent)) {
    return "firefox";
  }
  return /Safari\//.test(agent) && !/Chrome\//.test(agent) ? "safari" : "chrome";
}
