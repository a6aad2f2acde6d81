/** The two parts of undici that a request needs; the package types them by its index only, so its version is pinned. */
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici'

  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>
}

declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici'
}
