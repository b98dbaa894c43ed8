/** The send box without its looks: what stands in it, what it would send, and the sending. One for each monitor. */
import type { Disposable } from '../../../src-main/base/event.ts'
import { toFault } from '../../../src-main/contract/faults.ts'
import { words } from '../../words/words.ts'
import type { Core } from '../../core.svelte.ts'
import type { Macro } from './macros.svelte.ts'
import { MacroRun } from './macros-run.svelte.ts'
import {
  MAX_SEND_TEXT,
  sendBytes,
  type SendBytes,
  type SendCheck,
  type SendEnding,
  type SendLine,
  type SendMode,
  translated
} from './send-bytes.ts'
import { SendFile, type FileToSend } from './send-file.svelte.ts'
import { browserShelf, SendHistory, type Shelf } from './send-history.ts'
import { readForm, type SendForm } from './send-line.ts'
import { Sender } from './sender.svelte.ts'

const FORM_KEY = 'farport.send'

export class SendDesk implements Disposable {
  readonly #shelf: Shelf
  readonly #history: SendHistory
  readonly sender: Sender
  readonly run: MacroRun
  readonly file: SendFile

  text = $state('')
  #form = $state.raw<SendForm>(readForm(undefined))
  readonly #read = $derived(sendBytes(this.line))

  /** `key`: what its history is kept by, see sendKey. */
  constructor(core: Core, id: string, key: string, shelf: Shelf = browserShelf) {
    this.#shelf = shelf
    this.#form = readForm(shelf.get(FORM_KEY))
    this.#history = new SendHistory(key, shelf)
    this.sender = new Sender(core, id)
    const once = (bytes: Uint8Array<ArrayBuffer>): Promise<boolean> => this.sender.send(bytes)
    this.run = new MacroRun(once)
    this.file = new SendFile(once)
  }

  get mode(): SendMode {
    return this.#form.mode
  }

  /** What is there stays the same bytes where the other way can write them. */
  set mode(mode: SendMode) {
    this.text = translated(this.text, this.mode, mode) ?? this.text
    this.#change({ mode })
  }

  get check(): SendCheck {
    return this.#form.check
  }

  set check(check: SendCheck) {
    this.#change({ check })
  }

  get ending(): SendEnding {
    return this.mode === 'hex' ? this.#form.hexEnding : this.#form.textEnding
  }

  set ending(ending: SendEnding) {
    this.#change(this.mode === 'hex' ? { hexEnding: ending } : { textEnding: ending })
  }

  get line(): SendLine {
    return { mode: this.mode, text: this.text, check: this.check, ending: this.ending }
  }

  /** What would be sent, or what is wrong with it. */
  get read(): SendBytes {
    if (this.text.length > MAX_SEND_TEXT)
      return { type: 'wrong', why: words.monitorSend.tooLong, at: MAX_SEND_TEXT, to: this.text.length }
    return this.#read
  }

  get canSend(): boolean {
    return (
      this.read.type === 'bytes' &&
      this.read.bytes.length > 0 &&
      !this.sender.isSending &&
      !this.file.isSending
    )
  }

  /** True: it was sent, and the field is empty. What is wrong with it is for the caller to show. Never rejects. */
  async send(): Promise<boolean> {
    const { line, read } = this
    if (read.type === 'wrong' || !this.canSend) return false
    if (!(await this.sender.send(read.bytes))) return false
    this.#history.add(line)
    // Unless somebody typed on meanwhile.
    if (this.text === line.text) this.text = ''
    return true
  }

  /** One that is repeated and runs stops. Never rejects. */
  async sendMacro(macro: Macro): Promise<void> {
    if (this.run.running?.id === macro.id) {
      this.run.stop()
      return
    }
    if (this.file.isSending) return
    const read = sendBytes(macro)
    if (read.type === 'wrong') this.sender.trouble = `${macro.name}: ${read.why}`
    else await this.run.start(macro, read.bytes)
  }

  /** Never rejects. */
  async sendFile(file: FileToSend): Promise<void> {
    this.run.stop()
    try {
      await this.file.start(file)
    } catch (error) {
      this.sender.trouble = toFault(error).message
    }
  }

  /** It is no user any more; what runs or goes on being sent ends with it. Safe to repeat. */
  leave(): void {
    this.run.stop()
    this.file.cancel()
    this.sender.leave()
  }

  /** The one sent before (-1) or after (1) the one that is shown; false: there is none. */
  step(by: -1 | 1): boolean {
    const found = this.#history.step(by, this.line)
    if (!found) return false
    this.text = found.text
    this.#form = {
      ...this.#form,
      mode: found.mode,
      check: found.check,
      ...(found.mode === 'hex' ? { hexEnding: found.ending } : { textEnding: found.ending })
    }
    return true
  }

  typed(): void {
    this.#history.typed()
  }

  dispose(): void {
    this.run.dispose()
    this.file.dispose()
    this.sender.dispose()
  }

  #change(fields: Partial<SendForm>): void {
    this.#form = { ...this.#form, ...fields }
    this.#shelf.set(FORM_KEY, JSON.stringify(this.#form))
  }
}
