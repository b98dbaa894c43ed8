/**
 * Names of DNS as one string: labels joined by dots, a dot or backslash within a label behind a backslash (RFC 6763 §4.3), as
 * `Rack 2\.1._iostream._tcp.local`. Compared without regard to the case of ASCII letters (RFC 6762 §16).
 */
const LABEL_BYTES = 63

export const LOCAL = 'local'

/** The same for names that are the same. */
export function nameKey(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

export function escapeLabel(label: string): string {
  return label.replace(/[.\\]/g, '\\$&')
}

export function unescapeLabel(escaped: string): string {
  return escaped.includes('\\') ? escaped.replace(/\\(.)/gsu, '$1') : escaped
}

/** Where the label that starts at `start` ends: at the next dot that is not its own, or with the name. */
export function endOfLabel(name: string, start: number): number {
  for (let at = start; at < name.length; at++) {
    if (name[at] === '.') return at
    if (name[at] === '\\') at++
  }
  return name.length
}

/** The labels, as they are. */
export function labelsOf(name: string): string[] {
  const labels: string[] = []
  for (let at = 0; at < name.length;) {
    const end = endOfLabel(name, at)
    labels.push(unescapeLabel(name.slice(at, end)))
    at = end + 1
  }
  return labels
}

/** The name as it is tried the `turn`-th time (from 1): `Printer`, `Printer (2)`, …; never more than a label holds. */
export function numbered(name: string, turn: number): string {
  const end = turn > 1 ? ` (${turn})` : ''
  return cutBytes(name, LABEL_BYTES - end.length) + end
}

/** As computers with the same name are told apart, also by avahi: `box`, `box-2`. */
export function numberedHost(name: string, turn: number): string {
  const end = turn > 1 ? `-${turn}` : ''
  return cutBytes(name, LABEL_BYTES - end.length) + end
}

/** What the system calls this computer, made fit for a label: without its domain, letters, digits and hyphens. */
export function hostLabel(hostname: string): string {
  const first = hostname.split('.')[0] ?? ''
  const fit = first.replace(/[^a-zA-Z0-9-]+/g, '-').replace(/^-+|-+$/g, '')
  return cutBytes(fit, LABEL_BYTES) || 'farport'
}

/** The first `most` bytes of its UTF-8, no character torn. */
export function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  let end = most
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end).trimEnd()
}
