/** Takes no room: joiners, fillers, invisible operators, variation selectors, tags. */
const UNSEEN =
  /[\u00ad\u034f\u115f\u1160\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu

/**
 * Foreign text (names from the network, of devices, of programs) made fit for a terminal, a log and a list: one line without
 * control characters, without marks that turn the direction of writing and without those that take no room, so that texts which
 * look the same are the same; at most `most` characters, the last one `…` where something was cut off. Empty where nothing is left.
 */
export function plainText(text: string, most: number): string {
  // Far more than is kept is not even looked at: the sender chose its length.
  const clean = text
    .slice(0, most * 4)
    .replace(UNSEEN, '')
    .replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  // A character of two halves is not torn in two.
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
