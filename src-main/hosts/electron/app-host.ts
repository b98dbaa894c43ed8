/** What the app is to its core: a host that can start at login and keep the computer awake. Called by app.ts. */
import { Emitter } from '../../base/event.ts'
import type { HostState, HostWish } from '../../contract/host.ts'
import type { Host } from '../../core/instance/host.ts'
import type { DesktopFile } from './desktop-settings.ts'
import { startAtLogin, startsAtLogin } from './login-item.ts'

export class AppHost implements Host {
  readonly #file: DesktopFile
  readonly #changes = new Emitter<void>()
  #startsAtLogin = startsAtLogin()

  readonly onChange = this.#changes.event

  constructor(file: DesktopFile) {
    this.#file = file
  }

  get state(): HostState {
    return {
      kind: 'app',
      platform: process.platform,
      keepAwake: this.#file.settings.keepAwake,
      ...(this.#startsAtLogin !== undefined && { startAtLogin: this.#startsAtLogin })
    }
  }

  async change(wish: HostWish): Promise<void> {
    if (wish.startAtLogin !== undefined) {
      startAtLogin(wish.startAtLogin)
      // Systems may refuse without a word.
      this.#startsAtLogin = startsAtLogin()
    }
    if (wish.keepAwake !== undefined) await this.#file.change({ keepAwake: wish.keepAwake })
    this.#changes.fire()
  }
}
