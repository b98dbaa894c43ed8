/** Growth per hour by least squares. `samples`: time in ms and value. 0 for fewer than three. */
export function slopePerHour(samples: readonly (readonly [timeMs: number, value: number])[]): number {
  const count = samples.length
  if (count < 3) return 0
  const meanTime = samples.reduce((sum, [time]) => sum + time, 0) / count
  const meanValue = samples.reduce((sum, [, value]) => sum + value, 0) / count
  let product = 0
  let square = 0
  for (const [time, value] of samples) {
    product += (time - meanTime) * (value - meanValue)
    square += (time - meanTime) ** 2
  }
  return square === 0 ? 0 : (product / square) * 3_600_000
}
