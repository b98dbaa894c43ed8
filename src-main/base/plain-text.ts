/**
 * Foreign text (names from the network, of devices, of programs) made fit for a terminal, a log and a list: one line without
 * control characters and without marks that turn the direction of writing, at most `most` characters, the last one `…` where
 * something was cut off. Empty where nothing is left.
 */
export function plainText(text: string, most: number): string {
  // Far more than is kept is not even looked at: the sender chose its length.
  const clean = text
    .slice(0, most * 4)
    .replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  // A character of two halves is not torn in two.
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
