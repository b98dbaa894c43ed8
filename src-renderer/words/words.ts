/** The words of the language that is in use. */
import { EN } from './en.ts'

export type Words = typeof EN

export const words: Words = EN
