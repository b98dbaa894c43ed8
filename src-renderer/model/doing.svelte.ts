/** Something that a person asked for and that takes its time: whether it runs, and the fault that it came to. For one place of the page. */
import { toFault } from '../../src-main/contract/faults.ts'

export class Doing {
  isBusy = $state(false)
  /** Empty: nothing went wrong. */
  fault = $state('')
  #wasWell: boolean | undefined

  /** Never rejects. While it runs, another one is not begun: a double click does nothing twice. Answers whether it was done. */
  async run(what: () => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false
    this.isBusy = true
    this.fault = ''
    try {
      await what()
      return true
    } catch (error) {
      this.fault = toFault(error).message
      return false
    } finally {
      this.isBusy = false
    }
  }

  /** Somebody has read it. */
  forget(): void {
    this.fault = ''
  }

  /** How what is done here stands, whenever that changes: what went wrong before it became well is over. */
  stands(isWell: boolean): void {
    if (isWell && this.#wasWell === false && !this.isBusy) this.forget()
    this.#wasWell = isWell
  }
}
