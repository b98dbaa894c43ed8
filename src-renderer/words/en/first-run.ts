/** The first steps. */

export const firstRun = {
  title: 'Welcome to Farport',
  steps: (step: number, all: number) => `Step ${step} of ${all}`,
  skip: 'Skip',
  next: 'Next',
  back: 'Back',
  finish: 'Done',
  nameTitle: 'What shall others call this computer?',
  portsTitle: 'Which ports shall be shared?',
  portsHint: 'Nothing is shared until you tick it. Paired computers can use it; you choose which.',
  portsNone: 'No serial ports here. Plug in a USB adapter; it will appear by itself.',
  portsLooking: 'Looking for serial ports …',
  startTitle: 'Ready when you are',
  startHint: 'Shared ports can be used while Farport runs.'
}
