import { expect, it } from 'vitest'
import { untilFree } from '../../src-main/store/held-file.ts'

const pausesMs = [1, 1, 1]

/** Fails so often with the code, and works then; `calls` counts. */
function refused(times: number, code: string): { calls: number; call: () => Promise<void> } {
  const counted = {
    calls: 0,
    call: () =>
      ++counted.calls > times ? Promise.resolve() : Promise.reject(Object.assign(new Error(code), { code }))
  }
  return counted
}

it.each(['EPERM', 'EACCES', 'EBUSY'])('tries again on Windows after %s', async (code) => {
  const file = refused(3, code)
  await untilFree(file.call, { platform: 'win32', pausesMs })
  expect(file.calls).toBe(4)
})

it('gives up with the last refusal', async () => {
  const file = refused(9, 'EPERM')
  await expect(untilFree(file.call, { platform: 'win32', pausesMs })).rejects.toMatchObject({ code: 'EPERM' })
  expect(file.calls).toBe(4)
})

it('takes every other refusal, and each one elsewhere, for an answer', async () => {
  const full = refused(1, 'ENOSPC')
  await expect(untilFree(full.call, { platform: 'win32', pausesMs })).rejects.toMatchObject({
    code: 'ENOSPC'
  })
  const denied = refused(1, 'EPERM')
  await expect(untilFree(denied.call, { platform: 'linux', pausesMs })).rejects.toMatchObject({
    code: 'EPERM'
  })
  expect([full.calls, denied.calls]).toEqual([1, 1])
})
