import { fireEvent, render, screen } from '@testing-library/svelte'
import { describe, expect, it } from 'vitest'
import { Doing } from '../../src-renderer/model/doing.svelte.ts'
import FaultLine from '../../src-renderer/parts/fault-line.svelte'

const fails = (): Promise<never> => Promise.reject(new Error('It does not work. Try again.'))

describe('what went wrong', () => {
  it('stays until the next try, or until it was read', async () => {
    const doing = new Doing()
    await doing.run(fails)
    expect(doing.fault).toContain('It does not work')
    await doing.run(() => Promise.resolve())
    expect(doing.fault).toBe('')
    await doing.run(fails)
    doing.forget()
    expect(doing.fault).toBe('')
  })

  it('is over when what it was about is well again, and not before', async () => {
    const doing = new Doing()
    doing.stands(true)
    await doing.run(fails)
    doing.stands(true)
    expect(doing.fault).not.toBe('')
    doing.stands(false)
    expect(doing.fault).not.toBe('')
    doing.stands(true)
    expect(doing.fault).toBe('')
  })

  it('can be put away where that is offered', async () => {
    let dismissed = 0
    const { unmount } = render(FaultLine, { message: 'No.', ondismiss: () => (dismissed += 1) })
    await fireEvent.click(screen.getByRole('button', { name: 'Dismiss this message' }))
    expect(dismissed).toBe(1)
    unmount()
    render(FaultLine, { message: 'No.' })
    expect(screen.queryByRole('button')).toBeNull()
  })
})
