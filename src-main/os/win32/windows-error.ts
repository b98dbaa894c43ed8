/** A failed call of Windows: `number` is what GetLastError or the NTSTATUS meant, `syscall` the call's name. */
export class WindowsError extends Error {
  readonly number: number
  readonly syscall: string

  constructor(number: number, syscall: string) {
    super(`${syscall}: Windows error ${number}${number in TEXTS ? `, ${TEXTS[number] ?? ''}` : ''}`)
    this.name = 'WindowsError'
    this.number = number
    this.syscall = syscall
  }
}

/** The numbers that serial ports answer with (winerror.h). */
export const ERROR = {
  invalidFunction: 1,
  fileNotFound: 2,
  pathNotFound: 3,
  accessDenied: 5,
  invalidHandle: 6,
  badCommand: 22,
  genFailure: 31,
  sharingViolation: 32,
  notSupported: 50,
  deviceNotExist: 55,
  invalidParameter: 87,
  callNotImplemented: 120,
  semaphoreTimeout: 121,
  invalidName: 123,
  busy: 170,
  noSuchDevice: 433,
  operationAborted: 995,
  ioPending: 997,
  serialNoDevice: 1118,
  deviceNotConnected: 1167,
  deviceRemoved: 1617
} as const

const TEXTS: Readonly<Record<number, string>> = {
  [ERROR.invalidFunction]: 'not a function of this device',
  [ERROR.fileNotFound]: 'no such device',
  [ERROR.pathNotFound]: 'no such device',
  [ERROR.accessDenied]: 'access denied',
  [ERROR.invalidHandle]: 'invalid handle',
  [ERROR.badCommand]: 'the device does not know the command',
  [ERROR.genFailure]: 'the device does not work',
  [ERROR.sharingViolation]: 'in use by another program',
  [ERROR.notSupported]: 'not supported',
  [ERROR.deviceNotExist]: 'the device is gone',
  [ERROR.invalidParameter]: 'invalid parameter',
  [ERROR.semaphoreTimeout]: 'no answer in time',
  [ERROR.busy]: 'busy',
  [ERROR.noSuchDevice]: 'no such device',
  [ERROR.invalidName]: 'not a device name',
  [ERROR.operationAborted]: 'aborted',
  [ERROR.serialNoDevice]: 'not a serial device',
  [ERROR.deviceNotConnected]: 'the device is not connected',
  [ERROR.deviceRemoved]: 'the device was removed'
}

/** Whether `error` is a WindowsError with one of these numbers; with none named: any. */
export function isWindowsError(error: unknown, ...numbers: readonly number[]): error is WindowsError {
  return error instanceof WindowsError && (numbers.length === 0 || numbers.includes(error.number))
}
