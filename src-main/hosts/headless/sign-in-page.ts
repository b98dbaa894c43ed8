/** The pages that stand where the real one cannot: calm, whole in themselves, and with what to do next. Called by page-server.ts. */

export interface Notice {
  readonly title: string
  /** Each a paragraph; HTML. */
  readonly lines: readonly string[]
  /** Where to go from here, at once. */
  readonly onward?: string
}

const ASK_FOR_LINK = `On the computer that runs Farport, run <code>farport page</code> and open the link that it prints. It is good for one
sign-in; this browser then stays signed in.`

export const SIGN_IN: Notice = {
  title: 'Sign in to this Farport',
  lines: [`This browser is not signed in. ${ASK_FOR_LINK}`]
}

export const LINK_IS_USED: Notice = {
  title: 'This link is used up',
  lines: [`Each link to this page works once, and for an hour. ${ASK_FOR_LINK}`]
}

export const WRONG_NAME: Notice = {
  title: 'Farport does not go by this name',
  lines: [
    'Something answers here, but only to the addresses that it knows as its own. Run <code>farport page</code> on the computer that runs Farport, and open the link as it is printed.'
  ]
}

export const NOT_HERE: Notice = {
  title: 'There is nothing here',
  lines: ['<a href="/">Go to Farport</a>']
}

/** A browser keeps back its cookie where another site led here; from a page of ours it does not. */
export const COME_AGAIN: Notice = { title: 'Farport', lines: ['<a href="/">Go on</a>'], onward: '/' }

export function noticePage({ title, lines, onward }: Notice): string {
  const refresh = onward === undefined ? '' : `\n    <meta http-equiv="refresh" content="0; url=${onward}" />`
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="data:," />${refresh}
    <title>${title}</title>
    <style>
      :root { color-scheme: light dark; --text: #172021; --ground: #f6f7f7; --surface: #fff; --line: #dfe3e3; --link: #0b6b62 }
      @media (prefers-color-scheme: dark) {
        :root { --text: #e8eded; --ground: #15191a; --surface: #1c2122; --line: #31393b; --link: #4fc6b8 }
      }
      body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--text);
        font: 1rem/1.5 system-ui, sans-serif }
      main { box-sizing: border-box; max-width: 32rem; margin: 1rem; padding: 2rem; background: var(--surface);
        border: 1px solid var(--line); border-radius: 10px }
      h1 { margin: 0 0 0.75rem; font-size: 1.375rem; font-weight: 600 }
      p { margin: 0.5rem 0 0 }
      a { color: var(--link) }
      code { padding: 0.1em 0.35em; border: 1px solid var(--line); border-radius: 4px; font-size: 0.9em; white-space: nowrap }
    </style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
${lines.map((line) => `      <p>${line}</p>`).join('\n')}
    </main>
  </body>
</html>
`
}
