/** What a share, link, rotator, peer or computer may be called. Others see names, in lists and logs: no line breaks, no escape sequences. */
export const MAX_NAME = 255
export const NAME = /^\P{Cc}+$/u
export const NAME_RULE = 'a name has at least one character, and no control characters'

export function isName(text: string): boolean {
  return text.length <= MAX_NAME && NAME.test(text)
}
