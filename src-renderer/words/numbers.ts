/** Numbers as people read them. */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** `1 byte`, `812 bytes`, `1.2 kB`: of 1000 each. */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  // 999.95 kB would round to 1000 kB.
  while (Math.round(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  if (unit === 0) return count === 1 ? '1 byte' : `${count} bytes`
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? ''}`
}

/** Made once: that takes longer than to write a thousand with it. */
const COUNT = new Intl.NumberFormat('en')

/** `3,412`. */
export function count(value: number): string {
  return COUNT.format(value)
}
