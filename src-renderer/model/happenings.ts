/** What a person is told of though nobody looks: the toasts of the page and the notifications of the app are told of the same. */
export {
  happenings,
  LOST_MS,
  NO_MEMORY,
  type Happening,
  type Memory
} from '../../src-main/contract/happenings.ts'
