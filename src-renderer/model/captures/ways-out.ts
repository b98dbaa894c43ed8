/** How a file of the captures folder leaves Farport: a browser gets it as a download; the app shows where it is (carrier.ts). */

/** For a link with `download`; the page's own host answers it, to those who are signed in. */
export function downloadPath(name: string): string {
  return `captures/${encodeURIComponent(name)}`
}
