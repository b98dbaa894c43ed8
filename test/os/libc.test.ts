import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { pollNow, POLLIN, posixOpenpt } from '../../src-main/os/libc.ts'
import { lacks } from '../peers/need.ts'

/** Seen: one in forty interrupts a poll() of this loop. */
const ENOUGH_SIGNALS = 2000

describe('a system call', () => {
  it.skipIf(lacks.unix('libc'))('that a signal interrupts is made again', async () => {
    const fd = posixOpenpt(constants.O_RDWR | constants.O_NOCTTY)
    let signals = 0
    const count = (): void => {
      signals += 1
    }
    process.on('SIGUSR2', count)
    const storm = spawn('sh', ['-c', `while kill -USR2 ${process.pid}; do :; done`])
    try {
      await expect(
        (async () => {
          while (signals < ENOUGH_SIGNALS) {
            for (let i = 0; i < 100; i++) pollNow(fd, POLLIN)
            await setImmediate()
          }
        })()
      ).resolves.toBeUndefined()
    } finally {
      const ended = once(storm, 'close')
      storm.kill('SIGKILL')
      await ended
      await setImmediate()
      process.off('SIGUSR2', count)
      closeSync(fd)
    }
  })
})
