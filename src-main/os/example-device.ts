/** A serial port as it is called on this system, for examples in what people are told. */

/** `platform`: as Node names it. */
export function exampleDevice(platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return 'COM5'
  return platform === 'darwin' ? '/dev/cu.usbserial-0001' : '/dev/ttyUSB0'
}

/** A text with examples of Linux, with those of this system instead. */
export function withOwnDevices(text: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32')
    return text.replace(/\/dev\/tty(?:USB|ACM|S)(\d)/g, (_, at) => `COM${5 + Number(at)}`)
  if (platform === 'darwin') return text.replace(/\/dev\/tty(?:USB|ACM|S)(\d)/g, '/dev/cu.usbserial-000$1')
  return text
}
