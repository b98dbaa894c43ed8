/**
 * Loaded before the app, in the double and in real Electron alike: keeps what systems show outside of pages and do not give back (the
 * tray's menu, notifications, questions), where a spec finds it.
 */
'use strict'
const { Tray, Notification, dialog, shell } = require('electron')

const seen = { menu: undefined, tip: '', notifications: [], questions: [], shown: [] }
globalThis.farportSeen = seen

const { setContextMenu, setToolTip } = Tray.prototype
Tray.prototype.setContextMenu = function (menu) {
  seen.menu = menu
  return setContextMenu.call(this, menu)
}
Tray.prototype.setToolTip = function (tip) {
  seen.tip = tip
  return setToolTip.call(this, tip)
}

const { show } = Notification.prototype
Notification.prototype.show = function () {
  seen.notifications.push(this)
  return show.call(this)
}

const { showItemInFolder } = shell
shell.showItemInFolder = (path) => {
  seen.shown.push(path)
  return showItemInFolder.call(shell, path)
}

/** Answered by the spec: `question.answer(index of the button)`. */
dialog.showMessageBox = (...args) =>
  new Promise((resolve) => {
    const { message, detail, buttons, type } = args.at(-1)
    const answer = (response) => {
      seen.questions = seen.questions.filter((each) => each.answer !== answer)
      resolve({ response, checkboxChecked: false })
    }
    seen.questions.push({ message, detail, buttons, type, answer })
  })
