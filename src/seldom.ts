// What most runs do not need, in one file of the program: they need not load it, and fewer files load faster.
export { check } from './commands/check.js'
export { completion } from './commands/completion.js'
export { man } from './commands/man.js'
export { record } from './commands/record.js'
export { render } from './commands/render.js'
export { routes } from './commands/routes.js'
export { status, unknownFor } from './commands/status.js'
export { renew } from './renew.js'
