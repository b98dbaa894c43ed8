/** A thread of the page that runs users' regular expressions: nothing else does, and it may be ended at any time. See filter-expressions.ts. */
import { answer, type Question } from './filter-question.ts'

self.onmessage = ({ data }: MessageEvent<Question>) => self.postMessage(answer(data))
// It is up.
self.postMessage(undefined)
