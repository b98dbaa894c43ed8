import { Fault } from '../contract/faults.ts'
import { ERROR, isWindowsError } from '../os/win32/windows-error.ts'

/** What Windows says when a COM port cannot be opened, as a Fault that tells what to do; anything else as it is. */
export function commFault(path: string, error: unknown): unknown {
  if (!isWindowsError(error)) return error
  switch (error.number) {
    case ERROR.fileNotFound:
    case ERROR.pathNotFound:
    case ERROR.invalidName:
    case ERROR.noSuchDevice:
      return new Fault(
        'device-missing',
        `${path} is not there: plug it in, or pick a port from \`farport list\``,
        error
      )
    // Serial drivers say "access denied" to the second who opens; rights on COM ports are next to never taken away.
    case ERROR.accessDenied:
    case ERROR.sharingViolation:
    case ERROR.busy:
      return new Fault(
        'device-busy',
        `${path} is open in another program: close it there (a terminal, a programming tool, a printer's driver)`,
        error
      )
    case ERROR.semaphoreTimeout:
      return new Fault(
        'device-io',
        `${path} did not answer in time: a Bluetooth device has to be switched on and near; else unplug it and plug it in again`,
        error
      )
  }
  // Opened, and no serial port: a file, a disk, a printer.
  if (error.syscall === 'GetCommState' && NO_SERIAL_PORT.includes(error.number)) {
    return new Fault(
      'device-not-serial',
      `${path} is not a serial port: name one such as COM5, see \`farport list\``,
      error
    )
  }
  return new Fault(
    'device-io',
    `${path} cannot be opened (${error.message}): unplug it and plug it in again, or see \`farport doctor\``,
    error
  )
}

const NO_SERIAL_PORT: readonly number[] = [
  ERROR.invalidFunction,
  ERROR.invalidHandle,
  ERROR.notSupported,
  ERROR.invalidParameter
]
