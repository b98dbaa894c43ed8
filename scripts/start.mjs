/** `npm start`: runs the built command in this very process. It ends with npm, which does not pass a SIGTERM on. */
process.env.FARPORT_ENDS_WITH_PARENT = '1'
process.argv.splice(2, 0, 'demo')
await import('../dist/main/farport.js')
