// The commands beside the run, in one file of the program: a run need not load them, and fewer files load faster.
export { check } from './check.js'
export { completion } from './completion.js'
export { man } from './man.js'
export { record } from './record.js'
export { render } from './render.js'
export { routes } from './routes.js'
export { status, unknownFor } from './status.js'
