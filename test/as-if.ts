/**
 * The unit tests as if on another system: `FARPORT_AS_IF=win32 npx vitest run --project unit` (or darwin, or freebsd for one that
 * nobody knows). Loaded before each test file. What the system's own calls do stays Linux's: this finds what breaks as it is loaded,
 * what counts on `process.getuid`, on a call of libc that is not there, and on a name of one system; and which tests do not say
 * that they need Linux. It proves nothing of the system itself.
 */
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'

/** Of libc, which the others lack. Windows has no libc at all. */
const ONLY_LINUX = /\b(?:adjtimex|inotify_\w+|pipe2|ppoll|epoll_\w+)\(/

/** Of `process`, which Windows lacks. */
const NOT_ON_WINDOWS = ['getuid', 'geteuid', 'getgid', 'getegid', 'getgroups'] as const
const NOR_TO_SET = ['setuid', 'seteuid', 'setgid', 'setegid', 'setgroups', 'initgroups'] as const

const system = process.env.FARPORT_AS_IF

if (system !== undefined && system !== '') {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi
  const load = koffi.load.bind(koffi)
  koffi.load = (name) => without(load(name), system === 'win32' ? /./ : ONLY_LINUX)
  // Where Windows is told the folder for temporary files.
  process.env.TEMP = tmpdir()
  Object.defineProperty(process, 'platform', { value: system })
  if (system === 'win32')
    for (const name of [...NOT_ON_WINDOWS, ...NOR_TO_SET])
      Object.defineProperty(process, name, { value: undefined })
}

interface Koffi {
  load(name: string | null): Library
}
interface Library {
  func(signature: string): unknown
}

function without(library: Library, missing: RegExp): Library {
  return {
    func: (signature) => {
      if (missing.test(signature)) throw new Error(`Cannot find function in shared library: ${signature}`)
      return library.func(signature)
    }
  }
}
