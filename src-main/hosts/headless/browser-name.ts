/** What a browser says it is, in words of ours: `Firefox on Windows`. Whatever else it says is not repeated. */

/** The first that fits: those further down are also in what others say. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrom(?:e|ium)\/|\bHeadlessChrome\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/\S+ .*\bSafari\//, 'Safari']
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux']
]

/** `agent`: its User-Agent. */
export function browserName(agent = ''): string {
  const [browser, system] = [BROWSERS, SYSTEMS].map((all) => all.find(([form]) => form.test(agent))?.[1])
  return `${browser ?? 'A browser'}${system === undefined ? '' : ` on ${system}`}`
}
