/**
 * What a request gets that broke no rule (request-rules.ts). Called by page-server.ts.
 *
 *   GET /?token=…    signs the browser in and leads to /        GET /rpc        the WebSocket, see page-server.ts
 *   GET /, /assets/… the page                                   GET /session    204 signed in (with which browser it is), 401 not
 *   GET /captures/…  a file of the captures folder, to be kept
 *
 * Nothing here changes anything but a cookie: what else a browser may do, signing out included, goes over the WebSocket.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { plainAddress } from '../../net/allow-list.ts'
import { browserName } from './browser-name.ts'
import { SESSION_S, type BrowserSession, type BrowserSessions } from './browser-sessions.ts'
import { CAPTURES_PATH, sendCapture } from './capture-download.ts'
import type { PageFile } from './page-files.ts'
import { SESSION_PATH, cookiesCalled, pathAndQuery, type Wrong } from './request-rules.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import {
  COME_AGAIN,
  LINK_IS_USED,
  NOT_HERE,
  SIGN_IN,
  WRONG_NAME,
  noticePage,
  type Notice
} from './sign-in-page.ts'
import type { SignInLinks } from './sign-in-links.ts'
import { WrongLinks } from './wrong-links.ts'

export interface PageAnswersOptions {
  readonly files: ReadonlyMap<string, PageFile>
  /** The folder of captures; absent: none are given away. */
  readonly captures?: string
  readonly sessions: BrowserSessions
  readonly links: SignInLinks
  readonly isTls: boolean
  /** Where it listens: cookies know no ports, so their names have them. */
  readonly port: number
  readonly clock: Clock
  /** For the log. */
  readonly refused: (request: IncomingMessage, why: string) => void
  readonly signedIn: (request: IncomingMessage) => void
  /** That a browser is signed in, or was here, could not be written down. */
  readonly unkept: (error: unknown) => void
}

/** Of the answer to `/session`: the id of the browser that asks. */
export const BROWSER_HEADER = 'Farport-Browser'

const NEVER_KEPT = { 'Cache-Control': 'no-store' }

export class PageAnswers {
  readonly #options: PageAnswersOptions
  readonly #wrongLinks: WrongLinks
  readonly #cookie: string

  constructor(options: PageAnswersOptions) {
    this.#options = options
    this.#wrongLinks = new WrongLinks(options.clock)
    // The prefix has browsers take it from this very host alone, and by TLS alone.
    this.#cookie = `${options.isTls ? '__Host-' : ''}farport-${options.port}`
  }

  sessionOf(request: IncomingMessage): BrowserSession | undefined {
    for (const value of cookiesCalled(this.#cookie, request.headers.cookie)) {
      const session = this.#options.sessions.check(value)
      if (session) return session
    }
    return undefined
  }

  /** It broke a rule. */
  refuse(request: IncomingMessage, response: ServerResponse, { status, why }: Wrong): void {
    this.#options.refused(request, why)
    if (status === 421) notice(request, response, status, WRONG_NAME)
    else finish(response, status, { ...NEVER_KEPT, ...(status === 405 && { Allow: 'GET, HEAD' }) })
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path, query] = pathAndQuery(request.url ?? '')
    const session = this.sessionOf(request)
    const token = path === '/' && request.method === 'GET' ? new URLSearchParams(query).get('token') : null
    if (token !== null) await this.#signIn(request, response, token, session)
    else if (!session) this.#signedOut(request, response, path)
    else if (path === SESSION_PATH) finish(response, 204, { ...NEVER_KEPT, [BROWSER_HEADER]: session.id })
    else if (path.startsWith(CAPTURES_PATH)) await this.#capture(request, response, path)
    else await this.#file(request, response, path, session)
  }

