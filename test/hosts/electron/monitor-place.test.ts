import { describe, expect, it } from 'vitest'
import { monitorPlace } from '../../../src-main/hosts/electron/monitor-place.ts'

describe('the address of a window of its own', () => {
  it.each([
    'monitor/computer/gps',
    'monitor/connections/far%201',
    "monitor/network/farport%3A%2F%2FBob's%20laptop%2Fgps%20(2)!",
    'monitor/captures/Messung%20%C3%BC.pcapng/1'
  ])('is that of a monitor: %s', (place) => {
    expect(monitorPlace(`app://ui/#${place}`)).toBe(place)
  })

  it.each([
    'app://ui/',
    'app://ui/#computer/gps',
    'app://ui/#computer/gps/monitor',
    'app://ui/#monitor',
    'app://ui/#monitor/computer',
    'app://ui/#monitor/settings/gps',
    'app://ui/#monitor/computer/gps/terminal',
    'app://ui/#monitor/computer/gps?open=farport://x/y',
    'app://ui/?x#monitor/computer/gps',
    'app://ui/other.html#monitor/computer/gps',
    'app://ui.example/#monitor/computer/gps',
    'app://other/#monitor/computer/gps',
    'https://ui/#monitor/computer/gps',
    'https://example.org/app://ui/#monitor/computer/gps',
    'javascript:alert(1)//app://ui/#monitor/computer/gps',
    'file:///etc/passwd#monitor/computer/gps',
    'app://ui/#monitor/computer/<b>',
    'app://ui/#monitor/computer/a b',
    `app://ui/#monitor/computer/${'a'.repeat(2048)}`
  ])('is nothing else: %s', (url) => {
    expect(monitorPlace(url)).toBeUndefined()
  })
})
