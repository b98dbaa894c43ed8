/** Times and values as a plot writes them: at its axis, at its cursor, in its file. Pure. */

const two = (value: number): string => String(value).padStart(2, '0')

/** `12.350 s`, `2:05.2`, `1:02:05`: since the beginning; `step`: between two of them, in seconds. */
export function sinceWords(seconds: number, step: number): string {
  const digits = decimals(step)
  const sign = seconds < 0 ? '−' : ''
  const scale = 10 ** digits
  const whole = Math.round(Math.abs(seconds) * scale) / scale
  if (whole < 60) return `${sign}${whole.toFixed(digits)} s`
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  const rest = (whole % 60).toFixed(digits).padStart(digits > 0 ? digits + 3 : 2, '0')
  return `${sign}${hours > 0 ? `${hours}:${two(minutes)}` : String(minutes)}:${rest}`
}

/** `14:02:09.125`, in the time zone here; `ms`: since 1970. */
export function clockWords(ms: number, step: number): string {
  const digits = decimals(step)
  const time = new Date(ms)
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  return digits === 0
    ? clock
    : `${clock}.${String(time.getMilliseconds()).padStart(3, '0').slice(0, Math.min(3, digits))}`
}

/** Digits behind the point that tell two of them apart. */
function decimals(step: number): number {
  return Math.max(0, Math.min(6, Math.ceil(-Math.log10(Math.max(step, 1e-6)) - 1e-9)))
}

/** `23.5`, `1.25e+9`: no more digits than say something. */
export function valueWords(value: number): string {
  const size = Math.abs(value)
  if (value !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(3)
  return String(Number(value.toPrecision(7)))
}