  async #signIn(
    request: IncomingMessage,
    response: ServerResponse,
    token: string,
    session: BrowserSession | undefined
  ): Promise<void> {
    const { links, sessions } = this.#options
    if (links.redeem(token)) {
      this.#options.signedIn(request)
      const { cookie, kept } = sessions.signIn(browserName(request.headers['user-agent']), addressOf(request))
      kept.catch(this.#options.unkept)
      finish(response, 303, { ...NEVER_KEPT, Location: '/', 'Set-Cookie': this.#cookieOf(cookie) })
    } else if (session) {
      // A browser that fetched the link ahead, or a page of yesterday that is opened again.
      finish(response, 303, { ...NEVER_KEPT, Location: '/' })
    } else {
      this.#options.refused(request, 'its link was used before, or is too old')
      const mayHear = await this.#wrongLinks.wait(addressOf(request))
      if (mayHear) notice(request, response, 401, LINK_IS_USED)
      else finish(response, 429, { ...NEVER_KEPT, 'Retry-After': '10', Connection: 'close' })
    }
  }

  #signedOut(request: IncomingMessage, response: ServerResponse, path: string): void {
    const { 'sec-fetch-site': site, 'sec-fetch-dest': target } = request.headers
    if (path !== '/') finish(response, 401, { ...NEVER_KEPT, Connection: 'close' })
    // SameSite=Strict: it may have a cookie, and comes from another site (a terminal in a browser, a mail).
    else if (site === 'cross-site' && target === 'document') notice(request, response, 200, COME_AGAIN)
    else notice(request, response, 401, SIGN_IN)
  }

  async #capture(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { captures } = this.#options
    if (captures === undefined || !(await sendCapture(captures, path, request, response)))
      notice(request, response, 404, NOT_HERE)
  }

  async #file(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    { id, isOld }: BrowserSession
  ): Promise<void> {
    if (path === '/') this.#options.sessions.see(id, addressOf(request)).catch(this.#options.unkept)
    const file = this.#options.files.get(path)
    if (!file) {
      notice(request, response, 404, NOT_HERE)
      return
    }
    const isGzip = /\bgzip\b(?!;q=0)/.test(request.headersDistinct['accept-encoding']?.join() ?? '')
    const compressed = isGzip ? await file.compressed() : undefined
    const body = compressed ?? file.body
    // The same content in another form has another mark (RFC 9110 §8.8.3.3).
    const etag = compressed ? file.etag.replace(/"$/, '-gzip"') : file.etag
    const headers = {
      'Cache-Control': file.isImmutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
      ETag: etag,
      Vary: 'Accept-Encoding',
      ...(isOld && { 'Set-Cookie': this.#cookieOf(this.#options.sessions.renewed(id)) })
    }
    const known = (request.headers['if-none-match'] ?? '').split(',').map((each) => each.trim())
    if (known.includes(etag)) {
      finish(response, 304, headers)
      return
    }
    const encoding = compressed && { 'Content-Encoding': 'gzip' }
    finish(response, 200, { ...headers, ...encoding, 'Content-Type': file.type }, body)
  }

  #cookieOf(value: string): string {
    const secure = this.#options.isTls ? '; Secure' : ''
    return `${this.#cookie}=${value}; Path=/; Max-Age=${SESSION_S}; HttpOnly; SameSite=Strict${secure}`
  }
}

function addressOf({ socket }: IncomingMessage): string {
  return plainAddress(socket.remoteAddress ?? '')
}

/** Keeps no connection: who is not signed in could hold all that there are. */
function notice(request: IncomingMessage, response: ServerResponse, status: number, what: Notice): void {
  const wantsPage = /\btext\/html\b/.test(request.headers.accept ?? '')
  const type = { 'Content-Type': 'text/html; charset=utf-8' }
  const headers = { ...NEVER_KEPT, ...(wantsPage && type), Connection: 'close' }
  finish(response, status, headers, wantsPage ? noticePage(what) : undefined)
}

function finish(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string = ''
): void {
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers, ...length })
  response.end(body)
}
